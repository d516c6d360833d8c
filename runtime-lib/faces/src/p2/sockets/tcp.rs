//! `wasi:sockets/tcp`.

use std::os::fd::OwnedFd;

use rustix::net::Shutdown;

use crate::p2::Outcome;
use crate::p2::interfaces::io::poll as poll_interface;
use crate::p2::interfaces::io::streams as stream_interface;
use crate::p2::interfaces::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Network};
use crate::p2::interfaces::sockets::tcp as interface;
use crate::p2::interfaces::sockets::tcp::ShutdownType;
use crate::p2::io::poll::Pollable;
use crate::p2::io::streams::{InputStream, OutputStream};
use crate::p2::sockets::addresses::{code, lift, lower, lower_family};
use aot_host::canonical::handles::{Borrow, Own, Resources};
use aot_host::host::Host;
use aot_host::network::errors::NetworkError;
use aot_host::network::options::{self, Buffer, KeepAlive};
use aot_host::network::tcp_streams::{TcpInput, TcpOutput};
use aot_host::poll::Interest;

/// A socket for connections.
pub use aot_host::network::tcp::TcpSocket;

type This = Borrow<interface::TcpSocket>;
type Answer<T> = Outcome<Result<T, ErrorCode>>;
type Input = Own<stream_interface::InputStream>;
type Output = Own<stream_interface::OutputStream>;

fn add_streams(resources: &mut Resources, (input, output): (TcpInput, TcpOutput)) -> (Input, Output) {
    let input: InputStream = Box::new(input);
    let output: OutputStream = Box::new(output);
    (resources.add(input), resources.add(output))
}

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

/// Begins to connect.
pub fn start_connect(
    host: &mut Host,
    self_: This,
    network: Borrow<Network>,
    remote_address: IpSocketAddress,
) -> Answer<()> {
    let grantee = host.resources.get(network)?.grantee;
    let (network, resources) = host.network_and_resources()?;
    Ok(resources.get(self_)?.start_connect(network, grantee, lift(remote_address)).map_err(code))
}

/// Ends the connecting that was started, or fails: the connection's streams.
pub fn finish_connect(host: &mut Host, self_: This) -> Answer<(Input, Output)> {
    let result = host.resources.get(self_)?.finish_connect();
    Ok(result.map(|streams| add_streams(&mut host.resources, streams)).map_err(code))
}

/// Begins to listen.
pub fn start_listen(host: &mut Host, self_: This) -> Answer<()> {
    let (network, resources) = host.network_and_resources()?;
    Ok(resources.get(self_)?.start_listen(network).map_err(code))
}

/// Ends the switch to listening that was started, or fails.
pub fn finish_listen(host: &mut Host, self_: This) -> Answer<()> {
    Ok(host.resources.get(self_)?.finish_listen().map_err(code))
}

/// A connection that waits.
pub fn accept(host: &mut Host, self_: This) -> Answer<(Own<interface::TcpSocket>, Input, Output)> {
    let (network, resources) = host.network_and_resources()?;
    let result = resources.get(self_)?.accept(network);
    Ok(result
        .map(|(socket, input, output)| {
            let socket = host.resources.add(socket);
            let (input, output) = add_streams(&mut host.resources, (input, output));
            (socket, input, output)
        })
        .map_err(code))
}

/// The local address.
pub fn local_address(host: &mut Host, self_: This) -> Answer<IpSocketAddress> {
    Ok(host.resources.get(self_)?.local_address().map(lower).map_err(code))
}

/// The remote address.
pub fn remote_address(host: &mut Host, self_: This) -> Answer<IpSocketAddress> {
    Ok(host.resources.get(self_)?.remote_address().map(lower).map_err(code))
}

/// Returns true if the socket listens.
pub fn is_listening(host: &mut Host, self_: This) -> Outcome<bool> {
    Ok(host.resources.get(self_)?.is_listening())
}

/// IPv4 or IPv6.
pub fn address_family(host: &mut Host, self_: This) -> Outcome<IpAddressFamily> {
    Ok(lower_family(host.resources.get(self_)?.family()))
}

/// Sets how many connections may wait.
pub fn set_listen_backlog_size(host: &mut Host, self_: This, value: u64) -> Answer<()> {
    Ok(host.resources.get(self_)?.set_backlog(value).map_err(code))
}

/// Reads or changes an option of a socket.
fn option<T>(host: &mut Host, this: This, operation: impl FnOnce(&OwnedFd) -> Result<T, NetworkError>) -> Answer<T> {
    Ok(host.resources.get(this)?.options().and_then(operation).map_err(code))
}

/// Returns true if the system probes an idle connection.
pub fn keep_alive_enabled(host: &mut Host, self_: This) -> Answer<bool> {
    option(host, self_, options::keep_alive)
}

/// Sets whether an idle connection is probed.
pub fn set_keep_alive_enabled(host: &mut Host, self_: This, value: bool) -> Answer<()> {
    option(host, self_, |file| options::set_keep_alive(file, value))
}

/// Nanoseconds before the first probe.
pub fn keep_alive_idle_time(host: &mut Host, self_: This) -> Answer<u64> {
    option(host, self_, |file| options::keep_alive_time(file, KeepAlive::Idle))
}

/// Sets the nanoseconds before the first probe.
pub fn set_keep_alive_idle_time(host: &mut Host, self_: This, value: u64) -> Answer<()> {
    option(host, self_, |file| options::set_keep_alive_time(file, KeepAlive::Idle, value))
}

/// Nanoseconds between two probes.
pub fn keep_alive_interval(host: &mut Host, self_: This) -> Answer<u64> {
    option(host, self_, |file| options::keep_alive_time(file, KeepAlive::Interval))
}

/// Sets the nanoseconds between two probes.
pub fn set_keep_alive_interval(host: &mut Host, self_: This, value: u64) -> Answer<()> {
    option(host, self_, |file| options::set_keep_alive_time(file, KeepAlive::Interval, value))
}

/// The number of probes after which a connection is given up.
pub fn keep_alive_count(host: &mut Host, self_: This) -> Answer<u32> {
    option(host, self_, options::keep_alive_count)
}

/// Sets after how many probes a connection is given up.
pub fn set_keep_alive_count(host: &mut Host, self_: This, value: u32) -> Answer<()> {
    option(host, self_, |file| options::set_keep_alive_count(file, value))
}

/// The number of routers that a packet may pass.
pub fn hop_limit(host: &mut Host, self_: This) -> Answer<u8> {
    let family = host.resources.get(self_)?.family();
    option(host, self_, |file| options::hop_limit(file, family))
}

/// Sets how many routers a packet may pass.
pub fn set_hop_limit(host: &mut Host, self_: This, value: u8) -> Answer<()> {
    let family = host.resources.get(self_)?.family();
    option(host, self_, |file| options::set_hop_limit(file, family, value))
}

/// Bytes of the system's buffer for what was received.
pub fn receive_buffer_size(host: &mut Host, self_: This) -> Answer<u64> {
    option(host, self_, |file| options::buffer_size(file, Buffer::Receive))
}

/// Sets the bytes of the system's buffer for what was received.
pub fn set_receive_buffer_size(host: &mut Host, self_: This, value: u64) -> Answer<()> {
    option(host, self_, |file| options::set_buffer_size(file, Buffer::Receive, value))
}

/// Bytes of the system's buffer for what is to be sent.
pub fn send_buffer_size(host: &mut Host, self_: This) -> Answer<u64> {
    option(host, self_, |file| options::buffer_size(file, Buffer::Send))
}

/// Sets the bytes of the system's buffer for what is to be sent.
pub fn set_send_buffer_size(host: &mut Host, self_: This, value: u64) -> Answer<()> {
    host.resources.get(self_)?.forget_send_buffer();
    option(host, self_, |file| options::set_buffer_size(file, Buffer::Send, value))
}

/// Something to wait with for what was begun, and for connections.
pub fn subscribe(host: &mut Host, self_: This) -> Outcome<Own<poll_interface::Pollable>> {
    fn interest(resources: &mut Resources, representation: u32) -> Outcome<Interest> {
        Ok(resources.object::<TcpSocket>(representation)?.interest())
    }
    Ok(host.resources.add_child(Pollable::Resource(self_.representation, interest), self_))
}

/// Ends one direction of the connection, or both.
pub fn shutdown(host: &mut Host, self_: This, shutdown_type: ShutdownType) -> Answer<()> {
    let how = match shutdown_type {
        ShutdownType::Receive => Shutdown::Read,
        ShutdownType::Send => Shutdown::Write,
        ShutdownType::Both => Shutdown::Both,
    };
    Ok(host.resources.get(self_)?.shutdown(how).map_err(code))
}
