//! The start of a command with sockets: its grants of the network, what it needs to look names up, and the sockets that
//! a service manager hands in.

use std::sync::Arc;

use aot_abi::parts;
use aot_abi::sandbox::SOCKETS;

use super::{Prepare, Start, handed_in};
use crate::sandbox;
use aot_foundation::program;
use aot_host::c_strings::CStrings;
use aot_host::host::Host;
use aot_host::kept::Kept;
use aot_host::network::grants::Network;
use aot_host::network::names::Resolver;
use aot_host::policy::network::Grants;
use aot_host::start_error::StartError;

const _: () = assert!(aot_foundation::same_name("aot_part_network", parts::NETWORK));
const _: Prepare = aot_part_network;

/// Gives the program its network.
#[unsafe(no_mangle)]
fn aot_part_network(host: &mut Host, start: &Start<'_>) -> Result<(), StartError> {
    prepare(start, &[])?.give(host, start.environment)
}

/// The grants of the network, and the names that the program may look up.
pub(super) struct Granted {
    grants: Arc<Grants>,
    resolver: Arc<Resolver>,
}

/// Reads the grants of the network, and lets the kernel refuse all ports but theirs, and those of remote ends that the host
/// needs besides.
pub(super) fn prepare(start: &Start<'_>, ports: &[(u16, u16)]) -> Result<Granted, StartError> {
    let section = program::policy().ok_or(StartError::DamagedPolicy)?;
    let grants = Grants::read(section, start.settings.environment)?;
    restrict(start, &grants, ports)?;
    let resolver = if grants.have_names() { Resolver::read() } else { Resolver::empty() };
    Ok(Granted { grants: Arc::new(grants), resolver: Arc::new(resolver) })
}

fn restrict(start: &Start<'_>, grants: &Grants, ports: &[(u16, u16)]) -> Result<(), StartError> {
    // Also where the environment took all grants away: the filter knows what was granted before.
    let Some(sandbox) = start.policy.sandbox.filter(|sandbox| sandbox.flags & SOCKETS != 0) else { return Ok(()) };
    // Name servers have long answers over connections, also for who asks on behalf of HTTP.
    let has_names = grants.have_names() || !ports.is_empty();
    let name_servers = has_names.then_some((Resolver::PORT, Resolver::PORT));
    let further: Vec<(u16, u16)> = ports.iter().copied().chain(name_servers).collect();
    sandbox::network::restrict_ports(&sandbox, grants, &further, start.settings.log_sandbox)
}

impl Granted {
    /// Gives the program a network with these grants.
    pub(super) fn give(&self, host: &mut Host, environment: CStrings) -> Result<(), StartError> {
        if self.grants.inherit_sockets {
            hand_in(host, environment)?;
        }
        let (grants, resolver) = (self.grants.clone(), self.resolver.clone());
        host.network = Some(Kept::new(Network::new(grants, resolver, host.open_files.clone())));
        Ok(())
    }
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
