//! Standard input, output and errors of the process. They are never closed; a guest that closes its own only loses
//! its access.

use core::mem::MaybeUninit;
use std::io::{IoSlice, IoSliceMut};

use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;

use crate::poll::{Interest, is_over, is_ready};
use crate::quiet::quietly;
use crate::streams::{InputStream, OutputStream, StreamFault, StreamResult, WRITE_BYTES};
use crate::yielding::Yield;

/// A standard stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// The standard input, descriptor 0.
    Input,
    /// The standard output, descriptor 1.
    Output,
    /// The standard error output, descriptor 2.
    Errors,
}

impl Standard {
    /// The system's descriptor of the stream.
    pub fn file(self) -> BorrowedFd<'static> {
        // SAFETY: start-up made sure that all three are open, and nothing of the runtime closes them.
        unsafe { BorrowedFd::borrow_raw(self as i32) }
    }

    /// Returns true if the stream is a terminal.
    pub fn is_terminal(self) -> bool {
        rustix::termios::isatty(self.file())
    }

    fn readable(self) -> Interest {
        Interest::Readable(self as i32)
    }

    /// Reads what is there, waiting for something; 0 at the end.
    pub fn read_vectored(self, host: &mut impl Yield, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        loop {
            match host.give_up(|| rustix::io::readv(self.file(), buffers)) {
                Err(Errno::INTR) if !is_over() => {}
                Err(Errno::AGAIN) => host.wait(self.readable()).map_err(|_| Errno::CANCELED)?,
                result => return result,
            }
        }
    }

    /// Writes some of the bytes, waiting until that is possible.
    pub fn write_vectored(self, host: &mut impl Yield, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
        write_vectored(host, self.file(), buffers)
    }
}

/// Writes some of the bytes to a descriptor whose system calls wait by themselves.
pub fn write_vectored(host: &mut impl Yield, file: BorrowedFd<'_>, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
    loop {
        match host.give_up(|| quietly(|| rustix::io::writev(file, buffers))) {
            Err(Errno::INTR) if !is_over() => {}
            Err(Errno::AGAIN) => host.wait(Interest::Writable(file.as_raw_fd())).map_err(|_| Errno::CANCELED)?,
            result => return result,
        }
    }
}

impl InputStream for Standard {
    fn fill(&mut self, room: &mut [MaybeUninit<u8>]) -> StreamResult<usize> {
        if !is_ready(self.readable()) {
            return Ok(0);
        }
        loop {
            match rustix::io::read(self.file(), &mut *room).map(|(filled, _)| filled.len()) {
                Ok(0) => return Err(StreamFault::Closed),
                Ok(read) => return Ok(read),
                Err(Errno::AGAIN) => return Ok(0),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn interest(&mut self) -> Interest {
        self.readable()
    }

    fn waiting_file(&self) -> Option<BorrowedFd<'static>> {
        Some(self.file())
    }
}

impl OutputStream for Standard {
    fn check_write(&mut self) -> StreamResult<u64> {
        Ok(WRITE_BYTES)
    }

    fn write(&mut self, bytes: &[u8]) -> StreamResult<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match quietly(|| rustix::io::write(self.file(), rest)) {
                Ok(written) => rest = rest.get(written..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
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

    fn waiting_file(&self) -> Option<BorrowedFd<'static>> {
        Some(self.file())
    }
}

/// A standard stream that takes no more than it can pass on without waiting.
pub struct Patient(pub Standard);

/// The most bytes that a pipe takes without waiting once it can be written to.
const PIPE_BYTES: usize = 4096;

impl OutputStream for Patient {
    fn check_write(&mut self) -> StreamResult<u64> {
        Ok(if is_ready(self.interest()) { PIPE_BYTES as u64 } else { 0 })
    }

    fn write(&mut self, bytes: &[u8]) -> StreamResult<()> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn interest(&mut self) -> Interest {
        Interest::Writable(self.0 as i32)
    }

    fn push(&mut self, bytes: &[u8]) -> StreamResult<Option<usize>> {
        if !is_ready(self.interest()) {
            return Ok(None);
        }
        let some = bytes.get(..PIPE_BYTES).unwrap_or(bytes);
        match quietly(|| rustix::io::write(self.0.file(), some)) {
            Ok(written) => Ok(Some(written)),
            Err(Errno::INTR | Errno::AGAIN) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }
}
