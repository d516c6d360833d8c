//! `wasi:sockets/tcp-create-socket`.

use super::Outcome;
use super::addresses::{code, lift_family};
use crate::wasi::handles::Own;
use crate::wasi::host::Host;
use crate::wasi::interfaces::network::{ErrorCode, IpAddressFamily};
use crate::wasi::interfaces::tcp::TcpSocket;
use crate::wasi::network::tcp;

/// A new socket for connections.
pub fn create_tcp_socket(
    host: &mut Host,
    address_family: IpAddressFamily,
) -> Outcome<Result<Own<TcpSocket>, ErrorCode>> {
    let (network, resources) = host.network_and_resources()?;
    Ok(tcp::TcpSocket::create(network, lift_family(address_family)).map(|socket| resources.add(socket)).map_err(code))
}
