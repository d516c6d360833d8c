//! The socket of a client's connection, for the library.

use core::net::SocketAddr;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io::{self, IoSlice};
use std::os::fd::OwnedFd;
use std::rc::Rc;

use hyper::rt::{Read, ReadBufCursor, Write};
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown, sockopt};

use super::connection::Io;
use super::reactor::{Direction, Reactor, Registration};
use crate::http::tls_socket::Transport;

/// A connection that a client made.
pub struct Socket {
    // Dropped before the descriptor.
    registration: Registration,
    file: OwnedFd,
}

impl Socket {
    /// A connection that was taken, whose descriptor never blocks.
    pub fn new(file: OwnedFd, reactor: &Rc<Reactor>) -> Result<Socket, Errno> {
        // Heads and small pieces go out at once; a socket of another family has no such delay.
        let _ = sockopt::set_tcp_nodelay(&file, true);
        let registration = reactor.register(&file, EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP)?;
        Ok(Socket { registration, file })
    }

    /// The client's address without its port; `unix` for a client of the same machine.
    pub fn client(&self) -> Rc<str> {
        let address =
            rustix::net::getpeername(&self.file).ok().flatten().and_then(|address| SocketAddr::try_from(address).ok());
        address.map_or_else(|| Rc::from("unix"), |address| Rc::from(address.ip().to_canonical().to_string()))
    }

    /// Returns bytes that have come, without taking them.
    pub async fn peek(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        core::future::poll_fn(|cx| self.poll_take(cx, buffer, RecvFlags::PEEK)).await
    }

    /// Waits until there is more to read than what was peeked at.
    pub async fn more(&self) {
        let mut is_first = true;
        core::future::poll_fn(|cx| {
            if core::mem::replace(&mut is_first, false) {
                return self.registration.wake(Direction::Read, cx);
            }
            Poll::Ready(())
        })
        .await;
    }

    fn poll_take(&self, cx: &Context<'_>, buffer: &mut [u8], flags: RecvFlags) -> Poll<Result<usize, Errno>> {
        loop {
            match rustix::net::recv(&self.file, &mut *buffer, RecvFlags::DONTWAIT | flags) {
                Ok((received, _)) => return Poll::Ready(Ok(received)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return self.registration.wake(Direction::Read, cx),
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl Socket {
    fn poll_send_all(&self, cx: &Context<'_>, buffers: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        loop {
            let sent = match buffers {
                [one] => rustix::net::send(&self.file, one, flags),
                all => rustix::net::sendmsg(&self.file, all, &mut Default::default(), flags),
            };
            match sent {
                Ok(sent) => return Poll::Ready(Ok(sent)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return self.registration.wake(Direction::Write, cx),
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }
}

impl Transport for Socket {
    fn poll_receive(&self, cx: &Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.poll_take(cx, buffer, RecvFlags::empty()).map_err(io::Error::from)
    }

    fn poll_send(&self, cx: &Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_send_all(cx, &[IoSlice::new(bytes)])
    }

    fn shutdown(&self) {
        // Where there is no connection any more, there is nothing to end.
        let _ = rustix::net::shutdown(&self.file, Shutdown::Write);
    }
}

impl Io for Socket {
    fn reset(&self) {
        // A socket of another family ends as it does.
        let _ = sockopt::set_socket_linger(&self.file, Some(Duration::ZERO));
    }
}

impl Read for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, mut buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        // The library's buffers are made once for each connection.
        let room = buffer.initialize_unfilled();
        self.poll_receive(cx, room).map_ok(|received| {
            // SAFETY: they are initialised, and no more than there was room for.
            unsafe { buffer.advance(received) }
        })
    }
}

impl Write for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_send(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_send_all(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shutdown();
        Poll::Ready(Ok(()))
    }
}
