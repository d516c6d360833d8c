//! Addresses: the system's, and which of them make sense.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use rustix::net::SocketAddrAny;

use super::errors::{IpFamily, NetworkError};

/// An address that the system told.
pub fn of_system(address: SocketAddrAny) -> Result<SocketAddr, NetworkError> {
    SocketAddr::try_from(address).map_err(|_| NetworkError::Unknown)
}

/// A port of the system's choice, at all addresses of a family.
pub fn unspecified(family: IpFamily) -> SocketAddr {
    match family {
        IpFamily::Ipv4 => SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0),
        IpFamily::Ipv6 => SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 0),
    }
}

/// Refuses an address of another family, one of several hosts, and an IPv4 address in IPv6's form.
pub fn check(address: SocketAddr, family: IpFamily) -> Result<(), NetworkError> {
    let is_valid = match address.ip() {
        IpAddr::V4(ip) => family == IpFamily::Ipv4 && !ip.is_multicast() && !ip.is_broadcast(),
        IpAddr::V6(ip) => family == IpFamily::Ipv6 && !ip.is_multicast() && ip.to_ipv4_mapped().is_none(),
    };
    if is_valid { Ok(()) } else { Err(NetworkError::InvalidArgument) }
}

/// Refuses what can't be a remote address besides.
pub fn check_remote(address: SocketAddr, family: IpFamily) -> Result<(), NetworkError> {
    check(address, family)?;
    check_specified(address)
}

/// Refuses an address of any family that doesn't say which host or port it means.
pub fn check_specified(address: SocketAddr) -> Result<(), NetworkError> {
    if address.ip().is_unspecified() || address.port() == 0 { Err(NetworkError::InvalidArgument) } else { Ok(()) }
}

/// Refuses a datagram's destination of another family, or which can't be one. Several hosts may be meant.
pub fn check_destination(address: SocketAddr, family: IpFamily) -> Result<(), NetworkError> {
    let is_valid = match address.ip() {
        IpAddr::V4(_) => family == IpFamily::Ipv4,
        IpAddr::V6(ip) => family == IpFamily::Ipv6 && ip.to_ipv4_mapped().is_none(),
    };
    if is_valid { check_specified(address) } else { Err(NetworkError::InvalidArgument) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense() {
        let remote = |text: &str, family| check_remote(text.parse().unwrap(), family).is_ok();
        let (v4, v6) = (IpFamily::Ipv4, IpFamily::Ipv6);
        assert!(remote("1.2.3.4:5", v4) && remote("[::1]:5", v6));
        assert!(!remote("1.2.3.4:5", v6) && !remote("[::1]:5", v4));
        assert!(!remote("1.2.3.4:0", v4) && !remote("0.0.0.0:5", v4) && !remote("[::]:5", v6));
        assert!(!remote("224.0.0.1:5", v4) && !remote("255.255.255.255:5", v4) && !remote("[ff02::1]:5", v6));
        assert!(!remote("[::ffff:1.2.3.4]:5", v6));
        assert!(check_destination("224.0.0.1:5".parse().unwrap(), v4).is_ok());
    }
}
