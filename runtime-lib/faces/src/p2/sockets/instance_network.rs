//! `wasi:sockets/instance-network`.

use crate::p2::Outcome;
use crate::p2::interfaces::sockets::network::Network;
use aot_host::canonical::handles::Own;
use aot_host::host::Host;

/// The network of the program, with the caller's grants.
pub fn instance_network(host: &mut Host) -> Outcome<Own<Network>> {
    let grantee = host.grantee;
    Ok(host.resources.add(super::network::Network { grantee }))
}
