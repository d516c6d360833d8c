//! `wasi:sockets/udp-create-socket`.

use super::Outcome;
use super::addresses::{code, lift_family};
use crate::wasi::handles::Own;
use crate::wasi::host::Host;
use crate::wasi::interfaces::network::{ErrorCode, IpAddressFamily};
use crate::wasi::interfaces::udp::UdpSocket;
use crate::wasi::network::udp;

/// A new socket for datagrams.
pub fn create_udp_socket(
    host: &mut Host,
    address_family: IpAddressFamily,
) -> Outcome<Result<Own<UdpSocket>, ErrorCode>> {
    let (network, resources) = host.network_and_resources()?;
    Ok(udp::UdpSocket::create(network, lift_family(address_family)).map(|socket| resources.add(socket)).map_err(code))
}
