//! The attributes of files.

use rustix::fd::BorrowedFd;
use rustix::fs::{FileType, Stat};
use rustix::io::Errno;

/// Seconds and nanoseconds since 1970.
#[derive(Clone, Copy)]
pub struct Time(pub i64, pub u32);

/// The attributes of a file.
#[derive(Clone, Copy)]
pub struct Status {
    /// The type of the file.
    pub file_type: FileType,
    /// The device it is on.
    pub device: u64,
    /// The inode number on that device.
    pub inode: u64,
    /// The number of its names.
    pub links: u64,
    /// Bytes of a file; of a symbolic link, those of its contents.
    pub size: u64,
    /// The time of the last access.
    pub access: Time,
    /// The time at which the contents last changed.
    pub modification: Time,
    /// The time at which the attributes last changed.
    pub change: Time,
}

impl Status {
    /// The attributes of an open file or directory.
    pub fn of_file(file: BorrowedFd<'_>) -> Result<Status, Errno> {
        rustix::fs::fstat(file).map(|stat| Status::of_stat(&stat))
    }

    /// The attributes that the system tells.
    #[allow(clippy::useless_conversion, reason = "the width of a link count depends on the target")]
    pub fn of_stat(stat: &Stat) -> Status {
        Status {
            file_type: FileType::from_raw_mode(stat.st_mode),
            device: stat.st_dev,
            inode: stat.st_ino,
            links: stat.st_nlink.into(),
            size: stat.st_size as u64,
            access: Time(stat.st_atime, stat.st_atime_nsec as u32),
            modification: Time(stat.st_mtime, stat.st_mtime_nsec as u32),
            change: Time(stat.st_ctime, stat.st_ctime_nsec as u32),
        }
    }

    /// The hash of the file's identity. Both halves are one-to-one for each device; the lower one, which becomes an inode number, is
    /// mixed well.
    pub fn hash(&self) -> (u64, u64) {
        let mix = |value: u64| (value ^ (value >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mix(mix(self.inode) ^ self.device), mix(mix(self.device) ^ self.inode))
    }
}
