//! The descriptors of preview1: 0 to 2 for standard input, output and errors, then the granted directories, then what
//! the program opens. As in POSIX, a new one gets the lowest free number.

use std::os::fd::OwnedFd;
use std::rc::Rc;

use rustix::io::Errno;

use crate::files::open_files::OpenFile;
use crate::files::{self, Directory, File, Preopen};
use crate::stdio::Standard;

/// The object that a descriptor of preview1 refers to.
pub enum Descriptor {
    /// A standard stream.
    Standard(Standard),
    /// A file, with the position that the system keeps for the descriptor.
    File(Rc<File>),
    /// A directory, with the guest's path of a granted one.
    Directory(Rc<Directory>, Option<&'static [u8]>),
}

/// The table of preview1's descriptors.
pub struct Descriptors {
    entries: Vec<Option<Descriptor>>,
    /// No number below this one is free.
    lowest: usize,
    limit: usize,
}

impl Descriptors {
    /// The descriptors of a program that starts with these granted directories, `limit` at most.
    pub fn new<'p>(granted: impl Iterator<Item = &'p Preopen>, limit: u64) -> Descriptors {
        let standard = [Standard::Input, Standard::Output, Standard::Errors].map(Descriptor::Standard);
        let granted = granted.map(|preopen| Descriptor::Directory(preopen.directory.clone(), Some(preopen.guest)));
        let entries: Vec<_> = standard.into_iter().chain(granted).map(Some).collect();
        // Numbers are signed for the guest's C library.
        Descriptors { lowest: entries.len(), entries, limit: limit.min(i32::MAX as u64) as usize }
    }

    /// The object that a descriptor refers to.
    pub fn get(&self, fd: u32) -> Result<&Descriptor, Errno> {
        self.entries.get(fd as usize).and_then(Option::as_ref).ok_or(Errno::BADF)
    }

    /// The file that a descriptor refers to.
    pub fn file(&self, fd: u32) -> Result<&Rc<File>, Errno> {
        match self.get(fd)? {
            Descriptor::File(file) => Ok(file),
            _ => Err(Errno::BADF),
        }
    }

    /// A file, or an error that tells a standard stream from no file at all.
    pub fn seekable(&self, fd: u32) -> Result<&Rc<File>, Errno> {
        match self.get(fd)? {
            Descriptor::File(file) => Ok(file),
            Descriptor::Standard(_) => Err(Errno::SPIPE),
            Descriptor::Directory(..) => Err(Errno::BADF),
        }
    }

    /// The directory that a descriptor refers to.
    pub fn directory(&self, fd: u32) -> Result<&Rc<Directory>, Errno> {
        match self.get(fd)? {
            Descriptor::Directory(directory, _) => Ok(directory),
            _ => Err(Errno::BADF),
        }
    }

    /// A file or directory.
    pub fn opened(&self, fd: u32) -> Result<files::Descriptor, Errno> {
        match self.get(fd)? {
            Descriptor::File(file) => Ok(files::Descriptor::File(file.clone())),
            Descriptor::Directory(directory, _) => Ok(files::Descriptor::Directory(directory.clone())),
            Descriptor::Standard(_) => Err(Errno::BADF),
        }
    }

    /// Refuses if there is no room for one more.
    pub fn check_room(&self) -> Result<(), Errno> {
        if self.lowest >= self.limit { Err(Errno::MFILE) } else { Ok(()) }
    }

    /// The number of a new descriptor.
    pub fn add(&mut self, opened: files::Descriptor) -> Result<u32, Errno> {
        self.check_room()?;
        let descriptor = match opened {
            files::Descriptor::File(file) => Descriptor::File(file),
            files::Descriptor::Directory(directory) => Descriptor::Directory(directory, None),
        };
        let fd = self.lowest;
        match self.entries.get_mut(fd) {
            Some(entry) => *entry = Some(descriptor),
            None => self.entries.push(Some(descriptor)),
        }
        self.lowest += self.entries.iter().skip(fd).take_while(|entry| entry.is_some()).count();
        Ok(fd as u32)
    }

    /// The number of a socket, which is a file that `sock_…` takes too.
    pub fn add_socket(&mut self, socket: OwnedFd, open: OpenFile) -> Result<u32, Errno> {
        self.add(files::Descriptor::File(Rc::new(File::socket(socket, open))))
    }

    /// Removes a descriptor.
    pub fn remove(&mut self, fd: u32) -> Result<Descriptor, Errno> {
        let entry = self.entries.get_mut(fd as usize).ok_or(Errno::BADF)?;
        let descriptor = entry.take().ok_or(Errno::BADF)?;
        self.lowest = self.lowest.min(fd as usize);
        Ok(descriptor)
    }

    /// Gives a descriptor the number of another, which is closed.
    pub fn renumber(&mut self, from: u32, to: u32) -> Result<(), Errno> {
        self.get(from)?;
        self.get(to)?;
        if from != to {
            let descriptor = self.remove(from)?;
            if let Some(entry) = self.entries.get_mut(to as usize) {
                *entry = Some(descriptor);
            }
        }
        Ok(())
    }
}
