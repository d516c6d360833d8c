//! Lines that guests print: each line says which request it belongs to.

use core::mem::MaybeUninit;
use std::cell::Cell;
use std::rc::Rc;

use crate::poll::Interest;
use crate::stdio::Standard;
use crate::streams::{InputStream, OutputStream, StreamFault, StreamResult, WRITE_BYTES};

/// The most bytes of a line that wait for its end.
const LINE_BYTES_MAX: usize = 8 << 10;

/// A stream of lines for a standard stream of the process.
pub struct Lines {
    to: Standard,
    /// The number of the request that the guest serves.
    request: Rc<Cell<u64>>,
    line: Vec<u8>,
}

impl Lines {
    /// The lines of a guest that serves the request with this number.
    pub fn new(to: Standard, request: Rc<Cell<u64>>) -> Lines {
        Lines { to, request, line: Vec::new() }
    }

    /// Adds a part of a line.
    fn add(&mut self, text: &[u8]) {
        if self.line.is_empty() {
            let name = if self.to == Standard::Output { "stdout" } else { "stderr" };
            self.line.extend_from_slice(format!("{name} [{}] :: ", self.request.get()).as_bytes());
        }
        self.line.extend_from_slice(text);
    }

    /// Writes the line, in one piece so that those of other requests don't come between.
    fn end_line(&mut self) -> StreamResult<()> {
        self.add(b"\n");
        let line = core::mem::take(&mut self.line);
        self.to.write(&line)
    }
}

impl OutputStream for Lines {
    fn check_write(&mut self) -> StreamResult<u64> {
        Ok(WRITE_BYTES)
    }

    fn write(&mut self, bytes: &[u8]) -> StreamResult<()> {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            let (text, is_end) = piece.strip_suffix(b"\n").map_or((piece, false), |text| (text, true));
            for text in text.chunks(LINE_BYTES_MAX) {
                if self.line.len() + text.len() > LINE_BYTES_MAX {
                    self.end_line()?;
                }
                self.add(text);
            }
            if is_end {
                self.end_line()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn interest(&mut self) -> Interest {
        Interest::Ready
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if !self.line.is_empty() {
            // Nobody is left to tell of an error.
            let _ = self.end_line();
        }
    }
}

/// The standard input of a request, which has none.
pub struct NoInput;

impl InputStream for NoInput {
    fn fill(&mut self, _: &mut [MaybeUninit<u8>]) -> StreamResult<usize> {
        Err(StreamFault::Closed)
    }

    fn interest(&mut self) -> Interest {
        Interest::Ready
    }
}
