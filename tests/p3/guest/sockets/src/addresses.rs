//! Addresses of sockets.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use wasip3::sockets::types::{
    IpAddress, IpAddressFamily as Family, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
};

/// An address as the interface has it.
pub fn socket(address: SocketAddr) -> IpSocketAddress {
    let port = address.port();
    match address.ip() {
        IpAddr::V4(ip) => IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: ip.octets().into() }),
        IpAddr::V6(ip) => {
            IpSocketAddress::Ipv6(Ipv6SocketAddress { port, flow_info: 0, address: ip.segments().into(), scope_id: 0 })
        }
    }
}

/// An address of the interface's.
pub fn of_socket(address: IpSocketAddress) -> SocketAddr {
    match address {
        IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address: (a, b, c, d) }) => {
            SocketAddr::new(Ipv4Addr::new(a, b, c, d).into(), port)
        }
        IpSocketAddress::Ipv6(Ipv6SocketAddress { port, address: (a, b, c, d, e, f, g, h), .. }) => {
            SocketAddr::new(Ipv6Addr::new(a, b, c, d, e, f, g, h).into(), port)
        }
    }
}

/// An address without a port, of the interface's.
pub fn of_ip(address: IpAddress) -> IpAddr {
    match address {
        IpAddress::Ipv4((a, b, c, d)) => Ipv4Addr::new(a, b, c, d).into(),
        IpAddress::Ipv6((a, b, c, d, e, f, g, h)) => Ipv6Addr::new(a, b, c, d, e, f, g, h).into(),
    }
}

/// The machine itself.
pub fn loopback(family: Family, port: u16) -> IpSocketAddress {
    let ip: IpAddr = match family {
        Family::Ipv4 => Ipv4Addr::LOCALHOST.into(),
        Family::Ipv6 => Ipv6Addr::LOCALHOST.into(),
    };
    socket(SocketAddr::new(ip, port))
}

/// All addresses of a family, or none.
pub fn unspecified(family: Family, port: u16) -> IpSocketAddress {
    let ip: IpAddr = match family {
        Family::Ipv4 => Ipv4Addr::UNSPECIFIED.into(),
        Family::Ipv6 => Ipv6Addr::UNSPECIFIED.into(),
    };
    socket(SocketAddr::new(ip, port))
}

/// Addresses with which no socket of a family can do anything: the other family's, several hosts', another form of one.
pub fn senseless(family: Family) -> Vec<IpSocketAddress> {
    let texts = match family {
        Family::Ipv4 => &["[::1]:9", "224.0.0.1:9", "255.255.255.255:9"][..],
        Family::Ipv6 => &["127.0.0.1:9", "[ff02::1]:9", "[::ffff:127.0.0.1]:9"],
    };
    texts.iter().filter_map(|text| text.parse().ok()).map(socket).collect()
}

/// The port of an address.
pub fn port(address: &IpSocketAddress) -> u16 {
    of_socket(*address).port()
}

/// Returns true if two addresses are the same.
pub fn same(left: IpSocketAddress, right: IpSocketAddress) -> bool {
    of_socket(left) == of_socket(right)
}
