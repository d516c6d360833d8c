//! TLS over a socket, of either side. The library keeps the state; here its records are moved.

use core::ops::DerefMut;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use rustls::{ConnectionCommon, SideData};

/// The name of HTTP/2 among protocols.
const HTTP_2: &[u8] = b"h2";
/// The protocols that a server chooses from, the best first.
pub const PROTOCOLS: [&[u8]; 2] = [HTTP_2, b"http/1.1"];

/// The most bytes of a record (RFC 8446, 5.1).
pub const RECORD_BYTES: usize = 16 << 10;

/// A socket that never blocks.
pub trait Transport {
    /// Receives bytes, or arranges to be woken.
    fn poll_receive(&self, cx: &Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Sends bytes, or arranges to be woken.
    fn poll_send(&self, cx: &Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;

    /// Ends the sending direction.
    fn shutdown(&self);
}

/// A connection under TLS, of a client or a server.
pub struct TlsSocket<S, C> {
    socket: S,
    tls: C,
}

impl<S, C, D> TlsSocket<S, C>
where
    S: Transport + Unpin,
    C: DerefMut<Target = ConnectionCommon<D>> + Unpin,
    D: SideData,
{
    /// Greets the other end. An error of the library is inside that of the system's type.
    pub async fn greet(socket: S, tls: C) -> io::Result<TlsSocket<S, C>> {
        let mut stream = TlsSocket { socket, tls };
        core::future::poll_fn(|cx| stream.poll_greeting(cx)).await?;
        Ok(stream)
    }

    /// Returns true if both ends speak HTTP/2.
    pub fn is_http_2(&self) -> bool {
        self.tls.alpn_protocol() == Some(HTTP_2)
    }

    fn poll_greeting(&mut self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let sent = self.poll_send_records(cx);
            if let Poll::Ready(Err(error)) = sent {
                return Poll::Ready(Err(error));
            }
            if !self.tls.is_handshaking() {
                return sent;
            }
            if ready!(self.poll_receive_records(cx))? == 0 {
                return Poll::Ready(Err(ErrorKind::ConnectionAborted.into()));
            }
        }
    }

    /// Sends the records that there are.
    fn poll_send_records(&mut self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        while self.tls.wants_write() {
            let mut is_pending = false;
            let socket = &self.socket;
            let result = self.tls.write_tls(&mut Adapter { socket, cx, is_pending: &mut is_pending });
            match result {
                _ if is_pending => return Poll::Pending,
                Ok(0) => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                Ok(_) => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Receives records: how many bytes, 0 at the end.
    fn poll_receive_records(&mut self, cx: &Context<'_>) -> Poll<io::Result<usize>> {
        let mut is_pending = false;
        let socket = &self.socket;
        let result = self.tls.read_tls(&mut Adapter { socket, cx, is_pending: &mut is_pending });
        if is_pending {
            return Poll::Pending;
        }
        let received = result?;
        if let Err(error) = self.tls.process_new_packets() {
            // The server learns why, where it can.
            let _ = self.poll_send_records(cx);
            return Poll::Ready(Err(io::Error::new(ErrorKind::InvalidData, error)));
        }
        Poll::Ready(Ok(received))
    }
}

/// A socket with the traits that the library asks for.
struct Adapter<'a, 'c, S> {
    socket: &'a S,
    cx: &'a Context<'c>,
    is_pending: &'a mut bool,
}

impl<S> Adapter<'_, '_, S> {
    fn answer(&mut self, result: Poll<io::Result<usize>>) -> io::Result<usize> {
        match result {
            Poll::Ready(result) => result,
            Poll::Pending => {
                *self.is_pending = true;
                Err(ErrorKind::WouldBlock.into())
            }
        }
    }
}
impl<S: Transport> io::Read for Adapter<'_, '_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.socket.poll_receive(self.cx, buffer);
        self.answer(result)
    }
}
impl<S: Transport> io::Write for Adapter<'_, '_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.socket.poll_send(self.cx, bytes);
        self.answer(result)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<S, C, D> Read for TlsSocket<S, C>
where
    S: Transport + Unpin,
    C: DerefMut<Target = ConnectionCommon<D>> + Unpin,
    D: SideData,
{
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            match self.tls.reader().read(buffer.initialize_unfilled()) {
                Ok(read) => {
                    // SAFETY: they are initialised, and no more than there was room for.
                    unsafe { buffer.advance(read) };
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    // 0 lets the library tell whether the end was announced.
                    ready!(self.poll_receive_records(cx))?;
                    // It may have made an answer necessary.
                    let _ = self.poll_send_records(cx);
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl<S, C, D> Write for TlsSocket<S, C>
where
    S: Transport + Unpin,
    C: DerefMut<Target = ConnectionCommon<D>> + Unpin,
    D: SideData,
{
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let written = self.tls.writer().write(bytes)?;
            let sent = self.poll_send_records(cx);
            if written != 0 || bytes.is_empty() {
                if let Poll::Ready(Err(error)) = sent {
                    return Poll::Ready(Err(error));
                }
                return Poll::Ready(Ok(written));
            }
            // Its buffer was full.
            ready!(sent)?;
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_send_records(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tls.send_close_notify();
        ready!(self.poll_send_records(cx))?;
        self.socket.shutdown();
        Poll::Ready(Ok(()))
    }
}
