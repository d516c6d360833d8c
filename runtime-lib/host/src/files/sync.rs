//! The completion of writes to a file, as flags of the system.

use rustix::fs::OFlags;

/// The condition for which a write waits: POSIX's synchronized I/O completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// None: the data may still be in the system's memory alone.
    None,
    /// Data that can be read back after a crash: `O_DSYNC`.
    Data,
    /// Data and all attributes that are on disk: `O_SYNC`.
    File,
}

/// `O_DSYNC` of Linux. Its `O_SYNC` has one bit more, and is what rustix calls both.
const DATA: OFlags = OFlags::from_bits_retain(0o10000);

const _: () = assert!(OFlags::SYNC.contains(DATA) && DATA.bits() != OFlags::SYNC.bits());

impl Sync {
    /// Returns the completion that the flags of an open file say.
    pub fn of_system(flags: OFlags) -> Sync {
        if flags.contains(OFlags::SYNC) {
            Sync::File
        } else if flags.contains(DATA) {
            Sync::Data
        } else {
            Sync::None
        }
    }

    /// Returns the flags with which a file is opened.
    pub fn to_system(self) -> OFlags {
        match self {
            Sync::None => OFlags::empty(),
            Sync::Data => DATA,
            Sync::File => OFlags::SYNC,
        }
    }
}
