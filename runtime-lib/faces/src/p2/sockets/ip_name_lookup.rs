//! `wasi:sockets/ip-name-lookup`.

use core::net::{IpAddr, Ipv6Addr};

use crate::p2::Outcome;
use crate::p2::interfaces::io::poll as poll_interface;
use crate::p2::interfaces::sockets::ip_name_lookup as interface;
use crate::p2::interfaces::sockets::network::{ErrorCode, IpAddress, Network};
use crate::p2::io::poll::Pollable;
use crate::p2::sockets::addresses::{code, lower_ip};
use aot_host::canonical::handles::{Borrow, Own, Resources};
use aot_host::grantee::Grantee;
use aot_host::host::Host;
use aot_host::network::errors::NetworkError;
use aot_host::network::grants;
use aot_host::network::lookup::{Lookup, in_order};
use aot_host::network::names;
use aot_host::poll::Event;

/// The addresses of a name, as far as they are known.
pub struct ResolveAddressStream {
    lookup: Lookup,
    /// The component with whose grants the name is looked up.
    grantee: Grantee,
}

type This = Borrow<interface::ResolveAddressStream>;

/// Begins to look a name up. An address is returned as it is, without asking anybody.
pub fn resolve_addresses(
    host: &mut Host,
    network: Borrow<Network>,
    name: String,
) -> Outcome<Result<Own<interface::ResolveAddressStream>, ErrorCode>> {
    let grantee = host.resources.get(network)?.grantee;
    let (network, resources) = host.network_and_resources()?;
    let stream = start(network, grantee, name).map(|lookup| ResolveAddressStream { lookup, grantee });
    Ok(stream.map(|stream| resources.add(stream)).map_err(code))
}

fn start(network: &mut grants::Network, grantee: Grantee, name: String) -> Result<Lookup, NetworkError> {
    if let Some(address) = parse_address(&name) {
        return Ok(Lookup::done(name, vec![address.to_canonical()]));
    }
    let name = names::to_ascii(&name).ok_or(NetworkError::InvalidArgument)?;
    let granted = name.trim_end_matches('.');
    network.check_name(grantee, granted)?;
    let known = network.resolver.in_hosts(&name);
    if known.is_empty() {
        return Ok(Lookup::start(name, &network.resolver, &network.open_files));
    }
    network.remember(grantee, granted, &known);
    Ok(Lookup::done(name, in_order(known, &network.open_files)))
}

/// Parses an address; an IPv6 address may be in brackets, as in URLs.
fn parse_address(text: &str) -> Option<IpAddr> {
    match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        Some(text) => text.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => text.parse().ok(),
    }
}

/// The next address; none after the last.
pub fn resolve_next_address(host: &mut Host, self_: This) -> Outcome<Result<Option<IpAddress>, ErrorCode>> {
    let (network, resources) = host.network_and_resources()?;
    let ResolveAddressStream { lookup, grantee } = resources.get(self_)?;
    let found = lookup.drive().to_vec();
    network.remember(*grantee, lookup.name.trim_end_matches('.'), &found);
    Ok(lookup.next().map(|address| address.map(lower_ip)).map_err(|failure| code(failure.error)))
}

/// Something to wait for addresses with.
pub fn subscribe(host: &mut Host, self_: This) -> Outcome<Own<poll_interface::Pollable>> {
    fn event(resources: &mut Resources, representation: u32) -> Outcome<Event> {
        Ok(resources.object::<ResolveAddressStream>(representation)?.lookup.event())
    }
    Ok(host.resources.add_child(Pollable::TimedResource(self_.representation, event), self_))
}
