//! `wasi:sockets/instance-network`.

use super::Outcome;
use crate::wasi::handles::Own;
use crate::wasi::host::Host;
use crate::wasi::interfaces::network::Network;

/// The network of the program.
pub fn instance_network(host: &mut Host) -> Outcome<Own<Network>> {
    Ok(host.resources.add(super::network::Network))
}
