//! `wasi:sockets/ip-name-lookup`.

use crate::p2::Outcome;
use crate::p2::interfaces::io::poll as poll_interface;
use crate::p2::interfaces::sockets::ip_name_lookup as interface;
use crate::p2::interfaces::sockets::network::{ErrorCode, IpAddress, Network};
use crate::p2::io::poll::Pollable;
use crate::p2::sockets::addresses::{code, lower_ip};
use aot_host::canonical::handles::{Borrow, Own, Resources};
use aot_host::host::Host;
use aot_host::poll::Event;

/// The addresses of a name, as far as they are known.
pub use aot_host::network::search::Search as ResolveAddressStream;

type This = Borrow<interface::ResolveAddressStream>;

/// Begins to look a name up. An address is returned as it is, without asking anybody.
pub fn resolve_addresses(
    host: &mut Host,
    network: Borrow<Network>,
    name: String,
) -> Outcome<Result<Own<interface::ResolveAddressStream>, ErrorCode>> {
    let grantee = host.resources.get(network)?.grantee;
    let (network, resources) = host.network_and_resources()?;
    let stream = ResolveAddressStream::start(network, grantee, name);
    Ok(stream.map(|stream| resources.add(stream)).map_err(code))
}

/// The next address; none after the last.
pub fn resolve_next_address(host: &mut Host, self_: This) -> Outcome<Result<Option<IpAddress>, ErrorCode>> {
    let (network, resources) = host.network_and_resources()?;
    let address = resources.get(self_)?.next(network);
    Ok(address.map(|address| address.map(lower_ip)).map_err(|failure| code(failure.error)))
}

/// Something to wait for addresses with.
pub fn subscribe(host: &mut Host, self_: This) -> Outcome<Own<poll_interface::Pollable>> {
    fn event(resources: &mut Resources, representation: u32) -> Outcome<Event> {
        Ok(resources.object::<ResolveAddressStream>(representation)?.event())
    }
    Ok(host.resources.add_child(Pollable::TimedResource(self_.representation, event), self_))
}
