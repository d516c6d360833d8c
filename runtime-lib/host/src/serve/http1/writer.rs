//! The writing side of a connection over HTTP/1: trailers that weren't declared go out too, and heads in their order.
//!
//! The library drops such trailers (RFC 9110, 6.6.2 asks for a declaration, but no more), and writes the last chunk as a
//! piece of its own. So that piece is held back and replaced.

use core::task::{Context, Poll, ready};
use std::io::{self, IoSlice};

use http::HeaderMap;
use hyper::rt::Write;

use crate::http::frames::{send_all, write};
use crate::http::order::Orders;

/// The last chunk, and no trailers.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// The state of a connection's writing side.
#[derive(Default)]
pub struct Writer {
    /// Bytes in place of those of the library, which are to go out first.
    own: Vec<u8>,
}

/// Returns the last chunk with trailers.
pub fn last_chunk(trailers: &HeaderMap) -> Vec<u8> {
    let mut text = b"0\r\n".to_vec();
    for (name, value) in trailers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            text.extend_from_slice(part);
        }
    }
    text.extend_from_slice(b"\r\n");
    text
}

impl Writer {
    /// Sends what is in place of the library's bytes.
    pub fn poll_own(&mut self, socket: &mut (impl Write + Unpin), cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        send_all(&mut self.own, socket, cx)
    }

    /// Writes for the library; `last` is the last chunk to send, from the moment at which the library ends a body.
    pub fn poll_write(
        &mut self,
        socket: &mut (impl Write + Unpin),
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
        last: &mut Option<Vec<u8>>,
        orders: &Orders,
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_own(socket, cx))?;
        if let Some((taken, own)) = buffers.first().and_then(|first| orders.arranged(first)) {
            return self.replace(socket, cx, taken, own);
        }
        let mut sent = buffers;
        if last.is_some() {
            match buffers {
                [only] if **only == *LAST_CHUNK => {
                    let own = last.take().unwrap_or_default();
                    return self.replace(socket, cx, LAST_CHUNK.len(), own);
                }
                [before @ .., _] if !before.is_empty() => sent = before,
                _ => {}
            }
        }
        write(socket, cx, sent)
    }

    /// Sends bytes in place of so many of the library.
    fn replace(
        &mut self,
        socket: &mut (impl Write + Unpin),
        cx: &mut Context<'_>,
        taken: usize,
        own: Vec<u8>,
    ) -> Poll<io::Result<usize>> {
        self.own = own;
        // What can't be sent now goes out at the next flush.
        match self.poll_own(socket, cx)? {
            Poll::Ready(()) | Poll::Pending => Poll::Ready(Ok(taken)),
        }
    }
}
