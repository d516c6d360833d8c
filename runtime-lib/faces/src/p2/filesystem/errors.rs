//! The codes of `wasi:filesystem` for errors, and words for them.

use rustix::io::Errno;

use crate::p2::interfaces::filesystem::types::ErrorCode;

/// A function `words`, words for an error.
macro_rules! file_error_words {
    ($($system:ident = $code:ident;)*) => {
        /// Words for an error.
        pub fn words(error: Errno) -> &'static str {
            match error { Errno::AGAIN => "AGAIN", $(Errno::$system => stringify!($system),)* _ => "IO" }
        }
    };
}

file_errors! { file_error_code }
file_errors! { file_error_words }

/// The code of an error that has no row.
fn other_code(error: Errno) -> ErrorCode {
    if error == Errno::AGAIN { ErrorCode::WouldBlock } else { ErrorCode::Io }
}
