//! The codes of `wasi:sockets` for errors.

use crate::p3::interfaces::sockets::{ip_name_lookup, types};
use aot_host::network::errors::{self, NetworkError};
use aot_host::streams::StreamFault;

/// The code of `wasi:sockets/types` for an error.
pub fn code(error: NetworkError) -> types::ErrorCode {
    use types::ErrorCode as Code;
    match error {
        NetworkError::AccessDenied => Code::AccessDenied,
        NetworkError::NotSupported => Code::NotSupported,
        NetworkError::InvalidArgument => Code::InvalidArgument,
        NetworkError::OutOfMemory => Code::OutOfMemory,
        NetworkError::Timeout => Code::Timeout,
        NetworkError::InvalidState
        | NetworkError::ConcurrencyConflict
        | NetworkError::NotInProgress
        | NetworkError::WouldBlock => Code::InvalidState,
        NetworkError::AddressNotBindable => Code::AddressNotBindable,
        NetworkError::AddressInUse => Code::AddressInUse,
        NetworkError::RemoteUnreachable => Code::RemoteUnreachable,
        NetworkError::ConnectionRefused => Code::ConnectionRefused,
        NetworkError::ConnectionReset => Code::ConnectionReset,
        NetworkError::ConnectionAborted => Code::ConnectionAborted,
        NetworkError::DatagramTooLarge => Code::DatagramTooLarge,
        error => Code::Other(words(error)),
    }
}

/// The code of `wasi:sockets/ip-name-lookup` for an error.
pub fn code_of_lookup(error: NetworkError) -> ip_name_lookup::ErrorCode {
    use ip_name_lookup::ErrorCode as Code;
    match error {
        NetworkError::AccessDenied => Code::AccessDenied,
        NetworkError::InvalidArgument => Code::InvalidArgument,
        NetworkError::NameUnresolvable => Code::NameUnresolvable,
        NetworkError::TemporaryResolverFailure => Code::TemporaryResolverFailure,
        NetworkError::PermanentResolverFailure => Code::PermanentResolverFailure,
        error => Code::Other(words(error)),
    }
}

/// Words for an error that has no code of its own.
fn words(error: NetworkError) -> Option<String> {
    (error == NetworkError::NewSocketLimit).then(|| String::from("new-socket-limit"))
}

/// The code of the error with which the bytes of a connection ended.
pub fn code_of_fault(fault: StreamFault) -> types::ErrorCode {
    match fault {
        StreamFault::Closed => types::ErrorCode::ConnectionBroken,
        StreamFault::Failed(errno) => code(errors::code(errno)),
        _ => types::ErrorCode::Other(None),
    }
}
