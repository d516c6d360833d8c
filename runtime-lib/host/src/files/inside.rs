//! Directories and files inside the executable, as the rest of the host knows them.

use core::cell::Cell;

use rustix::fs::FileType;
use rustix::io::Errno;

use crate::files::status::Status;

/// A directory inside the executable. Only a program that has one also has the code of this trait.
pub trait Embedded {
    /// Finds the file, directory or link at a path below the directory.
    fn find(&self, path: &str, follow: bool) -> Result<Found, Errno>;

    /// An entry, from `.` and `..` on.
    fn entry(&self, index: u64) -> Option<Entry>;

    /// The attributes of the directory.
    fn status(&self) -> Status;
}

/// The file, directory or link at a path inside the executable.
pub enum Found {
    /// A file, with its contents.
    File(Contents),
    /// A directory with its entries.
    Directory(Box<dyn Embedded>),
    /// A symbolic link: what it points to.
    Link(&'static [u8], Status),
}

/// An entry of a directory inside the executable.
pub struct Entry {
    /// The name of the entry.
    pub name: &'static [u8],
    /// The type of the entry.
    pub file_type: FileType,
    /// The inode number of the entry.
    pub inode: u64,
}

/// Opens the top of files inside the executable, the tree with this number; none if it is damaged.
pub type OpenEmbedded = fn(&'static [u8], usize) -> Option<Box<dyn Embedded>>;

/// The contents of a file.
pub struct Contents {
    /// The bytes of the file.
    pub bytes: &'static [u8],
    /// The position at which reading goes on.
    pub position: Cell<u64>,
    /// The attributes of the file.
    pub status: Status,
}

impl Contents {
    /// The bytes that follow an offset.
    pub fn from(&self, offset: u64) -> &'static [u8] {
        usize::try_from(offset).ok().and_then(|offset| self.bytes.get(offset..)).unwrap_or_default()
    }
}
