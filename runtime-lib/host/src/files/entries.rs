//! The names in a directory, one after the other.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use rustix::fs::{FileType, RawDir};
use rustix::io::Errno;

use super::open_files::OpenFile;
use super::{Directory, type_of_entry};

/// The names in a directory.
pub enum Entries {
    /// The names in a directory of the system's.
    System(SystemEntries),
    /// The names in a directory inside the executable, from this entry on.
    Inside(Rc<Directory>, u64),
}

/// The names in a directory of the system's, as far as they were read.
pub struct SystemEntries {
    directory: OwnedFd,
    _open: OpenFile,
    entries: VecDeque<(FileType, Vec<u8>)>,
    at_end: bool,
}

/// The buffer for the names that the system returns at once.
pub const ENTRIES_BYTES: usize = 8 << 10;

impl Entries {
    /// The names in a directory, from the beginning, without `.` and `..`.
    pub fn new(directory: &Rc<Directory>) -> Result<Entries, Errno> {
        if directory.inside().is_some() {
            // What comes before the third are `.` and `..`.
            return Ok(Entries::Inside(directory.clone(), 2));
        }
        let (directory, open) = directory.reopen()?;
        Ok(Entries::System(SystemEntries { directory, _open: open, entries: VecDeque::new(), at_end: false }))
    }

    /// The next name and what it is of, if there is one; the buffer has room for [`ENTRIES_BYTES`].
    pub fn next(&mut self, host_buffer: &mut Vec<u8>) -> Result<Option<(FileType, Vec<u8>)>, Errno> {
        match self {
            Entries::System(entries) => entries.next(host_buffer),
            Entries::Inside(directory, index) => {
                let entry = directory.inside().and_then(|directory| directory.entry(*index));
                *index += u64::from(entry.is_some());
                Ok(entry.map(|entry| (entry.file_type, entry.name.to_vec())))
            }
        }
    }
}

impl SystemEntries {
    fn next(&mut self, host_buffer: &mut Vec<u8>) -> Result<Option<(FileType, Vec<u8>)>, Errno> {
        while self.entries.is_empty() && !self.at_end {
            self.read(host_buffer)?;
        }
        Ok(self.entries.pop_front())
    }

    /// Asks the system once.
    fn read(&mut self, buffer: &mut Vec<u8>) -> Result<(), Errno> {
        let mut entries = RawDir::new(&self.directory, buffer.spare_capacity_mut());
        self.at_end = true;
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name();
            if !matches!(name.to_bytes(), b"." | b"..") {
                let file_type = match entry.file_type() {
                    FileType::Unknown => type_of_entry(self.directory.as_fd(), name),
                    known => known,
                };
                self.entries.push_back((file_type, name.to_bytes().to_vec()));
            }
            if entries.is_buffer_empty() {
                self.at_end = false;
                break;
            }
        }
        Ok(())
    }
}
