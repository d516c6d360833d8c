//! File systems through which the kernel shows itself: they are no files of anybody, and a grant of a directory around them
//! isn't one of them. In procfs a process finds its own memory, and whoever can change that needs no other grant.
//!
//! The kind of a mount is asked for once, and known by its device from then on.

use core::cell::RefCell;

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, OFlags, Stat, fstat, fstatfs, openat, statat};
use rustix::io::Errno;

/// Kinds of mounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Files and directories of somebody's.
    Ordinary,
    /// procfs: processes, and values of the system.
    Processes,
    /// sysfs: devices and drivers.
    Devices,
    /// The kernel's inside: debugfs, tracefs, securityfs, configfs, bpf.
    Kernel,
}

/// A mount.
#[derive(Clone, Copy, Debug)]
pub struct Mount {
    device: u64,
    kind: Kind,
}

/// Mounts that are known, the last ones that were seen.
#[derive(Default)]
pub struct Mounts(RefCell<Vec<Mount>>);

/// The most mounts that are known at a time.
const KNOWN_MAX: usize = 16;

const PROC_SUPER_MAGIC: u64 = 0x9fa0;
const SYSFS_MAGIC: u64 = 0x6265_6572;
/// debugfs, tracefs, securityfs, configfs, bpf.
const KERNEL_MAGICS: [u64; 5] = [0x6462_6720, 0x7472_6163, 0x7363_6673, 0x6265_6570, 0xcafe_4a11];

/// The inode number of procfs's uppermost directory.
const PROC_ROOT_INODE: u64 = 1;

impl Mount {
    /// Returns the mount of what is open.
    pub fn of(file: BorrowedFd<'_>) -> Result<Mount, Errno> {
        Ok(Mount { device: fstat(file)?.st_dev, kind: kind(file)? })
    }

    /// The mount of what is inside the executable.
    pub const EMBEDDED: Mount = Mount { device: 0, kind: Kind::Ordinary };

    /// Returns true if what has this status lies in the mount.
    pub fn has(self, status: &Stat) -> bool {
        status.st_dev == self.device
    }

    /// Returns the kind of the mount.
    pub fn kind(self) -> Kind {
        self.kind
    }

    /// Returns true if a directory of the mount belongs to a process.
    pub fn is_of_process(self, directory: BorrowedFd<'_>) -> Result<bool, Errno> {
        if self.kind != Kind::Processes {
            return Ok(false);
        }
        let mut at = openat(directory, c".", PATH, Mode::empty())?;
        loop {
            let above = openat(&at, c"..", PATH, Mode::empty())?;
            if fstat(&at)?.st_ino == PROC_ROOT_INODE {
                return Ok(false);
            }
            let status = fstat(&above)?;
            if !self.has(&status) {
                // A part of procfs that was mounted elsewhere: nobody can tell what it is a part of.
                return Ok(true);
            }
            if status.st_ino == PROC_ROOT_INODE {
                return Ok(statat(&at, c"task", AtFlags::empty()).is_ok());
            }
            at = above;
        }
    }
}

/// Flags for directories that are opened on the way to something.
const PATH: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

fn kind(file: BorrowedFd<'_>) -> Result<Kind, Errno> {
    #[allow(clippy::unnecessary_cast, reason = "the type depends on the target")]
    Ok(match fstatfs(file)?.f_type as u64 & 0xffff_ffff {
        PROC_SUPER_MAGIC => Kind::Processes,
        SYSFS_MAGIC => Kind::Devices,
        magic if KERNEL_MAGICS.contains(&magic) => Kind::Kernel,
        _ => Kind::Ordinary,
    })
}

impl Mounts {
    /// Refuses what is open and has this status, where it lies in a mount of the kernel's other than `granted`, that of
    /// the directory that was granted.
    pub fn check(&self, granted: Mount, file: impl AsFd, status: &Stat) -> Result<(), Errno> {
        if granted.has(status) {
            return Ok(());
        }
        match self.kind(file.as_fd(), status.st_dev)? {
            Kind::Ordinary => Ok(()),
            Kind::Processes | Kind::Devices | Kind::Kernel => Err(Errno::PERM),
        }
    }

    fn kind(&self, file: BorrowedFd<'_>, device: u64) -> Result<Kind, Errno> {
        let mut known = self.0.borrow_mut();
        if let Some(mount) = known.iter().find(|mount| mount.device == device) {
            return Ok(mount.kind);
        }
        let kind = kind(file)?;
        if known.len() == KNOWN_MAX {
            known.remove(0);
        }
        known.push(Mount { device, kind });
        Ok(kind)
    }
}

/// Returns the directory of procfs in which a path's last part lies, with that part. There, no link is followed, as most lead to
/// a process; nothing of a process is there, and nothing above the directory.
pub fn find_in_processes<'p>(directory: BorrowedFd<'_>, path: &'p str) -> Result<(OwnedFd, &'p str), Errno> {
    let mut at = openat(directory, c".", PATH, Mode::empty())?;
    let mut parts = path.split('/').filter(|part| !matches!(*part, "" | ".")).peekable();
    while let Some(part) = parts.next() {
        let is_top = fstat(&at)?.st_ino == PROC_ROOT_INODE;
        let is_process = matches!(part, "self" | "thread-self") || part.bytes().all(|byte| byte.is_ascii_digit());
        if part == ".." || is_top && is_process {
            return Err(Errno::PERM);
        }
        if parts.peek().is_none() {
            return Ok((at, part));
        }
        at = openat(&at, part, PATH, Mode::empty())?;
    }
    Ok((at, "."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(path: &str) -> OwnedFd {
        rustix::fs::open(path, PATH, Mode::empty()).unwrap()
    }

    #[test]
    fn the_kernels_mounts_are_refused_each_time() {
        let mounts = Mounts::default();
        let check = |path| {
            let file = folder(path);
            mounts.check(Mount::EMBEDDED, &file, &fstat(&file).unwrap())
        };
        for _ in 0..2 {
            assert_eq!([check("/proc"), check("/")], [Err(Errno::PERM), Ok(())]);
        }
    }

    #[test]
    fn the_last_mounts_are_known() {
        let (mounts, file) = (Mounts::default(), folder("/"));
        for device in 0..2 * KNOWN_MAX as u64 {
            mounts.kind(file.as_fd(), device).unwrap();
        }
        let known: Vec<u64> = mounts.0.borrow().iter().map(|mount| mount.device).collect();
        assert_eq!(known, (KNOWN_MAX as u64..2 * KNOWN_MAX as u64).collect::<Vec<_>>());
    }

    #[test]
    fn only_numbers_are_processes() {
        let processes = folder("/proc");
        let find = |path| find_in_processes(processes.as_fd(), path).map(|(_, part)| part);
        assert_eq!(find("1"), Err(Errno::PERM));
        assert_eq!(find("self"), Err(Errno::PERM));
        assert_eq!(find("sys/.."), Err(Errno::PERM));
        assert_eq!(find("file4"), Ok("file4"));
        assert_eq!(find("sys/kernel/1"), Ok("1"));
    }
}
