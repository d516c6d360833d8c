//! Messages to a name server and from it: as datagrams, or, where an answer has no room in one, over a
//! connection, where each message has its length before it (RFC 7766).

use core::net::SocketAddr;
use std::os::fd::AsRawFd;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};

use super::errors::{IpFamily, NetworkError};
use super::sockets::{Socket, create};
use crate::files::open_files::OpenFiles;
use crate::policy::network::Protocol;
use crate::poll::Interest;
use crate::streams::fill;

/// The most bytes of an answer in a datagram.
const DATAGRAM_BYTES_MAX: usize = 4096;
/// Bytes of a message's length.
const LENGTH_BYTES: usize = 2;
/// The most bytes that are read from a connection in one go.
const PIECE_BYTES: usize = 4096;

/// A way to a server.
pub struct Channel {
    socket: Socket,
    is_stream: bool,
    /// Bytes that a connection has yet to send.
    outgoing: Vec<u8>,
    /// Bytes of a connection that aren't a whole message yet.
    incoming: Vec<u8>,
}

impl Channel {
    /// A channel for datagrams; none if the server can't be reached.
    pub fn of_datagrams(open_files: &OpenFiles, server: SocketAddr) -> Result<Option<Channel>, NetworkError> {
        Channel::open(open_files, server, Protocol::Udp)
    }

    /// A connection, which may not stand yet; none if the server can't be reached.
    pub fn of_stream(open_files: &OpenFiles, server: SocketAddr) -> Result<Option<Channel>, NetworkError> {
        Channel::open(open_files, server, Protocol::Tcp)
    }

    fn open(open_files: &OpenFiles, server: SocketAddr, protocol: Protocol) -> Result<Option<Channel>, NetworkError> {
        let family = if server.is_ipv4() { IpFamily::Ipv4 } else { IpFamily::Ipv6 };
        let socket = create(open_files, family, protocol)?;
        let is_stream = protocol == Protocol::Tcp;
        Ok(match rustix::net::connect(&socket, &server) {
            Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => {
                Some(Channel { socket, is_stream, outgoing: Vec::new(), incoming: Vec::new() })
            }
            Err(_) => None,
        })
    }

    /// Returns true if the channel is a connection.
    pub fn is_stream(&self) -> bool {
        self.is_stream
    }

    /// Sends a message, of a connection as far as it goes now.
    pub fn send(&mut self, message: &[u8]) -> Result<(), Errno> {
        if !self.is_stream {
            return rustix::net::send(&self.socket, message, SendFlags::NOSIGNAL | SendFlags::DONTWAIT).map(|_| ());
        }
        self.outgoing.extend((message.len() as u16).to_be_bytes());
        self.outgoing.extend_from_slice(message);
        self.flush()
    }

    fn flush(&mut self) -> Result<(), Errno> {
        while !self.outgoing.is_empty() {
            match rustix::net::send(&self.socket, &self.outgoing, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
                Ok(sent) => _ = self.outgoing.drain(..sent),
                Err(Errno::INTR) => {}
                // It doesn't stand yet, or has no room.
                Err(Errno::AGAIN | Errno::NOTCONN) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The next message; none if there is none yet. An error is the end of the channel.
    pub fn receive(&mut self) -> Result<Option<Vec<u8>>, Errno> {
        if !self.is_stream {
            let mut message = Vec::new();
            return match self.fill(&mut message, DATAGRAM_BYTES_MAX) {
                Err(Errno::AGAIN) => Ok(None),
                result => result.map(|_| Some(message)),
            };
        }
        self.flush()?;
        loop {
            if let Some(message) = self.take_message() {
                return Ok(Some(message));
            }
            let mut piece = Vec::new();
            match self.fill(&mut piece, PIECE_BYTES) {
                Ok(0) => return Err(Errno::CONNRESET),
                Ok(_) => self.incoming.append(&mut piece),
                Err(Errno::AGAIN | Errno::NOTCONN) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    fn fill(&self, buffer: &mut Vec<u8>, bytes: usize) -> Result<usize, Errno> {
        loop {
            let socket = &self.socket;
            let result = fill(buffer, bytes, |room| {
                rustix::net::recv(socket, room, RecvFlags::DONTWAIT).map(|(_, received)| received)
            });
            match result {
                Err(Errno::INTR) => {}
                Err(error) => return Err(error),
                Ok(_) => return Ok(buffer.len()),
            }
        }
    }

    /// The first message of what has come, once it is whole: at most 64 KiB wait for that.
    fn take_message(&mut self) -> Option<Vec<u8>> {
        let (length, rest) = self.incoming.split_first_chunk::<LENGTH_BYTES>()?;
        let message = rest.get(..usize::from(u16::from_be_bytes(*length)))?.to_vec();
        self.incoming.drain(..LENGTH_BYTES + message.len());
        Some(message)
    }

    /// The condition to wait for before the channel can go on.
    pub fn interest(&self) -> Interest {
        let file = self.socket.file.as_raw_fd();
        if self.outgoing.is_empty() { Interest::Readable(file) } else { Interest::Writable(file) }
    }
}
