//! Grants of the network: hosts to connect to, addresses to serve at, and names to look up.

use super::text::text;
use super::{item, with_head};
use aot_abi::network as abi;
use aot_abi::record::Record;
use std::fmt;
use std::net::IpAddr;

/// Network grants of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Remote addresses that the program may connect or send to.
    pub net: Vec<Grant>,
    /// Local addresses that the program may serve at.
    pub listen: Vec<Grant>,
    /// True if the program receives the sockets of a service manager, as preview1 descriptors.
    pub inherit_sockets: bool,
}

/// A grant of the network. Its text is the form in which the environment revokes it at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Protocol of the grant; `None` for TCP and UDP.
    pub protocol: Option<Protocol>,
    /// The hosts that the grant is for.
    pub hosts: Hosts,
    /// First and last port, both inclusive.
    pub ports: (u16, u16),
}

/// Transport protocol of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The protocol TCP.
    Tcp,
    /// The protocol UDP.
    Udp,
}

/// Hosts of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hosts {
    /// All hosts, whatever their address.
    Any,
    /// Addresses that share the given number of leading bits with this one.
    Block(IpAddr, u8),
    /// Addresses that this lower-case name resolves to; with a leading `*.`, all names in that domain.
    Name(String),
}

impl Network {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        for grant in &self.net {
            item(out, abi::TAG_NET, &grant.encode());
        }
        for grant in &self.listen {
            item(out, abi::TAG_LISTEN, &grant.encode());
        }
        if self.inherit_sockets {
            item(out, abi::TAG_INHERIT_SOCKETS, &[]);
        }
    }
}

impl Grant {
    /// Returns the grant of a policy item; `None` if the payload is damaged.
    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        let (head, rest) = abi::Grant::split_from(payload)?;
        let protocol = match head.protocols {
            abi::TCP => Some(Protocol::Tcp),
            abi::UDP => Some(Protocol::Udp),
            both if both == abi::TCP | abi::UDP => None,
            _ => return None,
        };
        let hosts = match head.hosts {
            abi::HOSTS_ANY => Hosts::Any,
            abi::HOSTS_IPV4 => Hosts::Block(IpAddr::from(*head.address.first_chunk::<4>()?), head.prefix),
            abi::HOSTS_IPV6 => Hosts::Block(IpAddr::from(head.address), head.prefix),
            abi::HOSTS_NAME => Hosts::Name(text(rest.get(..head.name_bytes as usize)?)),
            _ => return None,
        };
        Some(Self { protocol, hosts, ports: (head.port_first, head.port_last) })
    }

    fn encode(&self) -> Vec<u8> {
        let protocols = match self.protocol {
            None => abi::TCP | abi::UDP,
            Some(Protocol::Tcp) => abi::TCP,
            Some(Protocol::Udp) => abi::UDP,
        };
        let mut address = [0; 16];
        let (hosts, prefix, name) = match &self.hosts {
            Hosts::Any => (abi::HOSTS_ANY, 0, ""),
            Hosts::Block(IpAddr::V4(block), prefix) => {
                address[..4].copy_from_slice(&block.octets());
                (abi::HOSTS_IPV4, *prefix, "")
            }
            Hosts::Block(IpAddr::V6(block), prefix) => {
                address = block.octets();
                (abi::HOSTS_IPV6, *prefix, "")
            }
            Hosts::Name(name) => (abi::HOSTS_NAME, 0, name.as_str()),
        };
        let head = abi::Grant {
            protocols,
            hosts,
            prefix,
            unused: 0,
            port_first: self.ports.0,
            port_last: self.ports.1,
            address,
            name_bytes: name.len() as u32,
        };
        with_head(&head, &[name.as_bytes(), self.to_string().as_bytes()])
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self.protocol {
            None => "",
            Some(Protocol::Tcp) => "tcp://",
            Some(Protocol::Udp) => "udp://",
        })?;
        match &self.hosts {
            Hosts::Any => out.write_str("*")?,
            Hosts::Name(name) => out.write_str(name)?,
            Hosts::Block(IpAddr::V4(address), 32) => write!(out, "{address}")?,
            Hosts::Block(IpAddr::V4(address), prefix) => write!(out, "{address}/{prefix}")?,
            Hosts::Block(IpAddr::V6(address), 128) => write!(out, "[{address}]")?,
            Hosts::Block(IpAddr::V6(address), prefix) => write!(out, "[{address}/{prefix}]")?,
        }
        match self.ports {
            (0, u16::MAX) => out.write_str(":*"),
            (first, last) if first == last => write!(out, ":{first}"),
            (first, last) => write!(out, ":{first}-{last}"),
        }
    }
}
