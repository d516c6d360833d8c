//! The streams of a connection.
//!
//! How many bytes the system takes without waiting isn't known beforehand; but where it says that it takes some, a third
//! of its buffer is free. A stream allows a quarter, of small buffers more, and keeps what the system doesn't take after
//! all until it does.

use core::cell::{Cell, RefCell};
use core::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::rc::Rc;

use aot_abi::trap::Trap;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown, sockopt};

use super::sockets::Socket;
use crate::clocks;
use crate::poll::{Event, Interest, Sources, is_ready, poll};
use crate::streams::{InputStream, OutputStream, StreamFault, StreamResult};

/// The system's socket, which its streams share.
pub struct Connection {
    /// The system's socket.
    pub socket: Socket,
    input_closed: Cell<bool>,
    output_closed: Cell<bool>,
    /// Bytes that the stream had allowed, but the system didn't take yet.
    rest: RefCell<Vec<u8>>,
    /// The number of bytes that are allowed at once; 0 for unknown.
    allowance: Cell<u64>,
}

/// The bytes that are allowed at once.
const ALLOWANCE: core::ops::RangeInclusive<u64> = 16 << 10..=64 << 10;
/// The time for which the end of a connection waits for the other side to take the rest, in nanoseconds.
const LINGER: u64 = 1_000_000_000;

impl Connection {
    /// The connection that a socket has or may get.
    pub fn new(socket: Socket) -> Connection {
        Connection {
            socket,
            input_closed: Cell::new(false),
            output_closed: Cell::new(false),
            rest: RefCell::new(Vec::new()),
            allowance: Cell::new(0),
        }
    }

    fn readable(&self) -> Interest {
        Interest::Readable(self.socket.file.as_raw_fd())
    }

    fn writable(&self) -> Interest {
        Interest::Writable(self.socket.file.as_raw_fd())
    }

    /// Sends some bytes: how many, 0 if the system takes none now.
    fn send(&self, bytes: &[u8]) -> StreamResult<usize> {
        if self.output_closed.get() {
            return Err(StreamFault::Closed);
        }
        loop {
            match rustix::net::send(&self.socket.file, bytes, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
                Ok(sent) => return Ok(sent),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(0),
                Err(errno) => {
                    self.output_closed.set(true);
                    self.rest.replace(Vec::new());
                    return Err(if errno == Errno::PIPE { StreamFault::Closed } else { errno.into() });
                }
            }
        }
    }

    /// Sends what is left: whether nothing is any more.
    fn send_rest(&self) -> StreamResult<bool> {
        loop {
            let rest = self.rest.take();
            if rest.is_empty() {
                return Ok(true);
            }
            let sent = self.send(&rest)?;
            self.rest.replace(rest.get(sent..).unwrap_or_default().to_vec());
            if sent == 0 {
                return Ok(false);
            }
        }
    }

    /// Sends what is left, waiting for a while.
    fn linger(&self) {
        let end = clocks::monotonic().saturating_add(LINGER);
        while let Ok(false) = self.send_rest()
            && clocks::monotonic() < end
        {
            let events = [Event::Interest(self.writable()), Event::Moment(end)];
            let _ = poll(&Sources::default(), &events, true, &mut |_| ());
        }
    }

    /// The number of bytes that are allowed if the system takes some.
    fn allowance(&self) -> u64 {
        if self.allowance.get() == 0 {
            let buffer = sockopt::socket_send_buffer_size(&self.socket.file).unwrap_or(0) as u64;
            self.allowance.set((buffer / 4).clamp(*ALLOWANCE.start(), *ALLOWANCE.end()));
        }
        self.allowance.get()
    }

    /// Forgets how large the buffer for sending is.
    pub fn forget_send_buffer(&self) {
        self.allowance.set(0);
    }

    /// Ends one direction or both; their streams are closed from now on.
    pub fn shutdown(&self, how: Shutdown) -> Result<(), Errno> {
        if matches!(how, Shutdown::Write | Shutdown::Both) {
            self.linger();
            self.output_closed.set(true);
        }
        if matches!(how, Shutdown::Read | Shutdown::Both) {
            self.input_closed.set(true);
        }
        rustix::net::shutdown(&self.socket.file, how)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.linger();
    }
}

/// A direction of a connection that ends when this is dropped.
struct Direction {
    connection: Rc<Connection>,
    which: Shutdown,
}

impl Drop for Direction {
    fn drop(&mut self) {
        let _ = self.connection.shutdown(self.which);
    }
}

/// The bytes that the other side sends.
pub struct TcpInput {
    connection: Rc<Connection>,
    _direction: Option<Direction>,
}

impl TcpInput {
    /// The stream of a connection.
    pub fn new(connection: Rc<Connection>) -> TcpInput {
        TcpInput { connection, _direction: None }
    }

    /// The stream of a connection, with which its direction ends.
    pub fn whole(connection: Rc<Connection>) -> TcpInput {
        let direction = Direction { connection: connection.clone(), which: Shutdown::Read };
        TcpInput { connection, _direction: Some(direction) }
    }
}

impl InputStream for TcpInput {
    fn fill(&mut self, room: &mut [MaybeUninit<u8>]) -> StreamResult<usize> {
        self.check()?;
        let connection = &*self.connection;
        loop {
            let result = rustix::net::recv(&connection.socket.file, &mut *room, RecvFlags::DONTWAIT);
            let fault = match result.map(|(_, received)| received) {
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => return Ok(0),
                Ok(0) => StreamFault::Closed,
                Ok(received) => return Ok(received),
                Err(errno) => errno.into(),
            };
            connection.input_closed.set(true);
            return Err(fault);
        }
    }

    fn check(&self) -> StreamResult<()> {
        if self.connection.input_closed.get() { Err(StreamFault::Closed) } else { Ok(()) }
    }

    fn interest(&mut self) -> Interest {
        if self.connection.input_closed.get() { Interest::Ready } else { self.connection.readable() }
    }
}

/// The bytes that go to the other side.
pub struct TcpOutput {
    connection: Rc<Connection>,
    /// The number of bytes that the last check allowed, less those that were written since.
    allowed: u64,
    _direction: Option<Direction>,
}

impl TcpOutput {
    /// The stream of a connection.
    pub fn new(connection: Rc<Connection>) -> TcpOutput {
        TcpOutput { connection, allowed: 0, _direction: None }
    }

    /// The stream of a connection, with which its direction ends.
    pub fn whole(connection: Rc<Connection>) -> TcpOutput {
        let direction = Direction { connection: connection.clone(), which: Shutdown::Write };
        TcpOutput { connection, allowed: 0, _direction: Some(direction) }
    }
}

impl OutputStream for TcpOutput {
    fn check_write(&mut self) -> StreamResult<u64> {
        let connection = &*self.connection;
        if connection.output_closed.get() {
            return Err(StreamFault::Closed);
        }
        let takes_some = connection.send_rest()? && is_ready(connection.writable());
        self.allowed = if takes_some { connection.allowance() } else { 0 };
        Ok(self.allowed)
    }

    fn write(&mut self, bytes: &[u8]) -> StreamResult<()> {
        // Otherwise a guest could make the host keep any number of bytes.
        self.allowed = self.allowed.checked_sub(bytes.len() as u64).ok_or(Trap::InvalidValue)?;
        let mut rest = bytes;
        while !rest.is_empty() && self.connection.send_rest()? {
            match self.connection.send(rest)? {
                0 => break,
                sent => rest = rest.get(sent..).unwrap_or_default(),
            }
        }
        self.connection.rest.borrow_mut().extend_from_slice(rest);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        if self.connection.output_closed.get() {
            return Err(StreamFault::Closed);
        }
        self.connection.send_rest().map(|_| ())
    }

    fn interest(&mut self) -> Interest {
        if self.connection.output_closed.get() { Interest::Ready } else { self.connection.writable() }
    }

    fn push(&mut self, bytes: &[u8]) -> StreamResult<Option<usize>> {
        if !self.connection.send_rest()? {
            return Ok(None);
        }
        // The system says itself how much it takes, without being asked before.
        let sent = self.connection.send(bytes)?;
        Ok((sent != 0 || bytes.is_empty()).then_some(sent))
    }
}
