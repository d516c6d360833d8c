//! The count of files that a program has open: what it opens itself, not what it was granted; and what all of them share.

use core::cell::Cell;
use std::rc::Rc;

use rustix::io::Errno;

use crate::denied::Denials;
use crate::files::mounts::Mounts;

/// The count of a program's open files and its limit; whether denials are told, and the mounts that are known.
#[derive(Clone)]
pub struct OpenFiles(Rc<Counter>);

struct Counter {
    open: Cell<u64>,
    limit: u64,
    denials: Denials,
    mounts: Mounts,
}

/// The count of an open file, for as long as this value lives.
pub struct OpenFile(Rc<Counter>);

impl OpenFiles {
    /// A count of no open files, with a limit.
    pub fn new(limit: u64, denials: Denials) -> OpenFiles {
        OpenFiles(Rc::new(Counter { open: Cell::new(0), limit, denials, mounts: Mounts::default() }))
    }

    /// Counts one more, if the limit has room for it. To be called before the file is opened.
    pub fn count(&self) -> Result<OpenFile, Errno> {
        let open = self.0.open.get();
        if open >= self.0.limit {
            return Err(Errno::MFILE);
        }
        self.0.open.set(open + 1);
        Ok(OpenFile(self.0.clone()))
    }

    /// The setting that says if denials are told.
    pub fn denials(&self) -> Denials {
        self.0.denials
    }

    /// The mounts that are known.
    pub fn mounts(&self) -> &Mounts {
        &self.0.mounts
    }
}

impl OpenFile {
    /// The setting that says if denials are told.
    pub fn denials(&self) -> Denials {
        self.0.denials
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        self.0.open.set(self.0.open.get() - 1);
    }
}
