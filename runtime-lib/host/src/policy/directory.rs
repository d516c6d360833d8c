//! Granted directories.

use aot_abi::policy as abi;
use aot_abi::record::Record;

use crate::grantee::Grantee;

/// A granted directory.
#[derive(Clone, Copy, Debug)]
pub struct Directory {
    /// The directory's path on the host. One that isn't absolute is relative to the working directory at start.
    pub host: &'static [u8],
    /// The guest's path of the directory.
    pub guest: &'static [u8],
    /// True if nothing below the directory may be changed.
    pub read_only: bool,
    /// True if the directory may be missing at start.
    pub optional: bool,
    /// True if messages can show the host path as it is.
    pub shown: bool,
    /// The component that has the directory.
    pub grantee: Grantee,
}

impl Directory {
    /// Reads the payload of an item; `None` if it is damaged.
    pub(super) fn read(payload: &'static [u8], grantee: Grantee) -> Option<Directory> {
        let (abi::Directory { flags, host_bytes }, paths) = Record::split_from(payload)?;
        let (host, guest) = paths.split_at_checked(host_bytes as usize)?;
        let known = abi::DIRECTORY_READ_ONLY | abi::DIRECTORY_OPTIONAL | abi::DIRECTORY_SHOWN;
        if flags & !known != 0 {
            return None;
        }
        Some(Directory {
            host,
            guest,
            read_only: flags & abi::DIRECTORY_READ_ONLY != 0,
            optional: flags & abi::DIRECTORY_OPTIONAL != 0,
            shown: flags & abi::DIRECTORY_SHOWN != 0,
            grantee,
        })
    }
}
