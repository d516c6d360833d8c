//! The writing side of a connection over HTTP/1: trailers that weren't declared go out too.
//!
//! The library drops them (RFC 9110, 6.6.2 asks for a declaration, but no more), and writes the last chunk as a piece of
//! its own. So that piece is held back and replaced.

use core::task::{Context, Poll, ready};
use std::io::{self, IoSlice};
use std::pin::Pin;

use http::HeaderMap;
use hyper::rt::Write;

/// The last chunk, and no trailers.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// The most bytes of a record of TLS (RFC 8446, 5.1).
const RECORD_BYTES: usize = 16 << 10;

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
        while !self.own.is_empty() {
            let sent = ready!(Pin::new(&mut *socket).poll_write(cx, &self.own))?;
            self.own.drain(..sent.min(self.own.len()));
        }
        Poll::Ready(Ok(()))
    }

    /// Writes for the library; `last` is the last chunk to send, from the moment at which the library ends a body.
    pub fn poll_write(
        &mut self,
        socket: &mut (impl Write + Unpin),
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
        last: &mut Option<Vec<u8>>,
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_own(socket, cx))?;
        let mut sent = buffers;
        if last.is_some() {
            match buffers {
                [only] if **only == *LAST_CHUNK => {
                    self.own = last.take().unwrap_or_default();
                    // What can't be sent now goes out at the next flush.
                    if let Poll::Ready(Err(error)) = self.poll_own(socket, cx) {
                        return Poll::Ready(Err(error));
                    }
                    return Poll::Ready(Ok(LAST_CHUNK.len()));
                }
                [before @ .., _] if !before.is_empty() => sent = before,
                _ => {}
            }
        }
        if socket.is_write_vectored() {
            return Pin::new(socket).poll_write_vectored(cx, sent);
        }
        // Each write would be a record of its own.
        let mut joined = Vec::new();
        for piece in sent {
            joined.extend_from_slice(piece.get(..piece.len().min(RECORD_BYTES - joined.len())).unwrap_or_default());
        }
        Pin::new(socket).poll_write(cx, &joined)
    }
}
