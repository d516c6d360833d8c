//! Operations on an open file that isn't a directory: one of the system's, or one inside the executable.

use core::mem::MaybeUninit;
use core::num::NonZeroU64;
use std::fs::File as SystemFile;
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{Advice, OFlags, SeekFrom};
use rustix::io::Errno;

use crate::denied::Denials;
use crate::files::inside::Contents;
use crate::files::open_files::OpenFile;
use crate::files::status::Status;
use crate::grantee::Grantee;
use crate::policy;
use crate::poll::Interest;
use crate::quiet::quietly;
use crate::streams::copy_to_room;
use crate::yielding::Yield;

/// A file that a guest has; anything that isn't a directory.
pub struct File {
    source: Source,
    open: OpenFile,
    /// The directory below which it was opened.
    grant: policy::Directory,
    /// True if the file was opened for reading.
    pub readable: bool,
    /// True if the file was opened for writing.
    pub writable: bool,
    /// True for a socket, which was handed in or accepted.
    pub is_socket: bool,
    /// True for a socket for datagrams.
    pub datagrams: bool,
    /// True for a FIFO, which was opened without waiting for another process at the other end.
    pub is_fifo: bool,
}

enum Source {
    System(SystemFile),
    Embedded(Contents),
}

impl File {
    /// A file of the system's.
    pub fn new(file: SystemFile, open: OpenFile, grant: policy::Directory, readable: bool, writable: bool) -> File {
        File {
            source: Source::System(file),
            open,
            grant,
            readable,
            writable,
            is_socket: false,
            datagrams: false,
            is_fifo: false,
        }
    }

    /// A file inside the executable.
    pub fn embedded(contents: Contents, open: OpenFile, grant: policy::Directory, readable: bool) -> File {
        File {
            source: Source::Embedded(contents),
            open,
            grant,
            readable,
            writable: false,
            is_socket: false,
            datagrams: false,
            is_fifo: false,
        }
    }

    /// A file that is a FIFO of the system.
    pub fn fifo(file: SystemFile, open: OpenFile, grant: policy::Directory, readable: bool, writable: bool) -> File {
        File { is_fifo: true, ..File::new(file, open, grant, readable, writable) }
    }

    /// A file that is a socket of the system.
    pub fn socket(socket: OwnedFd, open: OpenFile) -> File {
        let datagrams = rustix::net::sockopt::socket_type(&socket) == Ok(rustix::net::SocketType::DGRAM);
        let (guest, grantee) = (b"a socket", Grantee::default());
        let grant = policy::Directory { host: b"", guest, read_only: false, optional: false, shown: true, grantee };
        File { is_socket: true, datagrams, ..File::new(socket.into(), open, grant, true, true) }
    }

    /// Refuses a change below a read-only directory.
    pub fn check_writable(&self) -> Result<(), Errno> {
        check_writable(&self.grant, "an open file", self.open.denials())
    }

    /// The system's descriptor. Only a change of the file needs it, and a file inside the executable has none and can't
    /// be changed.
    pub fn system(&self) -> Result<BorrowedFd<'_>, Errno> {
        match &self.source {
            Source::System(file) => Ok(file.as_fd()),
            Source::Embedded(_) => Err(Errno::BADF),
        }
    }

    /// The system's descriptor of a file that was opened for writing. The system refuses to write to others too, but
    /// not to write no bytes under every emulator.
    pub fn writing(&self) -> Result<BorrowedFd<'_>, Errno> {
        if self.writable { self.system() } else { Err(Errno::BADF) }
    }

    /// The attributes of the file.
    pub fn status(&self) -> Result<Status, Errno> {
        match &self.source {
            Source::System(file) => Status::of_file(file.as_fd()),
            Source::Embedded(contents) => Ok(contents.status),
        }
    }

    /// The flags with which the file is open.
    pub fn flags(&self) -> Result<OFlags, Errno> {
        match &self.source {
            Source::System(file) => rustix::fs::fcntl_getfl(file),
            Source::Embedded(_) => Ok(OFlags::RDONLY),
        }
    }

    /// Changes how it is open: `APPEND` and `NONBLOCK`, which make no difference inside the executable.
    pub fn set_flags(&self, flags: OFlags) -> Result<(), Errno> {
        let Source::System(file) = &self.source else { return Ok(()) };
        let present = rustix::fs::fcntl_getfl(file)?;
        let changed = OFlags::APPEND | OFlags::NONBLOCK;
        rustix::fs::fcntl_setfl(file, present.difference(changed) | flags)
    }

    /// Tells how a range will be used.
    pub fn advise(&self, offset: u64, length: u64, advice: Advice) -> Result<(), Errno> {
        match &self.source {
            Source::System(file) => rustix::fs::fadvise(file, offset, NonZeroU64::new(length), advice),
            Source::Embedded(_) => Ok(()),
        }
    }

    /// Waits until the contents are on disk, and unless `only_data` the attributes.
    pub fn sync(&self, only_data: bool) -> Result<(), Errno> {
        match &self.source {
            Source::System(file) if only_data => rustix::fs::fdatasync(file),
            Source::System(file) => rustix::fs::fsync(file),
            Source::Embedded(_) => Ok(()),
        }
    }

    /// Waits until somebody opens a FIFO for writing: before that, reading it would say that it is at its end.
    pub fn wait_for_writer(&self, host: &mut impl Yield) -> Result<(), Errno> {
        let Source::System(file) = &self.source else { return Ok(()) };
        if self.is_fifo && !rustix::fs::fcntl_getfl(file)?.contains(OFlags::NONBLOCK) {
            host.wait(Interest::Readable(file.as_raw_fd())).map_err(|_| Errno::CANCELED)?;
        }
        Ok(())
    }

    /// Reads from the current position on: how many bytes.
    pub fn read(&self, host: &mut impl Yield, buffers: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        match &self.source {
            Source::System(file) => {
                self.wait_for_writer(host)?;
                host.give_up(|| rustix::io::readv(file, buffers))
            }
            Source::Embedded(contents) => {
                let position = contents.position.get();
                let count = copy(contents.from(position), buffers);
                contents.position.set(position + count as u64);
                Ok(count)
            }
        }
    }

    /// Reads from an offset on: how many bytes.
    pub fn read_at(&self, host: &mut impl Yield, buffers: &mut [IoSliceMut<'_>], offset: u64) -> Result<usize, Errno> {
        match &self.source {
            Source::System(file) => host.give_up(|| rustix::io::preadv(file, buffers, offset)),
            Source::Embedded(contents) => Ok(copy(contents.from(offset), buffers)),
        }
    }

    /// Reads from an offset on into room that isn't initialised: how many bytes. What has no positions is read as it
    /// comes, of a FIFO once somebody writes to it.
    pub fn fill_at(&self, room: &mut [MaybeUninit<u8>], offset: u64) -> Result<usize, Errno> {
        let file = match &self.source {
            Source::System(file) => file,
            Source::Embedded(contents) => return Ok(copy_to_room(contents.from(offset), room)),
        };
        match rustix::io::pread(file, &mut *room, offset) {
            Err(Errno::SPIPE) => rustix::io::read(file, room).map(|(filled, _)| filled.len()),
            result => result.map(|(filled, _)| filled.len()),
        }
    }

    /// Writes at the current position: how many bytes.
    pub fn write(&self, host: &mut impl Yield, buffers: &[IoSlice<'_>]) -> Result<usize, Errno> {
        let file = self.writing()?;
        host.give_up(|| quietly(|| rustix::io::writev(file, buffers)))
    }

    /// Writes at an offset: how many bytes.
    pub fn write_at(&self, host: &mut impl Yield, buffers: &[IoSlice<'_>], offset: u64) -> Result<usize, Errno> {
        let file = self.writing()?;
        host.give_up(|| quietly(|| rustix::io::pwritev(file, buffers, offset)))
    }

    /// Moves the position: where it is then.
    pub fn seek(&self, to: SeekFrom) -> Result<u64, Errno> {
        let contents = match &self.source {
            Source::System(file) => return rustix::fs::seek(file, to),
            Source::Embedded(contents) => contents,
        };
        let length = contents.bytes.len() as u64;
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(offset) => contents.position.get().checked_add_signed(offset),
            SeekFrom::End(offset) => length.checked_add_signed(offset),
            _ => None,
        };
        // Positions are signed for the system.
        let position = position.filter(|&position| position <= i64::MAX as u64).ok_or(Errno::INVAL)?;
        contents.position.set(position);
        Ok(position)
    }

    /// The condition to wait for before the file has bytes to read, or room to write.
    pub fn interest(&self, interest: fn(i32) -> Interest) -> Interest {
        self.system().map_or(Interest::Ready, |file| interest(file.as_raw_fd()))
    }
}

/// Refuses a change below a read-only directory.
pub fn check_writable(grant: &policy::Directory, path: &str, denials: Denials) -> Result<(), Errno> {
    if grant.read_only {
        denials.change(grant, path);
        return Err(Errno::PERM);
    }
    Ok(())
}

/// Fills the buffers one after another: how many bytes.
fn copy(mut source: &[u8], buffers: &mut [IoSliceMut<'_>]) -> usize {
    let before = source.len();
    for buffer in buffers {
        let count = source.len().min(buffer.len());
        let (now, later) = source.split_at(count);
        buffer[..count].copy_from_slice(now);
        source = later;
    }
    before - source.len()
}
