//! A connection to a server, by which heads go out in their order.

use core::task::{Context, Poll, ready};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;

use hyper::rt::{Read, ReadBufCursor, Write};

use super::frames::{Frames, send_all, write};
use super::order::Orders;

/// A connection whose heads are put in order ([`order`](super::order)).
pub struct Ordered<S> {
    socket: S,
    orders: Rc<Orders>,
    /// The frames of HTTP/2.
    frames: Option<Frames>,
    /// Bytes of HTTP/1 that are to go out before all others.
    own: Vec<u8>,
}

impl<S> Ordered<S> {
    /// A connection over HTTP/1.
    pub fn of_http_1(socket: S, orders: Rc<Orders>) -> Ordered<S> {
        Ordered { socket, orders, frames: None, own: Vec::new() }
    }

    /// A connection over HTTP/2.
    pub fn of_http_2(socket: S, orders: Rc<Orders>) -> Ordered<S> {
        Ordered { frames: Some(Frames::of_client()), ..Ordered::of_http_1(socket, orders) }
    }
}

impl<S: Write + Unpin> Ordered<S> {
    fn poll_own(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.frames {
            Some(frames) => frames.poll_own(&mut self.socket, cx),
            None => send_all(&mut self.own, &mut self.socket, cx),
        }
    }
}

impl<S: Read + Unpin> Read for Ordered<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, to: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_read(cx, to)
    }
}

impl<S: Write + Unpin> Write for Ordered<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let buffers = [IoSlice::new(bytes)];
        if let Some(frames) = &mut this.frames {
            return frames.poll_write(&mut this.socket, cx, &buffers, &this.orders);
        }
        ready!(this.poll_own(cx))?;
        let Some((taken, own)) = this.orders.arranged(bytes) else { return write(&mut this.socket, cx, &buffers) };
        this.own = own;
        // What can't be sent now goes out at the next flush.
        match this.poll_own(cx)? {
            Poll::Ready(()) | Poll::Pending => Poll::Ready(Ok(taken)),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_own(cx))?;
        Pin::new(&mut this.socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}
