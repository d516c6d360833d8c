//! Sockets of UDP and their streams of datagrams.
//!
//! A socket at a granted local address answers everybody from whom it has received something. Any other talks to
//! granted remote ends only, and receives from those only.

use core::cell::{Cell, RefCell};
use core::net::SocketAddr;
use std::collections::VecDeque;
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

use super::address;
use super::errors::code;
use super::errors::{IpFamily, NetworkError};
use super::grants::{Binding, Network};
use super::options::{self, Buffer};
use super::sockets::{Socket, create};
use crate::grantee::Grantee;
use crate::policy::network::Protocol;
use crate::poll::{Interest, is_ready};
use crate::streams::fill;

/// A UDP socket of a guest, with the progress of its operations.
pub struct UdpSocket {
    shared: Rc<Shared>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unbound,
    BindStarted,
    Bound,
}

/// The state that a socket shares with its streams.
struct Shared {
    socket: Socket,
    family: IpFamily,
    /// The component with whose grants it was made or bound.
    grantee: Cell<Grantee>,
    binding: Cell<Binding>,
    /// The one remote address with which it talks.
    remote: Cell<Option<SocketAddr>>,
    /// Counts the pairs of streams: only those of the last work.
    pair: Cell<u32>,
    /// The peers that may be answered, the latest last.
    peers: RefCell<VecDeque<SocketAddr>>,
}

/// Datagrams that come in.
pub struct Incoming {
    shared: Rc<Shared>,
    pair: u32,
}

/// Datagrams that go out.
pub struct Outgoing {
    shared: Rc<Shared>,
    pair: u32,
    /// The number of datagrams that the last check allowed, less those that were passed since.
    pub allowed: u64,
}

type Answer<T> = Result<T, NetworkError>;

/// The most datagrams of one call.
pub const DATAGRAMS_MAX: u64 = 16;
/// More than a datagram can have.
pub const DATAGRAM_BYTES_MAX: usize = 64 << 10;
/// The most peers that may be answered.
const PEERS_MAX: usize = 256;
/// The most datagrams of others that are dropped in one call.
const DROPPED_MAX: u32 = 64;

impl UdpSocket {
    /// A new socket of a component.
    pub fn create(network: &Network, grantee: Grantee, family: IpFamily) -> Answer<UdpSocket> {
        network.check_create(grantee, Protocol::Udp)?;
        let shared = Shared {
            socket: create(&network.open_files, family, Protocol::Udp)?,
            family,
            grantee: Cell::new(grantee),
            binding: Cell::new(Binding::Client),
            remote: Cell::new(None),
            pair: Cell::new(0),
            peers: RefCell::new(VecDeque::new()),
        };
        Ok(UdpSocket { shared: Rc::new(shared), state: State::Unbound })
    }

    /// Binds to a local address with a component's grants, which then are the socket's.
    pub fn start_bind(&mut self, network: &Network, grantee: Grantee, local: SocketAddr) -> Answer<()> {
        match self.state {
            State::Unbound => {}
            State::BindStarted => return Err(NetworkError::ConcurrencyConflict),
            State::Bound => return Err(NetworkError::InvalidState),
        }
        address::check(local, self.shared.family)?;
        self.shared.binding.set(network.check_bind(grantee, Protocol::Udp, local)?);
        self.shared.grantee.set(grantee);
        rustix::net::bind(&self.shared.socket.file, &local).map_err(code)?;
        self.state = State::BindStarted;
        Ok(())
    }

    /// Ends the binding that was started, or fails.
    pub fn finish_bind(&mut self) -> Answer<()> {
        if self.state != State::BindStarted {
            return Err(NetworkError::NotInProgress);
        }
        self.state = State::Bound;
        Ok(())
    }

    /// Binds to a local address with the grants of the component that made the socket.
    pub fn bind(&mut self, network: &Network, local: SocketAddr) -> Answer<()> {
        self.start_bind(network, self.shared.grantee.get(), local)?;
        self.finish_bind()
    }

    /// Binds a socket that isn't bound to a port of the system's choice.
    fn bind_anywhere(&mut self, network: &Network) -> Answer<()> {
        match self.state {
            State::Unbound => self.bind(network, address::unspecified(self.shared.family)),
            _ => Ok(()),
        }
    }

    /// Talks with one remote address alone from now on.
    pub fn connect(&mut self, network: &Network, remote: SocketAddr) -> Answer<()> {
        address::check_destination(remote, self.shared.family)?;
        self.shared.check_remote(network, remote)?;
        self.bind_anywhere(network)?;
        self.shared.connect(remote)
    }

    /// Talks with all remote addresses again.
    pub fn disconnect(&mut self) -> Answer<()> {
        self.remote_address()?;
        self.shared.disconnect()
    }

    /// Sends a datagram, from a port of the system's choice if the socket isn't bound. Returns true if the system took it.
    pub fn send(&mut self, network: &Network, data: &[u8], to: Option<SocketAddr>) -> Answer<bool> {
        let to = self.shared.destination(network, to)?;
        self.bind_anywhere(network)?;
        self.shared.send(data, to)
    }

    /// Receives a datagram that is there into the empty `buffer`: from whom. None if there is none.
    pub fn receive(&mut self, network: &Network, buffer: &mut Vec<u8>) -> Answer<Option<SocketAddr>> {
        if self.state == State::Unbound {
            return Err(NetworkError::InvalidState);
        }
        self.shared.receive(network, buffer)
    }

    /// The condition to wait for before a datagram can be received.
    pub fn readable(&self) -> Interest {
        self.shared.readable()
    }

    /// The condition to wait for before a datagram can be sent.
    pub fn writable(&self) -> Interest {
        self.shared.writable()
    }

    /// Streams for one remote address or all. Those of earlier calls stop to work.
    pub fn stream(&mut self, network: &Network, remote: Option<SocketAddr>) -> Answer<(Incoming, Outgoing)> {
        if self.state != State::Bound {
            return Err(NetworkError::InvalidState);
        }
        let shared = &self.shared;
        if let Some(remote) = remote {
            address::check_remote(remote, shared.family)?;
            shared.check_remote(network, remote)?;
            shared.connect(remote)?;
        } else if shared.remote.get().is_some() {
            shared.disconnect()?;
        }
        let pair = shared.pair.get().wrapping_add(1);
        shared.pair.set(pair);
        let incoming = Incoming { shared: shared.clone(), pair };
        Ok((incoming, Outgoing { shared: shared.clone(), pair, allowed: 0 }))
    }

    /// The local address.
    pub fn local_address(&self) -> Answer<SocketAddr> {
        if self.state == State::Unbound {
            return Err(NetworkError::InvalidState);
        }
        self.shared.local_address()
    }

    /// The one remote address with which it talks.
    pub fn remote_address(&self) -> Answer<SocketAddr> {
        self.shared.remote.get().ok_or(NetworkError::InvalidState)
    }

    /// IPv4 or IPv6.
    pub fn family(&self) -> IpFamily {
        self.shared.family
    }

    /// The system's socket, for its options.
    pub fn options(&self) -> Answer<&OwnedFd> {
        Ok(&self.shared.socket.file)
    }

    /// Sets the bytes of the buffer for what is to be sent.
    pub fn set_send_buffer_size(&self, value: u64) -> Answer<()> {
        options::set_buffer_size(self.options()?, Buffer::Send, value)
    }
}

impl Shared {
    fn local_address(&self) -> Answer<SocketAddr> {
        address::of_system(rustix::net::getsockname(&self.socket.file).map_err(code)?)
    }

    /// Associates the socket with a remote address.
    fn connect(&self, remote: SocketAddr) -> Answer<()> {
        let had_other = self.remote.take().is_some();
        let mut connected = rustix::net::connect(&self.socket.file, &remote);
        if connected == Err(Errno::INVAL) && had_other {
            // No route leads there from the local address that Linux chose for the association before.
            self.disconnect()?;
            connected = rustix::net::connect(&self.socket.file, &remote);
        }
        if let Err(errno) = connected {
            // The system may have kept the association before.
            self.disconnect()?;
            return Err(code(errno));
        }
        self.remote.set(Some(remote));
        Ok(())
    }

    /// Ends the association with a remote address. Linux gives a port of its own choice up then.
    fn disconnect(&self) -> Answer<()> {
        let before = self.local_address()?;
        rustix::net::connect_unspec(&self.socket.file).map_err(code)?;
        self.remote.set(None);
        let mut local = self.local_address()?;
        if local.port() == 0 {
            local.set_port(before.port());
            rustix::net::bind(&self.socket.file, &local).map_err(code)?;
        }
        Ok(())
    }

    fn check_remote(&self, network: &Network, remote: SocketAddr) -> Answer<()> {
        if self.peers.borrow().contains(&remote) {
            return Ok(());
        }
        network.check_remote(self.grantee.get(), Protocol::Udp, remote)
    }

    /// Returns true if the guest may get a datagram from this sender.
    fn takes(&self, network: &Network, from: SocketAddr) -> bool {
        if self.remote.get().is_some_and(|remote| !is_same(remote, from)) {
            return false;
        }
        if self.binding.get() == Binding::Client {
            return network.allows_remote(self.grantee.get(), Protocol::Udp, from);
        }
        let mut peers = self.peers.borrow_mut();
        if !peers.contains(&from) {
            if peers.len() >= PEERS_MAX {
                peers.pop_front();
            }
            peers.push_back(from);
        }
        true
    }

    fn check_pair(&self, pair: u32) -> Answer<()> {
        if self.pair.get() == pair { Ok(()) } else { Err(NetworkError::InvalidState) }
    }

    /// Receives a datagram that is there into the empty `buffer`: from whom. None if there is none.
    fn receive(&self, network: &Network, buffer: &mut Vec<u8>) -> Answer<Option<SocketAddr>> {
        for _ in 0..DROPPED_MAX {
            let mut from = None;
            let result = fill(buffer, DATAGRAM_BYTES_MAX, |room| {
                let (_, received, sender) = rustix::net::recvfrom(&self.socket.file, room, RecvFlags::DONTWAIT)?;
                from = sender;
                Ok(received)
            });
            match result {
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => return Ok(None),
                Err(errno) => return Err(code(errno)),
            }
            let from = address::of_system(from.ok_or(NetworkError::Unknown)?)?;
            if self.takes(network, from) {
                return Ok(Some(from));
            }
            buffer.clear();
        }
        Ok(None)
    }

    /// The address to which a datagram may go; none if the system knows it.
    fn destination(&self, network: &Network, to: Option<SocketAddr>) -> Answer<Option<SocketAddr>> {
        match (self.remote.get(), to) {
            (Some(remote), Some(to)) if remote != to => Err(NetworkError::InvalidArgument),
            (Some(_), _) => Ok(None),
            (None, None) => Err(NetworkError::InvalidArgument),
            (None, Some(to)) => {
                address::check_destination(to, self.family)?;
                self.check_remote(network, to)?;
                Ok(Some(to))
            }
        }
    }

    /// Sends a datagram to its destination. Returns true if the system took it.
    fn send(&self, data: &[u8], to: Option<SocketAddr>) -> Answer<bool> {
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        loop {
            let result = match to {
                Some(to) => rustix::net::sendto(&self.socket.file, data, flags, &to),
                None => rustix::net::send(&self.socket.file, data, flags),
            };
            match result {
                Ok(_) => return Ok(true),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(false),
                Err(errno) => return Err(code(errno)),
            }
        }
    }

    fn readable(&self) -> Interest {
        Interest::Readable(self.socket.file.as_raw_fd())
    }

    fn writable(&self) -> Interest {
        Interest::Writable(self.socket.file.as_raw_fd())
    }
}

/// Returns true if two addresses are equal but for the label of a flow.
fn is_same(left: SocketAddr, right: SocketAddr) -> bool {
    left.ip() == right.ip() && left.port() == right.port()
}

impl Incoming {
    /// Receives a datagram that is there into the empty `buffer`: from whom. None if there is none.
    pub fn receive(&mut self, network: &Network, buffer: &mut Vec<u8>) -> Answer<Option<SocketAddr>> {
        self.shared.check_pair(self.pair)?;
        self.shared.receive(network, buffer)
    }

    /// The condition to wait for before a datagram can be received.
    pub fn interest(&self) -> Interest {
        match self.shared.check_pair(self.pair) {
            Ok(()) => self.shared.readable(),
            Err(_) => Interest::Ready,
        }
    }
}

impl Outgoing {
    /// The number of datagrams that can be passed now.
    pub fn check_send(&mut self) -> Answer<u64> {
        self.shared.check_pair(self.pair)?;
        self.allowed = if is_ready(self.interest()) { DATAGRAMS_MAX } else { 0 };
        Ok(self.allowed)
    }

    /// Sends a datagram. Returns true if the system took it.
    pub fn send(&mut self, network: &Network, data: &[u8], to: Option<SocketAddr>) -> Answer<bool> {
        self.shared.check_pair(self.pair)?;
        let to = self.shared.destination(network, to)?;
        self.shared.send(data, to)
    }

    /// The condition to wait for before a datagram can be passed.
    pub fn interest(&self) -> Interest {
        match self.shared.check_pair(self.pair) {
            Ok(()) => self.shared.writable(),
            Err(_) => Interest::Ready,
        }
    }
}
