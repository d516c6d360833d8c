//! `wasi:sockets/udp`.

use crate::p2::Outcome;
use crate::p2::interfaces::io::poll as poll_interface;
use crate::p2::interfaces::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Network};
use crate::p2::interfaces::sockets::udp as interface;
use crate::p2::interfaces::sockets::udp::{IncomingDatagram, OutgoingDatagram};
use crate::p2::io::poll::Pollable;
use crate::p2::sockets::addresses::{code, lift, lower, lower_family};
use aot_host::canonical::LowerElement;
use aot_host::canonical::handles::{Borrow, Own, Resources};
use aot_host::host::Host;
use aot_host::network::options;
use aot_host::network::udp::{DATAGRAM_BYTES_MAX, DATAGRAMS_MAX};
use aot_host::poll::Interest;

/// A socket for datagrams.
pub use aot_host::network::udp::UdpSocket;
/// Datagrams that come in.
pub type IncomingDatagramStream = aot_host::network::udp::Incoming;
/// Datagrams that go out.
pub type OutgoingDatagramStream = aot_host::network::udp::Outgoing;

type This = Borrow<interface::UdpSocket>;
type In = Borrow<interface::IncomingDatagramStream>;
type Out = Borrow<interface::OutgoingDatagramStream>;
type Answer<T> = Outcome<Result<T, ErrorCode>>;

impl LowerElement for IncomingDatagram {}

/// Begins to bind to a local address.
pub fn start_bind(
    host: &mut Host,
    self_: This,
    network: Borrow<Network>,
    local_address: IpSocketAddress,
) -> Answer<()> {
    let grantee = host.resources.get(network)?.grantee;
    let (network, resources) = host.network_and_resources()?;
    Ok(resources.get(self_)?.start_bind(network, grantee, lift(local_address)).map_err(code))
}

/// Ends the binding that was started, or fails.
pub fn finish_bind(host: &mut Host, self_: This) -> Answer<()> {
    Ok(host.resources.get(self_)?.finish_bind().map_err(code))
}

/// Streams of datagrams with one remote address or all.
pub fn stream(
    host: &mut Host,
    self_: This,
    remote_address: Option<IpSocketAddress>,
) -> Answer<(Own<interface::IncomingDatagramStream>, Own<interface::OutgoingDatagramStream>)> {
    let (network, resources) = host.network_and_resources()?;
    let streams = resources.get(self_)?.stream(network, remote_address.map(lift));
    Ok(streams.map(|(incoming, outgoing)| (resources.add(incoming), resources.add(outgoing))).map_err(code))
}

socket_functions! { unicast_hop_limit set_unicast_hop_limit }

/// Something to wait with for what was begun: nothing of it takes any time.
pub fn subscribe(host: &mut Host, self_: This) -> Outcome<Own<poll_interface::Pollable>> {
    fn interest(_: &mut Resources, _: u32) -> Outcome<Interest> {
        Ok(Interest::Ready)
    }
    Ok(host.resources.add_child(Pollable::Resource(self_.representation, interest), self_))
}

/// Receives the datagrams that are available, without waiting.
pub fn receive(host: &mut Host, self_: In, max_results: u64) -> Answer<Vec<IncomingDatagram>> {
    let mut datagrams = Vec::new();
    let mut buffer = host.buffer(DATAGRAM_BYTES_MAX)?;
    for _ in 0..max_results.min(DATAGRAMS_MAX) {
        buffer.clear();
        let (network, resources) = host.network_and_resources()?;
        match resources.get(self_)?.receive(network, &mut buffer) {
            Ok(Some(from)) => {
                host.charge(buffer.len() as u64)?;
                datagrams.push(IncomingDatagram { data: buffer.clone(), remote_address: lower(from) });
            }
            Err(error) if datagrams.is_empty() => return Ok(Err(code(error))),
            Ok(None) | Err(_) => break,
        }
    }
    host.recycle(buffer);
    Ok(Ok(datagrams))
}

/// Something to wait for datagrams with.
pub fn subscribe_incoming(host: &mut Host, self_: In) -> Outcome<Own<poll_interface::Pollable>> {
    fn interest(resources: &mut Resources, representation: u32) -> Outcome<Interest> {
        Ok(resources.object::<IncomingDatagramStream>(representation)?.interest())
    }
    Ok(host.resources.add_child(Pollable::Resource(self_.representation, interest), self_))
}

/// The number of datagrams that may be passed now.
pub fn check_send(host: &mut Host, self_: Out) -> Answer<u64> {
    Ok(host.resources.get(self_)?.check_send().map_err(code))
}

/// Sends datagrams: how many the system took.
pub fn send(host: &mut Host, self_: Out, datagrams: Vec<OutgoingDatagram>) -> Answer<u64> {
    let (network, resources) = host.network_and_resources()?;
    let stream = resources.get(self_)?;
    let Some(allowed) = stream.allowed.checked_sub(datagrams.len() as u64) else {
        return Err(host.invalid("more datagrams than the last check allowed"));
    };
    stream.allowed = allowed;
    let mut sent = 0;
    for datagram in datagrams {
        match stream.send(network, &datagram.data, datagram.remote_address.map(lift)) {
            Ok(true) => sent += 1,
            Err(error) if sent == 0 => return Ok(Err(code(error))),
            Ok(false) | Err(_) => break,
        }
    }
    Ok(Ok(sent))
}

/// Something to wait with until datagrams can be passed.
pub fn subscribe_outgoing(host: &mut Host, self_: Out) -> Outcome<Own<poll_interface::Pollable>> {
    fn interest(resources: &mut Resources, representation: u32) -> Outcome<Interest> {
        Ok(resources.object::<OutgoingDatagramStream>(representation)?.interest())
    }
    Ok(host.resources.add_child(Pollable::Resource(self_.representation, interest), self_))
}
