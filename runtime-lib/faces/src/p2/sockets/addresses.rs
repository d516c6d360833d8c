//! Addresses of `wasi:sockets/network`, there and back, and its errors and families.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use crate::p2::interfaces::sockets::network::{
    ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};
use aot_host::network::errors::{IpFamily, NetworkError};

/// The code of the interface for each error: both have the same names.
macro_rules! codes {
    ($($name:ident)*) => {
        /// The code of the interface for an error.
        pub fn code(error: NetworkError) -> ErrorCode {
            match error { $(NetworkError::$name => ErrorCode::$name,)* }
        }
    };
}

codes! {
    Unknown AccessDenied NotSupported InvalidArgument OutOfMemory Timeout ConcurrencyConflict NotInProgress WouldBlock
    InvalidState NewSocketLimit AddressNotBindable AddressInUse RemoteUnreachable ConnectionRefused ConnectionReset
    ConnectionAborted DatagramTooLarge NameUnresolvable TemporaryResolverFailure PermanentResolverFailure
}

/// The family that the interface means.
pub fn lift_family(family: IpAddressFamily) -> IpFamily {
    match family {
        IpAddressFamily::Ipv4 => IpFamily::Ipv4,
        IpAddressFamily::Ipv6 => IpFamily::Ipv6,
    }
}

/// A family for the interface.
pub fn lower_family(family: IpFamily) -> IpAddressFamily {
    match family {
        IpFamily::Ipv4 => IpAddressFamily::Ipv4,
        IpFamily::Ipv6 => IpAddressFamily::Ipv6,
    }
}

/// An address of the interface.
pub fn lift(address: IpSocketAddress) -> SocketAddr {
    match address {
        IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (a, b, c, d) }) => {
            SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), port).into()
        }
        IpSocketAddress::Ipv6(Ipv6SocketAddress { port, flow_info, address, scope_id }) => {
            let (a, b, c, d, e, f, g, h) = address;
            SocketAddrV6::new(Ipv6Addr::new(a, b, c, d, e, f, g, h), port, flow_info, scope_id).into()
        }
    }
}

/// An address for the interface.
pub fn lower(address: SocketAddr) -> IpSocketAddress {
    match address {
        SocketAddr::V4(address) => {
            IpSocketAddress::Ipv4(Ipv4SocketAddress { port: address.port(), address: lower_ipv4(*address.ip()) })
        }
        SocketAddr::V6(address) => IpSocketAddress::Ipv6(Ipv6SocketAddress {
            port: address.port(),
            flow_info: address.flowinfo(),
            address: lower_ipv6(*address.ip()),
            scope_id: address.scope_id(),
        }),
    }
}

/// An address without a port, for the interface.
pub fn lower_ip(address: IpAddr) -> IpAddress {
    match address {
        IpAddr::V4(address) => IpAddress::Ipv4(lower_ipv4(address)),
        IpAddr::V6(address) => IpAddress::Ipv6(lower_ipv6(address)),
    }
}

fn lower_ipv4(address: Ipv4Addr) -> (u8, u8, u8, u8) {
    let [a, b, c, d] = address.octets();
    (a, b, c, d)
}

#[allow(clippy::type_complexity, reason = "the interface's own type")]
fn lower_ipv6(address: Ipv6Addr) -> (u16, u16, u16, u16, u16, u16, u16, u16) {
    let [a, b, c, d, e, f, g, h] = address.segments();
    (a, b, c, d, e, f, g, h)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for text in ["1.2.3.4:5", "[1:2:3:4:5:6:7:8]:9"] {
            let address: SocketAddr = text.parse().unwrap();
            assert_eq!(lift(lower(address)), address);
        }
        let scoped = SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 1, 2, 3));
        assert_eq!(lift(lower(scoped)), scoped);
    }
}
