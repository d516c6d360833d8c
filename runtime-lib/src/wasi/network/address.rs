//! Addresses: the interface's, the system's, and which of them make sense.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use rustix::net::SocketAddrAny;

use crate::wasi::interfaces::network::{
    ErrorCode, IpAddress, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};

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

/// An address that the system told.
pub fn of_system(address: SocketAddrAny) -> Result<SocketAddr, ErrorCode> {
    SocketAddr::try_from(address).map_err(|_| ErrorCode::Unknown)
}

/// Refuses an address of another family, one of several hosts, and an IPv4 address in IPv6's form.
pub fn check(address: SocketAddr, family: IpAddressFamily) -> Result<(), ErrorCode> {
    let is_valid = match address.ip() {
        IpAddr::V4(ip) => family == IpAddressFamily::Ipv4 && !ip.is_multicast() && !ip.is_broadcast(),
        IpAddr::V6(ip) => family == IpAddressFamily::Ipv6 && !ip.is_multicast() && ip.to_ipv4_mapped().is_none(),
    };
    if is_valid { Ok(()) } else { Err(ErrorCode::InvalidArgument) }
}

/// Refuses what can't be a remote address besides.
pub fn check_remote(address: SocketAddr, family: IpAddressFamily) -> Result<(), ErrorCode> {
    check(address, family)?;
    check_specified(address)
}

/// Refuses an address of any family that doesn't say which host or port it means.
pub fn check_specified(address: SocketAddr) -> Result<(), ErrorCode> {
    if address.ip().is_unspecified() || address.port() == 0 { Err(ErrorCode::InvalidArgument) } else { Ok(()) }
}

/// Refuses a datagram's destination of another family, or which can't be one. Several hosts may be meant.
pub fn check_destination(address: SocketAddr, family: IpAddressFamily) -> Result<(), ErrorCode> {
    let is_valid = match address.ip() {
        IpAddr::V4(_) => family == IpAddressFamily::Ipv4,
        IpAddr::V6(ip) => family == IpAddressFamily::Ipv6 && ip.to_ipv4_mapped().is_none(),
    };
    if is_valid { check_specified(address) } else { Err(ErrorCode::InvalidArgument) }
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

    #[test]
    fn what_makes_no_sense() {
        let remote = |text: &str, family| check_remote(text.parse().unwrap(), family).is_ok();
        let (v4, v6) = (IpAddressFamily::Ipv4, IpAddressFamily::Ipv6);
        assert!(remote("1.2.3.4:5", v4) && remote("[::1]:5", v6));
        assert!(!remote("1.2.3.4:5", v6) && !remote("[::1]:5", v4));
        assert!(!remote("1.2.3.4:0", v4) && !remote("0.0.0.0:5", v4) && !remote("[::]:5", v6));
        assert!(!remote("224.0.0.1:5", v4) && !remote("255.255.255.255:5", v4) && !remote("[ff02::1]:5", v6));
        assert!(!remote("[::ffff:1.2.3.4]:5", v6));
        assert!(check_destination("224.0.0.1:5".parse().unwrap(), v4).is_ok());
    }
}
