//! Streams of bytes, as `wasi:io/streams` knows them. None of their operations waits; `blocking` does, for them.

use core::any::Any;
use core::mem::MaybeUninit;
use std::rc::Rc;

use aot_abi::trap::Trap;
use rustix::fd::BorrowedFd;
use rustix::io::Errno;

use crate::poll::Interest;

/// The reason for which a stream operation failed.
#[derive(Clone, Debug)]
pub enum StreamFault {
    /// The stream is at its end, or had failed before.
    Closed,
    /// The system refused.
    Failed(Errno),
    /// A source of the stream's bytes failed.
    #[cfg(feature = "http")]
    Source(SourceFault),
    /// The program ends.
    Trap(Trap),
}

/// The reason for which a source of bytes failed: a type of the source's own.
pub type SourceFault = Rc<dyn Fault>;

/// An error of a source.
pub trait Fault: Any + core::fmt::Debug {
    /// Words for a person.
    fn words(&self) -> &'static str;
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
/// The bytes that a stream which never blocks says it accepts.
pub const WRITE_BYTES: u64 = 1 << 20;

/// A source of bytes.
pub trait InputStream {
    /// Puts bytes that are there into `room`, which isn't empty: how many, 0 if nothing is there yet.
    fn fill(&mut self, room: &mut [MaybeUninit<u8>]) -> StreamResult<usize>;

    /// The condition to wait for before there is something to read.
    fn interest(&mut self) -> Interest;

    /// Fails if the stream can't be read at all, which a read of no bytes tells too.
    fn check(&self) -> StreamResult<()> {
        Ok(())
    }

    /// The descriptor whose system calls wait by themselves, if the stream has such a one; it is never closed.
    fn waiting_file(&self) -> Option<BorrowedFd<'static>> {
        None
    }
}

impl dyn InputStream {
    /// Adds bytes that are there to `buffer`, which has room for `limit` of them: none if nothing is there yet.
    /// `limit` is not 0.
    pub fn read(&mut self, buffer: &mut Vec<u8>, limit: usize) -> StreamResult<()> {
        fill(buffer, limit, |room| self.fill(room)).map(|_| ())
    }
}

/// A sink of bytes.
pub trait OutputStream {
    /// The number of bytes that the sink takes now; 0 if the caller has to wait.
    fn check_write(&mut self) -> StreamResult<u64>;

    /// Takes bytes, of which there are as many as the last check allowed at most.
    fn write(&mut self, bytes: &[u8]) -> StreamResult<()>;

    /// Begins to pass on everything that was taken.
    fn flush(&mut self) -> StreamResult<()>;

    /// The condition to wait for before the sink takes something, or before a flush is done.
    fn interest(&mut self) -> Interest;

    /// The descriptor whose system calls wait by themselves, if the stream has such a one; it is never closed.
    fn waiting_file(&self) -> Option<BorrowedFd<'static>> {
        None
    }

    /// Takes some of the bytes without a check before, and passes on everything: how many bytes, or `None` if the caller
    /// has to wait first. A sink that never waits takes all.
    fn push(&mut self, bytes: &[u8]) -> StreamResult<Option<usize>> {
        self.write(bytes).map(|()| Some(bytes.len()))
    }
}

/// Adds to `buffer` what `read` puts into a room of `limit` bytes; how many.
pub fn fill<E>(
    buffer: &mut Vec<u8>,
    limit: usize,
    read: impl FnOnce(&mut [MaybeUninit<u8>]) -> Result<usize, E>,
) -> Result<usize, E> {
    buffer.reserve(limit);
    let room = buffer.spare_capacity_mut().get_mut(..limit).unwrap_or_default();
    let added = read(room)?.min(room.len());
    // SAFETY: `read` initialised this many bytes, for which there is capacity.
    unsafe { buffer.set_len(buffer.len() + added) };
    Ok(added)
}

/// Copies bytes to the beginning of `room`, as many as there is room for: how many.
pub fn copy_to_room(bytes: &[u8], room: &mut [MaybeUninit<u8>]) -> usize {
    let count = bytes.len().min(room.len());
    for (place, byte) in room.iter_mut().zip(bytes) {
        place.write(*byte);
    }
    count
}
