//! Sockets for datagrams, of `wasi:sockets/types`.

use crate::p2::interfaces::sockets::network::{IpAddressFamily, IpSocketAddress};
use crate::p2::sockets::addresses::{lift, lift_family, lower, lower_family};
use crate::p3::Outcome;
use crate::p3::interfaces::sockets::types as interface;
use crate::p3::interfaces::sockets::types::ErrorCode;
use crate::p3::sockets::errors::code;
use aot_abi::trap::Trap;
use aot_host::canonical::handles::{Borrow, Lent, Own};
use aot_host::concurrency::host::{Later, Operation, Progress};
use aot_host::host::Host;
use aot_host::network::options;
use aot_host::network::udp::DATAGRAM_BYTES_MAX;
use aot_host::poll::Event;

/// A socket for datagrams.
pub use aot_host::network::udp::UdpSocket;

type This = Borrow<interface::UdpSocket>;
type Answer<T> = Outcome<Result<T, ErrorCode>>;
/// A datagram, and who sent it.
type Datagram = (Vec<u8>, IpSocketAddress);

/// A new socket for datagrams, with the grants of the caller.
pub fn create(host: &mut Host, address_family: IpAddressFamily) -> Answer<Own<interface::UdpSocket>> {
    let grantee = host.grantee;
    let (network, resources) = host.network_and_resources()?;
    Ok(UdpSocket::create(network, grantee, lift_family(address_family))
        .map(|socket| resources.add(socket))
        .map_err(code))
}

/// Binds to a local address.
pub fn bind(host: &mut Host, self_: This, local_address: IpSocketAddress) -> Answer<()> {
    let (network, resources) = host.network_and_resources()?;
    Ok(resources.get(self_)?.bind(network, lift(local_address)).map_err(code))
}

/// Talks with one remote address alone from now on.
pub fn connect(host: &mut Host, self_: This, remote_address: IpSocketAddress) -> Answer<()> {
    let (network, resources) = host.network_and_resources()?;
    Ok(resources.get(self_)?.connect(network, lift(remote_address)).map_err(code))
}

/// Talks with all remote addresses again.
pub fn disconnect(host: &mut Host, self_: This) -> Answer<()> {
    Ok(host.resources.get(self_)?.disconnect().map_err(code))
}

/// Sends a datagram. One that the system doesn't take at once is kept until it does.
pub fn send(
    host: &mut Host,
    self_: This,
    data: &[u8],
    remote_address: Option<IpSocketAddress>,
) -> Outcome<Later<Result<(), ErrorCode>>> {
    let to = remote_address.map(lift);
    let (network, resources) = host.network_and_resources()?;
    Ok(match resources.get(self_)?.send(network, data, to) {
        Ok(true) => Later::Done(Ok(())),
        // The system refuses what is larger than a datagram can be before it looks for room.
        Ok(false) if data.len() <= DATAGRAM_BYTES_MAX => {
            Later::Waits(Box::new(Sending { socket: self_, data: data.to_vec(), to }))
        }
        Ok(false) => Later::Done(Err(ErrorCode::DatagramTooLarge)),
        Err(error) => Later::Done(Err(code(error))),
    })
}

/// Waits until the system takes a datagram.
struct Sending {
    socket: This,
    data: Vec<u8>,
    to: Option<core::net::SocketAddr>,
}

impl Operation<Result<(), ErrorCode>> for Sending {
    fn step(&mut self, host: &mut Host) -> Result<Progress<Result<(), ErrorCode>>, Trap> {
        let (network, resources) = host.network_and_resources()?;
        let socket = resources.get(self.socket)?;
        Ok(match socket.send(network, &self.data, self.to) {
            Ok(true) => Progress::Done(Ok(())),
            Ok(false) => Progress::Until(Event::Interest(socket.writable())),
            Err(error) => Progress::Done(Err(code(error))),
        })
    }

    fn borrowed(&self) -> Option<Lent> {
        Some(self.socket.lent())
    }
}

/// Receives a datagram.
pub fn receive(_: &mut Host, self_: This) -> Outcome<Later<Result<Datagram, ErrorCode>>> {
    Ok(Later::Waits(Box::new(Receiving { socket: self_ })))
}

/// Waits for a datagram.
struct Receiving {
    socket: This,
}

impl Operation<Result<Datagram, ErrorCode>> for Receiving {
    fn step(&mut self, host: &mut Host) -> Result<Progress<Result<Datagram, ErrorCode>>, Trap> {
        let mut buffer = host.buffer(DATAGRAM_BYTES_MAX)?;
        let (network, resources) = host.network_and_resources()?;
        let socket = resources.get(self.socket)?;
        let progress = match socket.receive(network, &mut buffer) {
            Ok(Some(from)) => return Ok(Progress::Done(Ok((buffer, lower(from))))),
            Ok(None) => Progress::Until(Event::Interest(socket.readable())),
            Err(error) => Progress::Done(Err(code(error))),
        };
        host.recycle(buffer);
        Ok(progress)
    }

    fn borrowed(&self) -> Option<Lent> {
        Some(self.socket.lent())
    }
}

socket_functions! { hop_limit set_hop_limit }
