//! `wasi:sockets/tcp`.

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
use aot_host::network::options;
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

socket_functions! { hop_limit set_hop_limit }
tcp_functions! {}

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
