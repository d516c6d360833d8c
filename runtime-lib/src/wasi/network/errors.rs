//! Errors of sockets, as `wasi:sockets/network` has them.

use rustix::io::Errno;

use crate::wasi::interfaces::network::ErrorCode;

/// The code for an error.
pub fn code(error: Errno) -> ErrorCode {
    match error {
        Errno::ACCESS | Errno::PERM => ErrorCode::AccessDenied,
        Errno::OPNOTSUPP
        | Errno::NOPROTOOPT
        | Errno::PROTONOSUPPORT
        | Errno::SOCKTNOSUPPORT
        | Errno::PFNOSUPPORT
        | Errno::NOSYS => ErrorCode::NotSupported,
        Errno::INVAL | Errno::AFNOSUPPORT | Errno::DESTADDRREQ => ErrorCode::InvalidArgument,
        Errno::NOMEM | Errno::NOBUFS => ErrorCode::OutOfMemory,
        Errno::TIMEDOUT => ErrorCode::Timeout,
        Errno::ALREADY => ErrorCode::ConcurrencyConflict,
        Errno::AGAIN => ErrorCode::WouldBlock,
        Errno::ISCONN | Errno::NOTCONN | Errno::BADF | Errno::NOTSOCK => ErrorCode::InvalidState,
        Errno::MFILE | Errno::NFILE => ErrorCode::NewSocketLimit,
        Errno::ADDRNOTAVAIL => ErrorCode::AddressNotBindable,
        Errno::ADDRINUSE => ErrorCode::AddressInUse,
        Errno::HOSTUNREACH | Errno::HOSTDOWN | Errno::NETUNREACH | Errno::NETDOWN | Errno::NETRESET | Errno::NONET => {
            ErrorCode::RemoteUnreachable
        }
        Errno::CONNREFUSED => ErrorCode::ConnectionRefused,
        Errno::CONNRESET | Errno::PIPE => ErrorCode::ConnectionReset,
        Errno::CONNABORTED => ErrorCode::ConnectionAborted,
        Errno::MSGSIZE => ErrorCode::DatagramTooLarge,
        _ => ErrorCode::Unknown,
    }
}

/// The code for an error of making a socket, where a family that isn't there is no argument of the guest's making.
pub fn of_creation(error: Errno) -> ErrorCode {
    match error {
        Errno::AFNOSUPPORT | Errno::INVAL => ErrorCode::NotSupported,
        error => code(error),
    }
}

/// The code for an error of connecting: an address that isn't available is the local one.
pub fn of_connecting(error: Errno) -> ErrorCode {
    match error {
        Errno::ADDRNOTAVAIL | Errno::AGAIN => ErrorCode::AddressInUse,
        error => code(error),
    }
}
