//! Errors of sockets and look-ups, whatever a face calls them, and the families of addresses.

use rustix::io::Errno;

/// The reason for which an operation on a socket, or the look-up of a name, failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkError {
    /// An error of the system that has no name here.
    Unknown,
    /// The policy or the system denies the operation.
    AccessDenied,
    /// The system has no such protocol, family or option.
    NotSupported,
    /// An argument makes no sense.
    InvalidArgument,
    /// The system has no memory for the operation.
    OutOfMemory,
    /// The other side didn't answer in time.
    Timeout,
    /// Another operation of the socket is going on.
    ConcurrencyConflict,
    /// No operation is going on that could be finished.
    NotInProgress,
    /// The result isn't there yet.
    WouldBlock,
    /// The socket's state doesn't allow the operation.
    InvalidState,
    /// The program has too many sockets.
    NewSocketLimit,
    /// The local address isn't one of this machine.
    AddressNotBindable,
    /// The local address is in use.
    AddressInUse,
    /// No route leads to the remote address.
    RemoteUnreachable,
    /// Nobody listens at the remote address.
    ConnectionRefused,
    /// The other side ended the connection.
    ConnectionReset,
    /// The connection ended before it was accepted.
    ConnectionAborted,
    /// A datagram has too many bytes.
    DatagramTooLarge,
    /// The name doesn't exist, or has no addresses.
    NameUnresolvable,
    /// No name server answered.
    TemporaryResolverFailure,
    /// The name servers refuse to answer.
    PermanentResolverFailure,
}

/// The family of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpFamily {
    /// Addresses of IPv4.
    Ipv4,
    /// Addresses of IPv6.
    Ipv6,
}

/// The error for a number of the system's.
pub fn code(error: Errno) -> NetworkError {
    match error {
        Errno::ACCESS | Errno::PERM => NetworkError::AccessDenied,
        Errno::OPNOTSUPP
        | Errno::NOPROTOOPT
        | Errno::PROTONOSUPPORT
        | Errno::SOCKTNOSUPPORT
        | Errno::PFNOSUPPORT
        | Errno::NOSYS => NetworkError::NotSupported,
        Errno::INVAL | Errno::AFNOSUPPORT | Errno::DESTADDRREQ => NetworkError::InvalidArgument,
        Errno::NOMEM | Errno::NOBUFS => NetworkError::OutOfMemory,
        Errno::TIMEDOUT => NetworkError::Timeout,
        Errno::ALREADY => NetworkError::ConcurrencyConflict,
        Errno::AGAIN => NetworkError::WouldBlock,
        Errno::ISCONN | Errno::NOTCONN | Errno::BADF | Errno::NOTSOCK => NetworkError::InvalidState,
        Errno::MFILE | Errno::NFILE => NetworkError::NewSocketLimit,
        Errno::ADDRNOTAVAIL => NetworkError::AddressNotBindable,
        Errno::ADDRINUSE => NetworkError::AddressInUse,
        Errno::HOSTUNREACH | Errno::HOSTDOWN | Errno::NETUNREACH | Errno::NETDOWN | Errno::NETRESET | Errno::NONET => {
            NetworkError::RemoteUnreachable
        }
        Errno::CONNREFUSED => NetworkError::ConnectionRefused,
        Errno::CONNRESET | Errno::PIPE => NetworkError::ConnectionReset,
        Errno::CONNABORTED => NetworkError::ConnectionAborted,
        Errno::MSGSIZE => NetworkError::DatagramTooLarge,
        _ => NetworkError::Unknown,
    }
}

/// The error of making a socket, if a family that isn't there is no argument of the guest's making.
pub fn of_creation(error: Errno) -> NetworkError {
    match error {
        Errno::AFNOSUPPORT | Errno::INVAL => NetworkError::NotSupported,
        error => code(error),
    }
}

/// The error of connecting: an address that isn't available is the local one.
pub fn of_connecting(error: Errno) -> NetworkError {
    match error {
        Errno::ADDRNOTAVAIL | Errno::AGAIN => NetworkError::AddressInUse,
        error => code(error),
    }
}
