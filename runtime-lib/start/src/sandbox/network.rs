//! The ports of TCP that a program may use, enforced by the kernel: a layer of Landlock's of its own, which only
//! programs with sockets have.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use super::{
    CREATE_RULESET_VERSION, Missing, Ruleset, SYS_LANDLOCK_ADD_RULE, SYS_LANDLOCK_CREATE_RULESET,
    SYS_LANDLOCK_RESTRICT_SELF, landlock, tell,
};
use aot_host::policy::network::{Grant, Grants};

const RULE_NET_PORT: usize = 2;
const BIND_TCP: u64 = 1;
const CONNECT_TCP: u64 = 2;
/// The first version that knows ports.
const VERSION_OF_PORTS: usize = 4;
/// Grants of more ports are left to the runtime.
const PORTS_MAX: usize = 64;

/// The kernel's `landlock_net_port_attr`.
#[repr(C)]
struct NetPort {
    accesses: u64,
    port: u64,
}

/// Takes away all ports of TCP but those that are granted. Needs that there are no new privileges.
pub fn restrict_ports(grants: &Grants, further: &[(u16, u16)], log: bool) {
    let result = try_restrict_ports(grants, further);
    if log {
        tell("ports of TCP (Landlock)", result);
    }
}

fn try_restrict_ports(grants: &Grants, further: &[(u16, u16)]) -> Result<(), Missing> {
    rustix::thread::set_no_new_privs(true).map_err(Missing::Refused)?;
    let version = landlock(SYS_LANDLOCK_CREATE_RULESET, [0, 0, CREATE_RULESET_VERSION, 0])?;
    if version < VERSION_OF_PORTS {
        return Err(Missing::Refused(rustix::io::Errno::NOSYS));
    }
    let connect = ports(&grants.net, further);
    // A client may be bound before it connects, to a port of the system's choice.
    let bind = ports(&grants.listen, if grants.net.is_empty() { &[] } else { &[(0, 0)] });
    let handled = if connect.is_some() { CONNECT_TCP } else { 0 } | if bind.is_some() { BIND_TCP } else { 0 };
    if handled == 0 {
        return Ok(());
    }
    let ruleset = Ruleset { files: 0, network: handled, scopes: 0 };
    // Without the scopes, which this version may not know.
    let bytes = core::mem::offset_of!(Ruleset, scopes);
    let rules = landlock(SYS_LANDLOCK_CREATE_RULESET, [(&raw const ruleset).addr(), bytes, 0, 0])?;
    // SAFETY: the new descriptor is nobody else's.
    let rules = unsafe { OwnedFd::from_raw_fd(rules as i32) };
    for (accesses, ports) in [(CONNECT_TCP, connect), (BIND_TCP, bind)] {
        for port in ports.unwrap_or_default() {
            let rule = NetPort { accesses, port: port.into() };
            let rule = (&raw const rule).addr();
            landlock(SYS_LANDLOCK_ADD_RULE, [rules.as_raw_fd() as usize, RULE_NET_PORT, rule, 0])?;
        }
    }
    landlock(SYS_LANDLOCK_RESTRICT_SELF, [rules.as_raw_fd() as usize, 0, 0, 0])?;
    Ok(())
}

/// The ports of grants and these; nothing if they are too many.
fn ports(grants: &[Grant], further: &[(u16, u16)]) -> Option<Vec<u16>> {
    let mut ports = Grants::tcp_ports(grants, PORTS_MAX)?;
    for &(first, last) in further {
        if usize::from(last.saturating_sub(first)) >= PORTS_MAX {
            return None;
        }
        ports.extend(first..=last);
    }
    Some(ports)
}
