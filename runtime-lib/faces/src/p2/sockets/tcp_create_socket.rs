//! `wasi:sockets/tcp-create-socket`.

use crate::p2::Outcome;
use crate::p2::interfaces::sockets::network::{ErrorCode, IpAddressFamily};
use crate::p2::interfaces::sockets::tcp::TcpSocket;
use crate::p2::sockets::addresses::{code, lift_family};
use aot_host::canonical::handles::Own;
use aot_host::host::Host;
use aot_host::network::tcp;

/// A new socket for connections.
pub fn create_tcp_socket(
    host: &mut Host,
    address_family: IpAddressFamily,
) -> Outcome<Result<Own<TcpSocket>, ErrorCode>> {
    let grantee = host.grantee;
    let (network, resources) = host.network_and_resources()?;
    Ok(tcp::TcpSocket::create(network, grantee, lift_family(address_family))
        .map(|socket| resources.add(socket))
        .map_err(code))
}
