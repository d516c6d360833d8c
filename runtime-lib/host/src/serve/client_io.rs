//! A client's connection as the library has it.

use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::rc::Rc;

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};

use super::connection::AnyIo;
use super::http1::reader::Reader;
use super::http1::writer::Writer;
use super::progress::Progress;
use super::worker::Worker;
use crate::http::frames::Frames;

/// The bytes that are thrown away at once.
const DRAIN_BYTES: usize = 16 << 10;

/// A transport that notes what goes on, and over HTTP/1 takes heads apart.
pub struct ClientIo {
    socket: AnyIo,
    protocol: Protocol,
    progress: Rc<Progress>,
}

/// The protocol of a connection.
enum Protocol {
    /// Over HTTP/1: heads are taken apart.
    Http1(Reader, Writer),
    /// Over HTTP/2, for a worker.
    Http2(Rc<Worker>, Frames),
}

impl ClientIo {
    /// A connection over HTTP/1.
    pub fn of_http_1(socket: AnyIo, reader: Reader, progress: Rc<Progress>) -> ClientIo {
        ClientIo { socket, protocol: Protocol::Http1(reader, Writer::default()), progress }
    }

    /// A connection over HTTP/2.
    pub fn of_http_2(socket: AnyIo, worker: Rc<Worker>, progress: Rc<Progress>) -> ClientIo {
        ClientIo { socket, protocol: Protocol::Http2(worker, Frames::of_server()), progress }
    }

    /// Lets the connection end with a reset.
    pub fn reset(&self) {
        self.socket.reset();
    }

    /// Reads to the end, and throws it away.
    pub async fn drain(&mut self) {
        core::future::poll_fn(|cx| {
            loop {
                let mut buffer = [const { MaybeUninit::uninit() }; DRAIN_BYTES];
                let mut buffer = ReadBuf::uninit(&mut buffer);
                if ready!(Pin::new(&mut self.socket).poll_read(cx, buffer.unfilled())).is_err()
                    || buffer.filled().is_empty()
                {
                    return Poll::Ready(());
                }
            }
        })
        .await;
    }

    fn note<T>(&self, written: Poll<T>) -> Poll<T> {
        self.progress.wrote(written.is_pending());
        written
    }
}

impl Read for ClientIo {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, to: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match &mut this.protocol {
            Protocol::Http1(reader, _) => return reader.poll_read(&mut this.socket, cx, to),
            // The library keeps what it reads: a connection ends that would use up what others need.
            Protocol::Http2(worker, _)
                if worker.settings.is_memory_used_up()
                    || this.progress.is_idle() && worker.settings.is_memory_full() =>
            {
                return Poll::Ready(Err(io::ErrorKind::OutOfMemory.into()));
            }
            Protocol::Http2(..) => {}
        }
        let read = Pin::new(&mut this.socket).poll_read(cx, to);
        if read.is_ready() {
            this.progress.received();
        }
        read
    }
}

impl Write for ClientIo {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let orders = this.progress.orders();
        let written = match &mut this.protocol {
            Protocol::Http1(_, writer) => {
                let last_chunk = &mut *this.progress.last_chunk().borrow_mut();
                writer.poll_write(&mut this.socket, cx, buffers, last_chunk, orders)
            }
            Protocol::Http2(_, frames) => frames.poll_write(&mut this.socket, cx, buffers, orders),
        };
        this.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let written = match &mut this.protocol {
            Protocol::Http1(_, writer) => writer.poll_own(&mut this.socket, cx),
            Protocol::Http2(_, frames) => frames.poll_own(&mut this.socket, cx),
        };
        ready!(this.note(written))?;
        ready!(Pin::new(&mut this.socket).poll_flush(cx))?;
        this.progress.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}
