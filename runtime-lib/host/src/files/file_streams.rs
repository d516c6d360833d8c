//! Streams that read and write files at positions of their own.

use core::mem::MaybeUninit;
use std::io::IoSlice;
use std::os::fd::BorrowedFd;
use std::rc::Rc;

use rustix::fs::OFlags;
use rustix::io::{Errno, ReadWriteFlags};

use crate::files::File;
use crate::poll::{Interest, is_ready};
use crate::quiet::quietly;
use crate::streams::{InputStream, OutputStream, StreamFault, StreamResult, WRITE_BYTES, fill};

/// Reads a file from a position on.
pub struct FileInput {
    file: Rc<File>,
    position: u64,
}

impl FileInput {
    /// A stream that begins at an offset.
    pub fn new(file: Rc<File>, position: u64) -> FileInput {
        FileInput { file, position }
    }
}

impl InputStream for FileInput {
    fn fill(&mut self, room: &mut [MaybeUninit<u8>]) -> StreamResult<usize> {
        if !is_ready(self.interest()) {
            return Ok(0);
        }
        match fill_at(&self.file, room, self.position)? {
            0 => Err(StreamFault::Closed),
            read => {
                // A pipe is read at any position.
                self.position = self.position.saturating_add(read as u64);
                Ok(read)
            }
        }
    }

    fn interest(&mut self) -> Interest {
        if self.file.is_fifo { self.file.interest(Interest::Readable) } else { Interest::Ready }
    }
}

/// Adds `limit` bytes at most from an offset on: how many. What has no positions is read as it comes.
pub fn read_at(file: &File, buffer: &mut Vec<u8>, limit: usize, offset: u64) -> Result<usize, Errno> {
    fill(buffer, limit, |room| fill_at(file, room, offset))
}

/// Reads from an offset on into a room: how many bytes.
fn fill_at(file: &File, room: &mut [MaybeUninit<u8>], offset: u64) -> Result<usize, Errno> {
    loop {
        match file.fill_at(room, offset) {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}

/// Writes a file from a position on, or at its end.
pub struct FileOutput {
    file: Rc<File>,
    /// The position of the next byte; none if everything is appended.
    position: Option<u64>,
    failed: bool,
}

impl FileOutput {
    /// A stream that begins at an offset, or appends.
    pub fn new(file: Rc<File>, position: Option<u64>) -> FileOutput {
        FileOutput { file, position, failed: false }
    }

    fn check(&self) -> StreamResult<()> {
        if self.failed { Err(StreamFault::Closed) } else { Ok(()) }
    }
}

impl OutputStream for FileOutput {
    fn check_write(&mut self) -> StreamResult<u64> {
        self.check().map(|()| WRITE_BYTES)
    }

    fn write(&mut self, bytes: &[u8]) -> StreamResult<()> {
        self.check()?;
        let mut rest = bytes;
        // Also of no bytes the system tells whether the file can be written.
        loop {
            let written = write_at(&self.file, rest, self.position).inspect_err(|_| self.failed = true)?;
            rest = rest.get(written..).unwrap_or_default();
            self.position = self.position.map(|position| position.saturating_add(written as u64));
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.check()
    }

    fn interest(&mut self) -> Interest {
        Interest::Ready
    }
}

/// Writes at an offset, or at the end: how many bytes. What has no positions is written as it comes.
pub fn write_at(file: &File, bytes: &[u8], offset: Option<u64>) -> Result<usize, Errno> {
    let file = file.writing()?;
    loop {
        let result = quietly(|| match offset {
            Some(offset) => rustix::io::pwrite(file, bytes, offset),
            None => append(file, bytes),
        });
        match result {
            Err(Errno::INTR) => {}
            Err(Errno::SPIPE) => return quietly(|| rustix::io::write(file, bytes)),
            result => return result,
        }
    }
}

fn append(file: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize, Errno> {
    // The offset −1 would be the current position; with APPEND, none counts.
    match rustix::io::pwritev2(file, &[IoSlice::new(bytes)], 0, ReadWriteFlags::APPEND) {
        // Some filters of containers answer PERM for what they don't know.
        Err(Errno::NOSYS | Errno::NOTSUP | Errno::PERM) => append_by_flag(file, bytes),
        result => result,
    }
}

/// Appends on systems that can't do it otherwise: changes how the file is open, for one call.
fn append_by_flag(file: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize, Errno> {
    let flags = rustix::fs::fcntl_getfl(file)?;
    rustix::fs::fcntl_setfl(file, flags | OFlags::APPEND)?;
    let result = rustix::io::write(file, bytes);
    rustix::fs::fcntl_setfl(file, flags)?;
    result
}
