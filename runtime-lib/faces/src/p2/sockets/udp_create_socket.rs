//! `wasi:sockets/udp-create-socket`.

use crate::p2::Outcome;
use crate::p2::interfaces::sockets::network::{ErrorCode, IpAddressFamily};
use crate::p2::interfaces::sockets::udp::UdpSocket;
use crate::p2::sockets::addresses::{code, lift_family};
use aot_host::canonical::handles::Own;
use aot_host::host::Host;
use aot_host::network::udp;

/// A new socket for datagrams.
pub fn create_udp_socket(
    host: &mut Host,
    address_family: IpAddressFamily,
) -> Outcome<Result<Own<UdpSocket>, ErrorCode>> {
    let grantee = host.grantee;
    let (network, resources) = host.network_and_resources()?;
    Ok(udp::UdpSocket::create(network, grantee, lift_family(address_family))
        .map(|socket| resources.add(socket))
        .map_err(code))
}
