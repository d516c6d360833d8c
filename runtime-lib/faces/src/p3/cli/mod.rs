//! The package `wasi:cli`.

pub mod environment;
pub mod stderr;
pub mod stdin;
pub mod stdout;
pub mod types;

use aot_host::streams::StreamFault;
use types::ErrorCode;

/// The code of the error with which a standard stream ended.
fn code(fault: StreamFault) -> ErrorCode {
    match fault {
        StreamFault::Closed => ErrorCode::Pipe,
        StreamFault::Failed(rustix::io::Errno::ILSEQ) => ErrorCode::IllegalByteSequence,
        _ => ErrorCode::Io,
    }
}
