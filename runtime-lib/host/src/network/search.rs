//! The look-up of a name by a component, with the component's grants.

use core::net::{IpAddr, Ipv6Addr};

use super::errors::NetworkError;
use super::grants::Network;
use super::lookup::{Failure, Lookup, in_order};
use super::names;
use crate::grantee::Grantee;
use crate::poll::Event;

/// The addresses of a name, as far as they are known, for the component that asked.
pub struct Search {
    lookup: Lookup,
    grantee: Grantee,
}

impl Search {
    /// Begins to look a name up. An address is found as it is, without asking anybody.
    pub fn start(network: &mut Network, grantee: Grantee, name: String) -> Result<Search, NetworkError> {
        if let Some(address) = parse_address(&name) {
            return Ok(Search { lookup: Lookup::done(name, vec![address.to_canonical()]), grantee });
        }
        let name = names::to_ascii(&name).ok_or(NetworkError::InvalidArgument)?;
        let granted = name.trim_end_matches('.');
        network.check_name(grantee, granted)?;
        let known = network.resolver.in_hosts(&name);
        let lookup = if known.is_empty() {
            Lookup::start(name, &network.resolver, &network.open_files)
        } else {
            network.remember(grantee, granted, &known);
            Lookup::done(name, in_order(known, &network.open_files))
        };
        Ok(Search { lookup, grantee })
    }

    /// The next address; none after the last. The component may talk to those that were found.
    pub fn next(&mut self, network: &mut Network) -> Result<Option<IpAddr>, Failure> {
        let found = self.lookup.drive().to_vec();
        network.remember(self.grantee, self.lookup.name.trim_end_matches('.'), &found);
        self.lookup.next()
    }

    /// The event to wait for before the look-up can go on.
    pub fn event(&self) -> Event {
        self.lookup.event()
    }
}

/// Parses an address; an IPv6 address may be in brackets, as in URLs.
fn parse_address(text: &str) -> Option<IpAddr> {
    match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        Some(text) => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => text.parse().ok(),
    }
}
