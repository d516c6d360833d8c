//! Standard input, output and errors of the process. They are never closed; a guest that closes its own only loses
//! its access.

use std::io::{IoSlice, IoSliceMut};

use rustix::fd::BorrowedFd;
use rustix::io::Errno;

use super::poll::{Interest, is_ready, wait};
use super::streams::{InputStream, OutputStream, StreamFault, StreamResult, WRITE_BYTES, fill};
use super::{background, lock};

/// One of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// Standard input.
    Input,
    /// Standard output.
    Output,
    /// Standard errors.
    Errors,
}

impl Standard {
    /// Its descriptor.
    pub fn file(self) -> BorrowedFd<'static> {
        // SAFETY: start-up made sure that all three are open, and nothing closes them.
        unsafe { BorrowedFd::borrow_raw(self as i32) }
    }

    /// Whether it is a terminal.
    pub fn is_terminal(self) -> bool {
        rustix::termios::isatty(self.file())
    }

    fn readable(self) -> Interest {
        Interest::Readable(self as i32)
    }

    /// Reads what is there, waiting for something; 0 at the end.
    pub fn read_vectored(self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        loop {
            match lock::without(|| rustix::io::readv(self.file(), buffers)) {
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => lock::without(|| wait(self.readable())),
                result => return result,
            }
        }
    }

    /// Writes some of the bytes, waiting until that is possible.
    pub fn write_vectored(self, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
        loop {
            match lock::without(|| rustix::io::writev(self.file(), buffers)) {
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => lock::without(|| wait(Interest::Writable(self as i32))),
                result => return result,
            }
        }
    }
}

impl InputStream for Standard {
    fn read(&mut self, buffer: &mut Vec<u8>, limit: usize) -> StreamResult<()> {
        if is_ready(self.readable()) { self.blocking_read(buffer, limit) } else { Ok(()) }
    }

    fn interest(&mut self) -> Interest {
        self.readable()
    }

    fn blocking_read(&mut self, buffer: &mut Vec<u8>, limit: usize) -> StreamResult<()> {
        loop {
            if background::EXISTS {
                wait(self.readable());
            }
            match fill(buffer, limit, |room| rustix::io::read(self.file(), room).map(|(filled, _)| filled.len())) {
                Ok(0) => return Err(StreamFault::Closed),
                Ok(_) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => wait(self.readable()),
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

impl OutputStream for Standard {
    fn check_write(&mut self) -> StreamResult<u64> {
        Ok(WRITE_BYTES)
    }

    fn write(&mut self, bytes: &[u8]) -> StreamResult<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = self.write_vectored(&[IoSlice::new(rest)])?;
            rest = rest.get(written..).unwrap_or_default();
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
