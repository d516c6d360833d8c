//! A connection's socket, for the library and below TLS.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown, sockopt};

use super::exchange::Shared;
use super::fault::Fault;
use super::tls_socket::Transport;
use crate::network::errors::IpFamily;
use crate::network::sockets::{self, create};
use crate::policy::network::Protocol;

/// A socket that never blocks: what it waits for, the exchange knows.
pub struct Socket {
    file: sockets::Socket,
    shared: Rc<Shared>,
    /// The error for which the other end takes nothing more.
    refusal: Cell<Option<Errno>>,
}

impl Socket {
    /// Connects to an address.
    pub async fn connect(shared: &Rc<Shared>, address: SocketAddr) -> Result<Socket, Fault> {
        let family = if address.is_ipv4() { IpFamily::Ipv4 } else { IpFamily::Ipv6 };
        let file = create(&shared.http.settings.open_files, family, Protocol::Tcp).map_err(Fault::of_socket)?;
        // Heads and small pieces go out at once; where that can't be, they go out later.
        let _ = sockopt::set_tcp_nodelay(&file, true);
        let socket = Socket { file, shared: shared.clone(), refusal: Cell::new(None) };
        match rustix::net::connect(&socket.file, &address) {
            Ok(()) => return Ok(socket),
            Err(Errno::INPROGRESS | Errno::INTR) => {}
            Err(error) => return Err(Fault::of_connecting(error)),
        }
        core::future::poll_fn(|_| socket.poll_connected()).await.map_err(Fault::of_connecting)?;
        Ok(socket)
    }

    fn poll_connected(&self) -> Poll<Result<(), Errno>> {
        match sockopt::socket_error(&self.file) {
            Ok(Ok(())) => {}
            Ok(Err(error)) | Err(error) => return Poll::Ready(Err(error)),
        }
        // It has a remote end once it is connected.
        match rustix::net::getpeername(&self.file) {
            Ok(_) => Poll::Ready(Ok(())),
            Err(Errno::NOTCONN) => self.wait(PollFlags::OUT),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn wait<T>(&self, flags: PollFlags) -> Poll<T> {
        self.shared.reactor.wait_for(self.file.file.as_raw_fd(), flags);
        Poll::Pending
    }
}

impl Transport for Socket {
    fn poll_receive(&self, _: &Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            match rustix::net::recv(&self.file, &mut *buffer, RecvFlags::DONTWAIT) {
                // The system tells of a reset once, and that was when something was sent.
                Ok((0, _)) if self.refusal.get() == Some(Errno::CONNRESET) => {
                    return Poll::Ready(Err(Errno::CONNRESET.into()));
                }
                Ok((received, _)) => return Poll::Ready(Ok(received)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return self.wait(PollFlags::IN),
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }

    /// Sends bytes. Where the other end takes nothing more they are lost without an error: its answer may be there to be read,
    /// and if it isn't, reading tells so.
    fn poll_send(&self, _: &Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        while self.refusal.get().is_none() {
            match rustix::net::send(&self.file, bytes, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
                Ok(sent) => return Poll::Ready(Ok(sent)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return self.wait(PollFlags::OUT),
                Err(error @ (Errno::CONNRESET | Errno::PIPE)) => self.refusal.set(Some(error)),
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn shutdown(&self) {
        // Where there is no connection any more, there is nothing to end.
        let _ = rustix::net::shutdown(&self.file, Shutdown::Write);
    }
}

impl Read for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, mut buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        // The library's buffers are made once for each connection.
        let room = buffer.initialize_unfilled();
        match self.poll_receive(cx, room) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(received)) => {
                // SAFETY: they are initialised, and no more than there was room for.
                unsafe { buffer.advance(received) };
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl Write for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_send(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shutdown();
        Poll::Ready(Ok(()))
    }
}
