//! Messages to a service manager (sd_notify(3)): the server is ready, reads its files again, or ends.

use std::os::fd::OwnedFd;

use rustix::net::{AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType, connect, send, socket_with};
use rustix::time::{ClockId, clock_gettime};

use aot_host::c_strings::CStrings;
use aot_host::environment::split_variable;

/// Variable with the address of the service manager's socket.
const VARIABLE: &[u8] = b"NOTIFY_SOCKET";

/// A connection to the service manager, if there is one. It is made before the sandbox is entered, which keeps it.
#[derive(Debug)]
pub struct Notifier(Option<OwnedFd>);

impl Notifier {
    /// Connects to the service manager that the environment names. If that fails, nobody is told anything.
    pub fn connect(environment: CStrings) -> Notifier {
        let mut variables = environment.iter().map(split_variable);
        let address = variables.find(|(name, _)| *name == VARIABLE).map(|(_, value)| value);
        Notifier(address.and_then(connected))
    }

    /// Tells that requests are served, at the start and after [`Self::reloading`].
    pub fn ready(&self) {
        self.tell(b"READY=1");
    }

    /// Tells that the server reads its files again.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let microseconds = now.tv_sec * 1_000_000 + now.tv_nsec / 1000;
        self.tell(format!("RELOADING=1\nMONOTONIC_USEC={microseconds}").as_bytes());
    }

    /// Tells that the server ends.
    pub fn stopping(&self) {
        self.tell(b"STOPPING=1");
    }

    fn tell(&self, message: &[u8]) {
        if let Some(socket) = &self.0 {
            // A service manager that isn't there any more needs no message.
            let _ = send(socket, message, SendFlags::NOSIGNAL);
        }
    }
}

/// A socket that is connected to an address: a path, or `@` and an abstract name.
fn connected(address: &[u8]) -> Option<OwnedFd> {
    let address = match address {
        [b'@', name @ ..] => SocketAddrUnix::new_abstract_name(name),
        [b'/', ..] => SocketAddrUnix::new(address),
        _ => return None,
    };
    let socket = socket_with(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None).ok()?;
    connect(&socket, &address.ok()?).ok()?;
    Some(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    #[test]
    fn managers_get_messages() {
        let name = format!("aot-notify-{}", std::process::id());
        let manager = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let notifier = Notifier(connected(format!("@{name}").as_bytes()));
        let received = || {
            let mut buffer = [0; 100];
            let bytes = manager.recv(&mut buffer).unwrap();
            String::from_utf8_lossy(&buffer[..bytes]).into_owned()
        };
        notifier.ready();
        assert_eq!(received(), "READY=1");
        notifier.reloading();
        assert!(received().starts_with("RELOADING=1\nMONOTONIC_USEC="));
        notifier.stopping();
        assert_eq!(received(), "STOPPING=1");
    }

    #[test]
    fn no_manager_is_told_nothing() {
        for address in ["", "x", "/nowhere/at/all", "@aot-nobody-listens-here"] {
            let notifier = Notifier(connected(address.as_bytes()));
            assert!(notifier.0.is_none());
            notifier.ready();
        }
    }
}
