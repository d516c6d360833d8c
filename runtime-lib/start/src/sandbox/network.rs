//! The ports of TCP that a program may use, enforced by the kernel: a layer of Landlock's of its own, which only
//! programs with sockets have.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use aot_abi::sandbox::REQUIRED;

use super::ports::Ports;
use super::{
    CREATE_RULESET_VERSION, Missing, Ruleset, SYS_LANDLOCK_ADD_RULE, SYS_LANDLOCK_CREATE_RULESET,
    SYS_LANDLOCK_RESTRICT_SELF, check, landlock, tell,
};
use aot_host::policy::Sandbox;
use aot_host::policy::network::Grants;
use aot_host::start_error::StartError;

const RULE_NET_PORT: usize = 2;
const BIND_TCP: u64 = 1;
const CONNECT_TCP: u64 = 2;
/// The first version that knows ports.
const VERSION_OF_PORTS: usize = 4;
/// Grants of more ports are left to the runtime, unless the sandbox is required: each takes time at start.
const PORTS_MAX: u32 = 64;

/// The kernel's `landlock_net_port_attr`.
#[repr(C)]
struct NetPort {
    accesses: u64,
    port: u64,
}

/// Takes away all ports of TCP but those that are granted, and these of remote ends. Needs that there are no new privileges.
pub fn restrict_ports(sandbox: &Sandbox, grants: &Grants, further: &[(u16, u16)], log: bool) -> Result<(), StartError> {
    let most = if sandbox.flags & REQUIRED != 0 { u32::MAX } else { PORTS_MAX };
    let result = try_restrict_ports(grants, further, most);
    if log {
        tell("ports of TCP (Landlock)", result);
    }
    check(&[result], sandbox)
}

fn try_restrict_ports(grants: &Grants, further: &[(u16, u16)], most: u32) -> Result<(), Missing> {
    rustix::thread::set_no_new_privs(true).map_err(Missing::Refused)?;
    let version = landlock(SYS_LANDLOCK_CREATE_RULESET, [0, 0, CREATE_RULESET_VERSION, 0])?;
    if version < VERSION_OF_PORTS {
        return Err(Missing::Old);
    }
    // A client may be bound before it connects, to a port of the system's choice.
    let any_port: &[(u16, u16)] = if grants.net.is_empty() { &[] } else { &[(0, 0)] };
    let connect = Ports::new(Grants::tcp_ports(&grants.net).chain(further.iter().copied()));
    let bind = Ports::new(Grants::tcp_ports(&grants.listen).chain(any_port.iter().copied()));
    let restricted = [(CONNECT_TCP, connect), (BIND_TCP, bind)];
    // Nothing is to be taken away where all are granted.
    let restricted = || restricted.iter().filter(|(_, ports)| ports.count() <= most.min(u16::MAX.into()));
    let handled = restricted().fold(0, |handled, (access, _)| handled | access);
    if handled == 0 {
        return Ok(());
    }
    let ruleset = Ruleset { files: 0, network: handled, scopes: 0 };
    // Without the scopes, which this version may not know.
    let bytes = core::mem::offset_of!(Ruleset, scopes);
    let rules = landlock(SYS_LANDLOCK_CREATE_RULESET, [(&raw const ruleset).addr(), bytes, 0, 0])?;
    // SAFETY: the new descriptor is nobody else's.
    let rules = unsafe { OwnedFd::from_raw_fd(rules as i32) };
    for (accesses, ports) in restricted() {
        for port in ports.iter() {
            let rule = NetPort { accesses: *accesses, port: port.into() };
            let rule = (&raw const rule).addr();
            landlock(SYS_LANDLOCK_ADD_RULE, [rules.as_raw_fd() as usize, RULE_NET_PORT, rule, 0])?;
        }
    }
    landlock(SYS_LANDLOCK_RESTRICT_SELF, [rules.as_raw_fd() as usize, 0, 0, 0])?;
    Ok(())
}
