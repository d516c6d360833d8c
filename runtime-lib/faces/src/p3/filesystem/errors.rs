//! The codes of `wasi:filesystem` for errors.

use rustix::io::Errno;

use crate::p3::interfaces::filesystem::types::ErrorCode;
use aot_host::streams::StreamFault;

file_errors! { file_error_code }

/// The code of an error that has no row.
fn other_code(_: Errno) -> ErrorCode {
    ErrorCode::Io
}

/// The code of the error with which a stream of a file ended.
pub fn code_of_fault(fault: StreamFault) -> ErrorCode {
    match fault {
        StreamFault::Closed => ErrorCode::Pipe,
        StreamFault::Failed(errno) => code(errno),
        _ => ErrorCode::Io,
    }
}
