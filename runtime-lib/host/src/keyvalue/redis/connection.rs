//! Connections to a Redis server.

use core::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, sockopt};

use crate::access::Access;
use crate::clocks;
use crate::grantee::Grantee;
use crate::keyvalue::{Answer, Fault};
use crate::network::errors::NetworkError;
use crate::network::grants::Network;
use crate::network::lookup::{Lookup, in_order};
use crate::policy::network::Protocol;
use crate::poll::{Event, Interest};

/// The most bytes that are received at a time.
const PIECE_BYTES: usize = 16 << 10;

/// A connection, with what has come and wasn't read.
pub struct Connection {
    file: OwnedFd,
    incoming: Vec<u8>,
    /// The number of bytes of `incoming` that were read.
    read: usize,
}

/// The error of a server that doesn't answer in time.
fn too_late() -> Fault {
    Fault::from("the server of the store doesn't answer in time")
}

/// The error of a server that can't be reached.
fn unreachable() -> Fault {
    Fault::from("the server of the store can't be reached")
}

/// Waits until something is ready; an error if the deadline comes first.
fn wait(host: &mut Access<'_>, interest: Interest, deadline: u64) -> Answer<()> {
    host.poll(&[Event::InterestUntil(interest, deadline)], true, &mut |_| ())?;
    if clocks::monotonic() >= deadline { Err(too_late()) } else { Ok(()) }
}

impl Connection {
    /// Connects to one of the addresses of a host, at a port, as far as the owner of the store may talk to it, whoever was handed a
    /// bucket.
    pub fn open(host: &mut Access<'_>, (owner, name, port): (Grantee, &str, u16), deadline: u64) -> Answer<Connection> {
        let mut fault = unreachable();
        for address in addresses(host, (owner, name), deadline)? {
            let address = SocketAddr::new(address, port);
            let (network, _) = host.network_and_resources()?;
            if network.check_remote(owner, Protocol::Tcp, address).is_err() {
                fault = Fault::AccessDenied;
                continue;
            }
            match Connection::to(host, address, deadline) {
                Ok(connection) => return Ok(connection),
                Err(Fault::Trap(trap)) => return Err(Fault::Trap(trap)),
                Err(other) => fault = other,
            }
        }
        Err(fault)
    }

    fn to(host: &mut Access<'_>, address: SocketAddr, deadline: u64) -> Answer<Connection> {
        let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let file = rustix::net::socket_with(family, SocketType::STREAM, flags, None).map_err(|_| unreachable())?;
        let _ = sockopt::set_tcp_nodelay(&file, true);
        match rustix::net::connect(&file, &address) {
            Ok(()) => {}
            Err(Errno::INPROGRESS | Errno::INTR) => {
                wait(host, Interest::Writable(file.as_raw_fd()), deadline)?;
                if !matches!(sockopt::socket_error(&file), Ok(Ok(()))) {
                    return Err(unreachable());
                }
            }
            Err(_) => return Err(unreachable()),
        }
        Ok(Connection { file, incoming: Vec::new(), read: 0 })
    }

    /// Returns true if the connection stands and nothing has come unasked.
    pub fn is_quiet(&self) -> bool {
        let mut byte = [0];
        let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
        matches!(rustix::net::recv(&self.file, &mut byte[..], flags), Err(Errno::AGAIN | Errno::INTR))
    }

    /// Sends all bytes.
    pub fn send(&mut self, host: &mut Access<'_>, bytes: &[u8], deadline: u64) -> Answer<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match rustix::net::send(&self.file, rest, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
                Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => wait(host, Interest::Writable(self.raw()), deadline)?,
                Err(_) => return Err(Fault::from("the server of the store has closed the connection")),
            }
        }
        Ok(())
    }

    /// The bytes that have come and weren't read.
    pub fn unread(&self) -> &[u8] {
        self.incoming.get(self.read..).unwrap_or_default()
    }

    /// Marks bytes as read.
    pub fn skip(&mut self, bytes: usize) {
        self.read += bytes;
        if self.read >= self.incoming.len() {
            self.incoming.clear();
            self.read = 0;
        }
    }

    /// Receives some bytes more, waiting for them.
    pub fn receive(&mut self, host: &mut Access<'_>, deadline: u64) -> Answer<()> {
        if self.read > 0 {
            self.incoming.drain(..self.read);
            self.read = 0;
        }
        let mut piece = [0; PIECE_BYTES];
        loop {
            match rustix::net::recv(&self.file, &mut piece[..], RecvFlags::DONTWAIT) {
                Ok((0, _)) => return Err(Fault::from("the server of the store has closed the connection")),
                Ok((received, _)) => {
                    self.incoming.extend_from_slice(piece.get(..received).unwrap_or_default());
                    return Ok(());
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => wait(host, Interest::Readable(self.raw()), deadline)?,
                Err(_) => return Err(Fault::from("the connection to the server of the store fails")),
            }
        }
    }

    fn raw(&self) -> RawFd {
        self.file.as_raw_fd()
    }
}

/// The addresses of a host, which may be one, for the owner of a store.
fn addresses(host: &mut Access<'_>, (owner, name): (Grantee, &str), deadline: u64) -> Answer<Vec<IpAddr>> {
    if let Ok(address) = name.parse() {
        return Ok(vec![address]);
    }
    let (network, _) = host.network_and_resources()?;
    network.check_name(owner, name).map_err(|_| Fault::AccessDenied)?;
    let found = match known(network, name) {
        Some(found) => found,
        None => look_up(host, name, deadline)?,
    };
    host.network_and_resources()?.0.remember(owner, name, &found);
    Ok(found)
}

fn known(network: &Network, name: &str) -> Option<Vec<IpAddr>> {
    let known = network.resolver.in_hosts(name);
    (!known.is_empty()).then(|| in_order(known, &network.open_files))
}

/// Asks the name servers of the machine.
fn look_up(host: &mut Access<'_>, name: &str, deadline: u64) -> Answer<Vec<IpAddr>> {
    let (network, _) = host.network_and_resources()?;
    let mut lookup = Lookup::start(String::from(name), &network.resolver, &network.open_files);
    let mut found = Vec::new();
    loop {
        lookup.drive();
        match lookup.next() {
            Ok(Some(address)) => found.push(address),
            Ok(None) => return Ok(found),
            Err(failure) if failure.error != NetworkError::WouldBlock => {
                return Err(Fault::from("the name of the store's server can't be resolved"));
            }
            Err(_) if clocks::monotonic() >= deadline => return Err(too_late()),
            Err(_) => host.poll(&[lookup.event(), Event::Moment(deadline)], true, &mut |_| ())?,
        }
    }
}
