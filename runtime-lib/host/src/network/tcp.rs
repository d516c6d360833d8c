//! Sockets of TCP and their states.
//!
//! ```text
//! Unbound ─▶ BindStarted ─▶ Bound ─▶ ListenStarted ─▶ Listening
//!    └─────────────────────────┴───▶ Connecting ─▶ Connected
//!                                        └───────▶ Closed
//! ```
//!
//! What begins with `start_` is done then, except for connecting; `finish_` tells that it is done. Without these names, both are one step.

use core::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;

use rustix::io::Errno;
use rustix::net::{Shutdown, SocketFlags, sockopt};

use super::address;
use super::errors::{IpFamily, NetworkError};
use super::errors::{code, of_connecting};
use super::grants::{Binding, Network};
use super::options::{self, Buffer};
use super::sockets::{Socket, create};
use super::tcp_streams::{Connection, TcpInput, TcpOutput};
use crate::grantee::Grantee;
use crate::policy::network::Protocol;
use crate::poll::{Interest, is_ready};

/// A TCP socket of a guest, with the progress of its operations.
pub struct TcpSocket {
    connection: Rc<Connection>,
    family: IpFamily,
    state: State,
    /// The rights that the grants gave the socket when it was bound.
    binding: Binding,
    /// The component that made the socket.
    grantee: Grantee,
    /// The component that bound the socket, and the address.
    asked_for: Option<(Grantee, SocketAddr)>,
    backlog: i32,
    /// True once the bytes of each direction were given away.
    taken: Taken,
}

/// The directions of a connection whose bytes somebody has.
#[derive(Clone, Copy, Default)]
struct Taken {
    input: bool,
    output: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unbound,
    BindStarted,
    Bound,
    ListenStarted,
    Listening,
    Connecting,
    /// Connecting failed at once, which `finish_connect` will tell.
    ConnectFailed(NetworkError),
    Connected,
    Closed,
}

type Answer<T> = Result<T, NetworkError>;

/// The number of connections that wait to be accepted if the program doesn't say.
const BACKLOG: i32 = 128;

impl TcpSocket {
    /// A new socket of a component.
    pub fn create(network: &Network, grantee: Grantee, family: IpFamily) -> Answer<TcpSocket> {
        network.check_create(grantee, Protocol::Tcp)?;
        let socket = create(&network.open_files, family, Protocol::Tcp)?;
        Ok(TcpSocket::new(socket, family, grantee, State::Unbound))
    }

    fn new(socket: Socket, family: IpFamily, grantee: Grantee, state: State) -> TcpSocket {
        TcpSocket {
            connection: Rc::new(Connection::new(socket)),
            family,
            state,
            binding: Binding::Client,
            grantee,
            asked_for: None,
            backlog: BACKLOG,
            taken: Taken::default(),
        }
    }

    fn file(&self) -> &OwnedFd {
        &self.connection.socket.file
    }

    /// Refuses to begin something while something else goes on, or in a state that isn't one of these.
    fn check_start(&self, allowed: &[State]) -> Answer<()> {
        match self.state {
            State::BindStarted | State::ListenStarted | State::Connecting | State::ConnectFailed(_) => {
                Err(NetworkError::ConcurrencyConflict)
            }
            state if allowed.contains(&state) => Ok(()),
            _ => Err(NetworkError::InvalidState),
        }
    }

    /// Ends what was started.
    fn finish(&mut self, started: State, then: State) -> Answer<()> {
        if self.state != started {
            return Err(NetworkError::NotInProgress);
        }
        self.state = then;
        Ok(())
    }

    /// Binds to a local address with a component's grants. A port that was used by connections which have ended is free again.
    pub fn start_bind(&mut self, network: &Network, grantee: Grantee, local: SocketAddr) -> Answer<()> {
        self.check_start(&[State::Unbound])?;
        address::check(local, self.family)?;
        self.binding = network.check_bind(grantee, Protocol::Tcp, local)?;
        sockopt::set_socket_reuseaddr(self.file(), true).map_err(code)?;
        rustix::net::bind(self.file(), &local).map_err(code)?;
        self.asked_for = Some((grantee, local));
        self.state = State::BindStarted;
        Ok(())
    }

    /// Ends the binding that was started, or fails.
    pub fn finish_bind(&mut self) -> Answer<()> {
        self.finish(State::BindStarted, State::Bound)
    }

    /// Binds to a local address with the grants of the component that made the socket.
    pub fn bind(&mut self, network: &Network, local: SocketAddr) -> Answer<()> {
        self.start_bind(network, self.grantee, local)?;
        self.finish_bind()
    }

    /// Begins to connect with a component's grants.
    pub fn start_connect(&mut self, network: &Network, grantee: Grantee, remote: SocketAddr) -> Answer<()> {
        self.check_start(&[State::Unbound, State::Bound])?;
        address::check_remote(remote, self.family)?;
        network.check_remote(grantee, Protocol::Tcp, remote)?;
        self.state = match rustix::net::connect(self.file(), &remote) {
            Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => State::Connecting,
            Err(errno) => State::ConnectFailed(of_connecting(errno)),
        };
        Ok(())
    }

    /// Begins to connect with the grants of the component that made the socket.
    pub fn connect(&mut self, network: &Network, remote: SocketAddr) -> Answer<()> {
        self.start_connect(network, self.grantee, remote)
    }

    /// Ends the connecting that was started, or fails: the connection's streams.
    pub fn finish_connect(&mut self) -> Answer<(TcpInput, TcpOutput)> {
        self.finish_connecting()?;
        Ok(self.streams())
    }

    /// Ends the connecting that was started, or fails.
    pub fn finish_connecting(&mut self) -> Answer<()> {
        match self.state {
            State::Connecting => {}
            State::ConnectFailed(error) => {
                self.state = State::Closed;
                return Err(error);
            }
            _ => return Err(NetworkError::NotInProgress),
        }
        if !is_ready(self.interest()) {
            return Err(NetworkError::WouldBlock);
        }
        self.state = State::Closed;
        sockopt::socket_error(self.file()).and_then(|error| error).map_err(of_connecting)?;
        self.state = State::Connected;
        Ok(())
    }

    /// The bytes that the other side sends, for the one who asks first.
    pub fn take_input(&mut self) -> Answer<TcpInput> {
        if self.state != State::Connected || core::mem::replace(&mut self.taken.input, true) {
            return Err(NetworkError::InvalidState);
        }
        Ok(TcpInput::whole(self.connection.clone()))
    }

    /// The bytes that go to the other side, for the one who asks first.
    pub fn take_output(&mut self) -> Answer<TcpOutput> {
        if self.state != State::Connected || core::mem::replace(&mut self.taken.output, true) {
            return Err(NetworkError::InvalidState);
        }
        Ok(TcpOutput::whole(self.connection.clone()))
    }

    fn streams(&self) -> (TcpInput, TcpOutput) {
        (TcpInput::new(self.connection.clone()), TcpOutput::new(self.connection.clone()))
    }

    /// Begins to listen, if the address at which it is bound is granted for that.
    pub fn start_listen(&mut self, network: &Network) -> Answer<()> {
        self.check_start(&[State::Bound])?;
        if self.binding != Binding::Server {
            let (grantee, local) = self.asked_for.ok_or(NetworkError::InvalidState)?;
            network.denied_listen(grantee, "listen at ", Protocol::Tcp, local);
            return Err(NetworkError::AccessDenied);
        }
        rustix::net::listen(self.file(), self.backlog).map_err(code)?;
        self.state = State::ListenStarted;
        Ok(())
    }

    /// Ends the switch to listening that was started, or fails.
    pub fn finish_listen(&mut self) -> Answer<()> {
        self.finish(State::ListenStarted, State::Listening)
    }

    /// Listens, at a port of the system's choice if the socket isn't bound: what has the connections.
    pub fn listen(&mut self, network: &Network) -> Answer<Listener> {
        self.check_start(&[State::Unbound, State::Bound])?;
        if self.state == State::Unbound {
            let local = address::unspecified(self.family);
            if network.check_bind(self.grantee, Protocol::Tcp, local)? != Binding::Server {
                network.denied_listen(self.grantee, "listen at ", Protocol::Tcp, local);
                return Err(NetworkError::AccessDenied);
            }
            self.bind(network, local)?;
        }
        self.start_listen(network)?;
        self.finish_listen()?;
        Ok(self.listener())
    }

    fn listener(&self) -> Listener {
        Listener { connection: self.connection.clone(), family: self.family, grantee: self.grantee }
    }

    /// A connection that waits, with its streams. It inherits the options.
    pub fn accept(&mut self, network: &Network) -> Answer<(TcpSocket, TcpInput, TcpOutput)> {
        if self.state != State::Listening {
            return Err(NetworkError::InvalidState);
        }
        let socket = self.listener().accept(network)?;
        let (input, output) = socket.streams();
        Ok((socket, input, output))
    }

    /// The local address, from the start of binding on: the system binds at once.
    pub fn local_address(&self) -> Answer<SocketAddr> {
        match self.state {
            State::Unbound | State::ConnectFailed(_) | State::Closed => Err(NetworkError::InvalidState),
            // Connecting binds a socket that wasn't.
            _ => address::of_system(rustix::net::getsockname(self.file()).map_err(code)?),
        }
    }

    /// The remote address.
    pub fn remote_address(&self) -> Answer<SocketAddr> {
        if self.state != State::Connected {
            return Err(NetworkError::InvalidState);
        }
        let remote = rustix::net::getpeername(self.file()).map_err(code)?;
        address::of_system(remote.ok_or(NetworkError::InvalidState)?)
    }

    /// Returns true if the socket listens.
    pub fn is_listening(&self) -> bool {
        self.state == State::Listening
    }

    /// IPv4 or IPv6.
    pub fn family(&self) -> IpFamily {
        self.family
    }

    /// Sets how many connections may wait to be accepted.
    pub fn set_backlog(&mut self, value: u64) -> Answer<()> {
        if value == 0 {
            return Err(NetworkError::InvalidArgument);
        }
        let backlog = value.min(i32::MAX as u64) as i32;
        match self.state {
            State::Connecting | State::ConnectFailed(_) | State::Connected | State::Closed => {
                return Err(NetworkError::InvalidState);
            }
            State::ListenStarted | State::Listening => rustix::net::listen(self.file(), backlog).map_err(code)?,
            State::Unbound | State::BindStarted | State::Bound => {}
        }
        self.backlog = backlog;
        Ok(())
    }

    /// The system's socket, for its options.
    pub fn options(&self) -> Answer<&OwnedFd> {
        if self.state == State::Closed { Err(NetworkError::InvalidState) } else { Ok(self.file()) }
    }

    /// Sets the bytes of the buffer for what is to be sent.
    pub fn set_send_buffer_size(&self, value: u64) -> Answer<()> {
        self.connection.forget_send_buffer();
        options::set_buffer_size(self.options()?, Buffer::Send, value)
    }

    /// The condition to wait for before an operation can be finished, or a connection accepted.
    pub fn interest(&self) -> Interest {
        let file = self.file().as_raw_fd();
        match self.state {
            State::Connecting => Interest::Writable(file),
            State::Listening => Interest::Readable(file),
            _ => Interest::Ready,
        }
    }

    /// Ends one direction or both.
    pub fn shutdown(&mut self, how: Shutdown) -> Answer<()> {
        if self.state != State::Connected {
            return Err(NetworkError::InvalidState);
        }
        match self.connection.shutdown(how) {
            // The other side has ended the connection.
            Err(Errno::NOTCONN) => Ok(()),
            result => result.map_err(code),
        }
    }
}

/// The connections that come in at a socket which listens.
pub struct Listener {
    connection: Rc<Connection>,
    family: IpFamily,
    grantee: Grantee,
}

impl Listener {
    /// A connection that waits. It inherits the options.
    pub fn accept(&self, network: &Network) -> Answer<TcpSocket> {
        let open = network.open_files.count().map_err(code)?;
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let file = loop {
            match rustix::net::accept_with(&self.connection.socket.file, flags) {
                Err(Errno::INTR) => {}
                // Linux tells errors of the network that the new connection already has.
                Err(Errno::PROTO | Errno::HOSTUNREACH | Errno::HOSTDOWN | Errno::NETUNREACH | Errno::NETDOWN) => {
                    return Err(NetworkError::ConnectionAborted);
                }
                result => break result.map_err(code)?,
            }
        };
        Ok(TcpSocket::new(Socket::new(file, open), self.family, self.grantee, State::Connected))
    }

    /// The condition to wait for before there is a connection.
    pub fn interest(&self) -> Interest {
        Interest::Readable(self.connection.socket.file.as_raw_fd())
    }
}
