//! The start of a command with sockets: its grants of the network, what it needs to look names up, and the sockets that
//! a service manager hands in.

use std::os::fd::{FromRawFd, OwnedFd};

use aot_abi::parts;
use aot_abi::sandbox::SOCKETS;
use rustix::fs::FileType;

use super::{Keep, Prepare, Start};
use crate::sandbox;
use aot_foundation::program;
use aot_host::c_strings::CStrings;
use aot_host::environment::split_variable;
use aot_host::host::Host;
use aot_host::kept::Kept;
use aot_host::network::grants::Network;
use aot_host::network::names::Resolver;
use aot_host::policy::network::Grants;
use aot_host::start_error::StartError;

const _: () = assert!(aot_foundation::same_name("aot_part_network", parts::NETWORK));
const _: Prepare = aot_part_network;
const _: () = assert!(aot_foundation::same_name("aot_part_handed_in", parts::HANDED_IN));
const _: Keep = aot_part_handed_in;

/// The first descriptor that a service manager hands in.
const FIRST_HANDED_IN: u32 = 3;

/// Gives the program its network.
#[unsafe(no_mangle)]
fn aot_part_network(host: &mut Host, start: &Start<'_>) -> Result<(), StartError> {
    let grants = grants(start)?;
    restrict(start, &grants, &[])?;
    give(host, start.environment, grants)
}

/// The program's grants of the network.
pub(super) fn grants(start: &Start<'_>) -> Result<Grants, StartError> {
    Grants::read(program::policy().ok_or(StartError::DamagedPolicy)?, start.settings.environment)
}

/// Lets the kernel refuse all ports but those of the grants, and of remote ends that the host needs besides.
pub(super) fn restrict(start: &Start<'_>, grants: &Grants, ports: &[(u16, u16)]) -> Result<(), StartError> {
    // Also where the environment took all grants away: the filter knows what was granted before.
    let Some(sandbox) = start.policy.sandbox.filter(|sandbox| sandbox.flags & SOCKETS != 0) else { return Ok(()) };
    // Name servers have long answers over connections, also for who asks on behalf of HTTP.
    let has_names = grants.have_names() || !ports.is_empty();
    let name_servers = has_names.then_some((Resolver::PORT, Resolver::PORT));
    let further: Vec<(u16, u16)> = ports.iter().copied().chain(name_servers).collect();
    sandbox::network::restrict_ports(&sandbox, grants, &further, start.settings.log_sandbox)
}

/// Gives the program a network with these grants.
pub(super) fn give(host: &mut Host, environment: CStrings, grants: Grants) -> Result<(), StartError> {
    if grants.inherit_sockets {
        hand_in(host, environment)?;
    }
    let resolver = if grants.have_names() { Resolver::read() } else { Resolver::empty() };
    host.network = Some(Kept::new(Network::new(grants, resolver, host.open_files.clone())));
    Ok(())
}

/// The sockets that a service manager hands in, by systemd's protocol (sd_listen_fds(3)), become descriptors of preview1
/// behind the granted directories.
fn hand_in(host: &mut Host, environment: CStrings) -> Result<(), StartError> {
    for socket in 0..aot_part_handed_in(environment) {
        let descriptor = FIRST_HANDED_IN.saturating_add(socket);
        let socket = take_socket(descriptor).ok_or(StartError::NotHandedIn(descriptor))?;
        let open = host.open_files.count().map_err(|_| StartError::NotHandedIn(descriptor))?;
        host.descriptors().add_socket(socket, open).map_err(|_| StartError::NotHandedIn(descriptor))?;
    }
    Ok(())
}

/// Returns the number of sockets that a service manager hands in to this process.
#[unsafe(no_mangle)]
fn aot_part_handed_in(environment: CStrings) -> u32 {
    let variable = |name: &[u8]| {
        let mut variables = environment.iter().map(split_variable);
        variables.find(|(present, _)| *present == name).and_then(|(_, value)| number(value))
    };
    let own = rustix::process::getpid().as_raw_nonzero().get() as u32;
    let is_own = variable(b"LISTEN_PID") == Some(own);
    variable(b"LISTEN_FDS").filter(|_| is_own).unwrap_or(0)
}

/// The open socket with this number.
fn take_socket(descriptor: u32) -> Option<OwnedFd> {
    let descriptor = i32::try_from(descriptor).ok()?;
    // SAFETY: asking about a closed descriptor is an error; nothing else has one that is open since the start.
    let file = unsafe { rustix::fd::BorrowedFd::borrow_raw(descriptor) };
    let status = rustix::fs::fstat(file).ok()?;
    // SAFETY: the protocol gives the descriptor to this program.
    (FileType::from_raw_mode(status.st_mode) == FileType::Socket).then(|| unsafe { OwnedFd::from_raw_fd(descriptor) })
}

fn number(digits: &[u8]) -> Option<u32> {
    core::str::from_utf8(digits).ok()?.parse().ok()
}
