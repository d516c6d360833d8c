//! The grants of the network (`aot_abi::network`): which remote ends and local addresses a program may use, and which
//! names it may look up.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use aot_abi::network as abi;
use aot_abi::record::Record;

use super::items::for_each_item;
use crate::c_strings::CStrings;
use crate::environment::split_variable;
use crate::grantee::Grantee;
use crate::start_error::StartError;

/// A protocol, as a bit of [`abi`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The protocol of connections.
    Tcp = abi::TCP as isize,
    /// The protocol of datagrams.
    Udp = abi::UDP as isize,
}

/// All grants of the network.
#[derive(Debug, Default)]
pub struct Grants {
    /// Grants of remote ends.
    pub net: Vec<Grant>,
    /// Grants of local addresses.
    pub listen: Vec<Grant>,
    /// True if sockets that a service manager hands in are the program's.
    pub inherit_sockets: bool,
}

/// A grant of a protocol, hosts and ports.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    /// The component that has the grant.
    pub grantee: Grantee,
    protocols: u8,
    hosts: Hosts,
    ports: (u16, u16),
    /// The grant's text, as `aot inspect` shows it.
    text: &'static [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hosts {
    Any,
    Block(IpAddr, u8),
    Name(&'static [u8]),
}

impl Protocol {
    /// The protocol's scheme in grants and messages.
    pub fn scheme(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp://",
            Protocol::Udp => "udp://",
        }
    }
}

impl Grants {
    /// The grants of a policy's section, less what variables take away.
    pub fn read(section: &'static [u8], environment: CStrings) -> Result<Grants, StartError> {
        let mut grants = Grants::parse(section)?;
        for (name, value) in environment.iter().map(split_variable) {
            match name {
                b"AOT_DENY_NET" => deny(name, value, &mut grants.net, |grant| grant.text)?,
                b"AOT_DENY_LISTEN" => deny(name, value, &mut grants.listen, |grant| grant.text)?,
                _ => {}
            }
        }
        Ok(grants)
    }

    fn parse(section: &'static [u8]) -> Result<Grants, StartError> {
        let (mut grants, mut grantee) = (Grants::default(), Grantee::default());
        for_each_item(section, |tag, payload| {
            grantee.note(tag);
            match tag {
                abi::TAG_NET => grants.net.push(Grant::parse(payload, grantee)?),
                abi::TAG_LISTEN => grants.listen.push(Grant::parse(payload, grantee)?),
                abi::TAG_INHERIT_SOCKETS => grants.inherit_sockets = true,
                tag if abi::TAGS.contains(&tag) => return None,
                _ => {}
            }
            Some(())
        })
        .ok_or(StartError::DamagedPolicy)?;
        Ok(grants)
    }

    /// Returns true if any name may be looked up.
    pub fn have_names(&self) -> bool {
        self.net.iter().any(|grant| matches!(grant.hosts, Hosts::Any | Hosts::Name(_)))
    }

    /// Returns true if a component may look up a name, in lower case.
    pub fn allow_name(&self, grantee: Grantee, name: &str) -> bool {
        let mut net = self.net.iter().filter(|grant| grant.grantee == grantee);
        net.any(|grant| grant.hosts == Hosts::Any || grant.has_name(name))
    }

    /// The first and last ports of the grants of TCP among `grants`.
    pub fn tcp_ports(grants: &[Grant]) -> impl Iterator<Item = (u16, u16)> {
        grants.iter().filter(|grant| grant.is_for(Protocol::Tcp)).map(|grant| grant.ports)
    }
}

impl Grant {
    fn parse(payload: &'static [u8], grantee: Grantee) -> Option<Grant> {
        let (head, rest) = abi::Grant::split_from(payload)?;
        let abi::Grant { protocols, prefix, address, .. } = head;
        let (name, text) = rest.split_at_checked(head.name_bytes as usize)?;
        let hosts = match head.hosts {
            abi::HOSTS_ANY => Hosts::Any,
            abi::HOSTS_IPV4 if prefix <= 32 => {
                let [a, b, c, d, ..] = address;
                Hosts::Block(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix)
            }
            abi::HOSTS_IPV6 if prefix <= 128 => Hosts::Block(IpAddr::V6(Ipv6Addr::from(address)), prefix),
            abi::HOSTS_NAME => Hosts::Name(name),
            _ => return None,
        };
        let ports = (head.port_first, head.port_last);
        (protocols & !(abi::TCP | abi::UDP) == 0).then_some(Grant { grantee, protocols, hosts, ports, text })
    }

    /// Returns true if the grant is for this protocol.
    pub fn is_for(&self, protocol: Protocol) -> bool {
        self.protocols & protocol as u8 != 0
    }

    /// Returns true if the grant is for this protocol and address by itself, without regard of names.
    pub fn has(&self, protocol: Protocol, address: SocketAddr) -> bool {
        let in_hosts = match self.hosts {
            Hosts::Any => true,
            Hosts::Block(block, prefix) => is_in_block(address.ip(), block, prefix),
            Hosts::Name(_) => false,
        };
        in_hosts && self.has_port(protocol, address.port())
    }

    /// Returns true if the grant is for this protocol and port of some host.
    pub fn has_port(&self, protocol: Protocol, port: u16) -> bool {
        self.is_for(protocol) && (self.ports.0..=self.ports.1).contains(&port)
    }

    /// Returns true if the grant is for the hosts to which this name leads.
    pub fn has_name(&self, name: &str) -> bool {
        let Hosts::Name(granted) = self.hosts else { return false };
        let name = name.as_bytes();
        match granted.strip_prefix(b"*") {
            Some(end) => name.len() > end.len() && name.ends_with(end),
            None => name == granted,
        }
    }
}

fn is_in_block(address: IpAddr, block: IpAddr, prefix: u8) -> bool {
    match (address, block) {
        (IpAddr::V4(address), IpAddr::V4(block)) => {
            let differing = u32::from(address) ^ u32::from(block);
            differing.leading_zeros() >= prefix.into()
        }
        (IpAddr::V6(address), IpAddr::V6(block)) => {
            let differing = u128::from(address) ^ u128::from(block);
            differing.leading_zeros() >= prefix.into()
        }
        _ => false,
    }
}

/// Takes away the grants with these texts, which are separated by commas.
pub(super) fn deny<T>(
    variable: &'static [u8],
    value: &[u8],
    grants: &mut Vec<T>,
    text_of: fn(&T) -> &'static [u8],
) -> Result<(), StartError> {
    for text in value.split(|&byte| byte == b',').filter(|text| !text.is_empty()) {
        let before = grants.len();
        grants.retain(|grant| text_of(grant) != text);
        if grants.len() == before {
            return Err(StartError::refused(
                variable,
                "no grant that is built in; `aot inspect` shows how they are written",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(protocols: u8, hosts: u8, prefix: u8, ports: (u16, u16), address: &[u8], name: &str) -> Vec<u8> {
        let mut out = vec![protocols, hosts, prefix, 0];
        out.extend(ports.0.to_le_bytes());
        out.extend(ports.1.to_le_bytes());
        out.extend(address);
        out.resize(24, 0);
        out.extend((name.len() as u32).to_le_bytes());
        out.extend(name.bytes());
        out.extend(b"text");
        out
    }

    fn grant(payload: Vec<u8>) -> Option<Grant> {
        Grant::parse(payload.leak(), Grantee::default())
    }

    #[test]
    fn blocks_and_ports() {
        let grant = grant(payload(abi::TCP, abi::HOSTS_IPV4, 9, (80, 90), &[10, 128, 0, 0], "")).unwrap();
        let has = |address: &str| grant.has(Protocol::Tcp, address.parse().unwrap());
        assert!(has("10.128.0.1:80") && has("10.255.255.255:90"));
        assert!(!has("10.127.255.255:80") && !has("10.128.0.1:79") && !has("10.128.0.1:91") && !has("[::1]:80"));
        assert!(!grant.has(Protocol::Udp, "10.128.0.1:80".parse().unwrap()));
        assert_eq!(grant.text, b"text");
    }

    #[test]
    fn whole_families_and_single_hosts() {
        let all = grant(payload(3, abi::HOSTS_IPV6, 0, (0, 65535), &[], "")).unwrap();
        assert!(all.has(Protocol::Udp, "[ffff::1]:1".parse().unwrap()));
        assert!(!all.has(Protocol::Udp, "1.2.3.4:1".parse().unwrap()));
        let one = grant(payload(3, abi::HOSTS_IPV6, 128, (1, 1), &[0; 16], "")).unwrap();
        assert!(one.has(Protocol::Tcp, "[::]:1".parse().unwrap()));
        assert!(!one.has(Protocol::Tcp, "[::1]:1".parse().unwrap()));
    }

    #[test]
    fn names() {
        let named = |name| grant(payload(1, abi::HOSTS_NAME, 0, (443, 443), &[], name)).unwrap();
        assert!(named("a.example").has_name("a.example"));
        assert!(!named("a.example").has_name("b.a.example") && !named("a.example").has_name("example"));
        assert!(named("*.example").has_name("a.b.example"));
        assert!(!named("*.example").has_name("example") && !named("*.example").has_name(".example"));
        assert!(!named("a.example").has(Protocol::Tcp, "1.2.3.4:443".parse().unwrap()));
    }

    fn section(items: &[(u32, Vec<u8>)]) -> Result<Grants, StartError> {
        let item = |(tag, payload): &(u32, Vec<u8>)| {
            [&tag.to_le_bytes()[..], &(payload.len() as u32).to_le_bytes(), payload].concat()
        };
        Grants::parse(items.iter().flat_map(item).collect::<Vec<u8>>().leak())
    }

    #[test]
    fn a_section_has_grants_of_both_kinds() {
        let any = |protocols, ports| payload(protocols, abi::HOSTS_ANY, 0, ports, &[], "");
        let items = [(abi::TAG_NET, any(abi::TCP, (1, 2))), (abi::TAG_LISTEN, any(abi::UDP, (3, 4)))];
        let grants = section(&items).unwrap();
        assert_eq!((grants.net.len(), grants.listen.len(), grants.inherit_sockets), (1, 1, false));
        assert_eq!(Grants::tcp_ports(&grants.net).collect::<Vec<_>>(), [(1, 2)]);
        assert_eq!(Grants::tcp_ports(&grants.listen).count(), 0);
        assert!(section(&[(abi::TAG_INHERIT_SOCKETS, Vec::new())]).unwrap().inherit_sockets);
        assert!(section(&[(abi::TAG_NET, Vec::new())]).is_err());
    }

    #[test]
    fn names_are_looked_up_for_any_host_and_for_themselves() {
        let of = |hosts, name| section(&[(abi::TAG_NET, payload(1, hosts, 0, (1, 1), &[], name))]).unwrap();
        let (any, named, block) = (of(abi::HOSTS_ANY, ""), of(abi::HOSTS_NAME, "a"), of(abi::HOSTS_IPV4, ""));
        assert_eq!([&any, &named, &block].map(Grants::have_names), [true, true, false]);
        let allow = |name| [&any, &named, &block].map(|grants| grants.allow_name(Grantee::default(), name));
        assert_eq!((allow("a"), allow("b")), ([true, true, false], [true, false, false]));
        assert!(!any.allow_name(Grantee(1), "a"));
        let grant = |hosts, name| (abi::TAG_NET, payload(1, hosts, 0, (1, 1), &[], name));
        assert!(section(&[grant(abi::HOSTS_IPV4, ""), grant(abi::HOSTS_NAME, "a")]).unwrap().have_names());
    }

    #[test]
    fn what_is_denied_has_to_be_granted() {
        let mut grants = vec![b"tcp://a:1", b"tcp://b:1", b"tcp://c:1"];
        let mut deny = |value: &[u8]| {
            let result = super::deny(b"AOT_DENY_NET", value, &mut grants, |grant| *grant);
            (result.is_ok(), grants.len())
        };
        assert_eq!(deny(b""), (true, 3));
        assert_eq!(deny(b"tcp://b:1,,tcp://a:1"), (true, 1));
        assert_eq!(deny(b"tcp://b:1"), (false, 1));
        assert_eq!(grants, [b"tcp://c:1"]);
    }

    #[test]
    fn damage_is_refused() {
        assert!(grant(payload(4, 0, 0, (0, 0), &[], "")).is_none());
        assert!(grant(payload(1, 9, 0, (0, 0), &[], "")).is_none());
        for (hosts, bits) in [(abi::HOSTS_IPV4, 32), (abi::HOSTS_IPV6, 128)] {
            assert!(grant(payload(1, hosts, bits, (0, 0), &[], "")).is_some());
            assert!(grant(payload(1, hosts, bits + 1, (0, 0), &[], "")).is_none());
        }
        let mut long_name = payload(1, 3, 0, (0, 0), &[], "abc");
        long_name[24] = 99;
        assert!(grant(long_name).is_none());
    }
}
