//! Streams of bytes, as `wasi:io/streams` knows them.

use core::mem::MaybeUninit;

use aot_abi::trap::Trap;
use rustix::io::Errno;

use super::background;
use super::poll::{Interest, wait};

/// Why a stream operation failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamFault {
    /// The stream is at its end, or had failed before.
    Closed,
    /// The system refused.
    Failed(Errno),
    /// What goes on in the background failed.
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "nothing goes on there"))]
    Background(background::Fault),
    /// The program ends.
    Trap(Trap),
}

/// The result of a stream operation.
pub type StreamResult<T> = Result<T, StreamFault>;

impl From<Trap> for StreamFault {
    fn from(trap: Trap) -> StreamFault {
        StreamFault::Trap(trap)
    }
}
impl From<Errno> for StreamFault {
    fn from(errno: Errno) -> StreamFault {
        match errno {
            // Nobody reads the other end any more.
            Errno::PIPE => StreamFault::Closed,
            errno => StreamFault::Failed(errno),
        }
    }
}

/// The most bytes of one read.
pub const READ_BYTES_MAX: u64 = 64 << 10;
/// How much a stream that never blocks says it accepts.
pub const WRITE_BYTES: u64 = 1 << 20;

/// A source of bytes.
pub trait InputStream {
    /// Adds bytes that are there to `buffer`, which has room for `limit` of them: none where nothing is there yet.
    /// `limit` is not 0.
    fn read(&mut self, buffer: &mut Vec<u8>, limit: usize) -> StreamResult<()>;

    /// What has to be waited for before there is something to read.
    fn interest(&mut self) -> Interest;

    /// Whether it can be read at all, which also who reads no bytes is told.
    fn check(&self) -> StreamResult<()> {
        Ok(())
    }

    /// As [`InputStream::read`], but waits for bytes.
    fn blocking_read(&mut self, buffer: &mut Vec<u8>, limit: usize) -> StreamResult<()> {
        let before = buffer.len();
        while buffer.len() == before {
            wait(self.interest());
            self.read(buffer, limit)?;
        }
        Ok(())
    }
}

/// A sink of bytes.
pub trait OutputStream {
    /// How many bytes it takes now; 0 where it has to be waited for.
    fn check_write(&mut self) -> StreamResult<u64>;

    /// Takes bytes, of which there are as many as the last check allowed at most.
    fn write(&mut self, bytes: &[u8]) -> StreamResult<()>;

    /// Begins to pass on everything that was taken.
    fn flush(&mut self) -> StreamResult<()>;

    /// What has to be waited for before it takes something, or before a flush is done.
    fn interest(&mut self) -> Interest;

    /// Waits until it takes something: how many bytes.
    fn wait_for_write(&mut self) -> StreamResult<u64> {
        loop {
            let bytes = self.check_write()?;
            if bytes != 0 {
                return Ok(bytes);
            }
            wait(self.interest());
        }
    }

    /// Writes all and waits until it was passed on.
    fn write_and_flush(&mut self, bytes: &[u8]) -> StreamResult<()> {
        let mut rest = bytes;
        loop {
            let accepted = self.wait_for_write()?.min(rest.len() as u64);
            let (now, later) = rest.split_at(accepted as usize);
            self.write(now)?;
            rest = later;
            if rest.is_empty() {
                return self.flush_and_wait();
            }
        }
    }

    /// Flushes and waits until it is done.
    fn flush_and_wait(&mut self) -> StreamResult<()> {
        self.flush()?;
        match self.wait_for_write() {
            Ok(_) | Err(StreamFault::Closed) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}

/// Adds to `buffer` what `read` puts into a room of `limit` bytes; how many.
pub fn fill(
    buffer: &mut Vec<u8>,
    limit: usize,
    read: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<usize, Errno>,
) -> Result<usize, Errno> {
    buffer.reserve(limit);
    let room = buffer.spare_capacity_mut().get_mut(..limit).unwrap_or_default();
    let added = read(room)?.min(room.len());
    // SAFETY: `read` initialised this many bytes, for which there is capacity.
    unsafe { buffer.set_len(buffer.len() + added) };
    Ok(added)
}
