//! The start of a command with sockets: its grants of the network, what it needs to look names up, and the sockets that
//! a service manager hands in.

use aot_abi::parts;
use aot_abi::sandbox::SOCKETS;

use super::{Prepare, handed_in};
use crate::sandbox;
use crate::settings::Settings;
use aot_foundation::program;
use aot_host::c_strings::CStrings;
use aot_host::host::Host;
use aot_host::kept::Kept;
use aot_host::network::grants::Network;
use aot_host::network::names::Resolver;
use aot_host::policy::Policy;
use aot_host::policy::network::Grants;
use aot_host::start_error::StartError;

const _: () = assert!(aot_foundation::same_name("aot_part_network", parts::NETWORK));
const _: Prepare = aot_part_network;

/// Gives the program its network.
#[unsafe(no_mangle)]
fn aot_part_network(
    host: &mut Host,
    policy: &Policy,
    settings: &Settings,
    environment: CStrings,
) -> Result<(), StartError> {
    give(host, policy, settings, environment, &[])
}

/// Gives the program its network, and the host these ports of remote ends besides.
pub(super) fn give(
    host: &mut Host,
    policy: &Policy,
    settings: &Settings,
    environment: CStrings,
    ports: &[(u16, u16)],
) -> Result<(), StartError> {
    let grants = Grants::read(program::policy().ok_or(StartError::DamagedPolicy)?, settings.environment)?;
    if grants.inherit_sockets {
        hand_in(host, environment)?;
    }
    // Also where the environment took all grants away: the filter knows what was granted before.
    if let Some(sandbox) = policy.sandbox.filter(|sandbox| sandbox.flags & SOCKETS != 0) {
        // Name servers have long answers over connections, also for who asks on behalf of HTTP.
        let has_names = grants.have_names() || !ports.is_empty();
        let name_servers = has_names.then_some((Resolver::PORT, Resolver::PORT));
        let further: Vec<(u16, u16)> = ports.iter().copied().chain(name_servers).collect();
        sandbox::network::restrict_ports(&sandbox, &grants, &further, settings.log_sandbox)?;
    }
    let resolver = if grants.have_names() { Resolver::read() } else { Resolver::empty() };
    host.network = Some(Kept::new(Network::new(grants, resolver, host.open_files.clone())));
    Ok(())
}

/// The sockets that a service manager hands in become descriptors of preview1 behind the granted directories.
fn hand_in(host: &mut Host, environment: CStrings) -> Result<(), StartError> {
    for socket in 0..handed_in::aot_part_handed_in(environment) {
        let (descriptor, socket) = handed_in::take(socket);
        let socket = socket.ok_or(StartError::NotHandedIn(descriptor))?;
        let open = host.open_files.count().map_err(|_| StartError::NotHandedIn(descriptor))?;
        host.descriptors().add_socket(socket, open).map_err(|_| StartError::NotHandedIn(descriptor))?;
    }
    Ok(())
}
