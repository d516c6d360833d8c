//! Files of profiles: reading what is there, adding a run to it, and writing the sum whole or not at all.

use core::ffi::CStr;
use std::os::fd::{AsFd, OwnedFd};
use std::vec::Vec;

use aot_abi::profile::{COUNTER_BYTES_MAX, MARK};
use rustix::fs::{CWD, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

/// Bytes that are read at once.
const READ_BYTES: usize = 1 << 16;

/// Reason why a profile isn't written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Something else is in its place.
    Foreign,
    /// The profile that is there is damaged.
    Damaged,
    /// The system refuses.
    System(Errno),
}

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Self {
        Fault::System(errno)
    }
}

/// Adds the counters of a run to the profile at `path`. One of another program is replaced.
pub fn add(path: &CStr, table: &[u8], mut counters: Vec<u64>) -> Result<(), Fault> {
    // Runs that end together add one after the other. Where the system has no locks, the counts of one may be lost.
    let folder = folder(path.to_bytes());
    let folder = rustix::fs::open(folder, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let _ = rustix::fs::flock(&folder, FlockOperation::LockExclusive);
    match rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
        Ok(file) => add_earlier(&read(&file)?, table, &mut counters)?,
        Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno.into()),
    }
    replace(path.to_bytes(), &encode(table, &counters))
}

/// The folder of a file.
fn folder(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|byte| *byte == b'/') {
        None => b".",
        Some(end) => &path[..=end],
    }
}

/// Adds the counters of a file that begins with the same table.
fn add_earlier(file: &[u8], table: &[u8], counters: &mut [u64]) -> Result<(), Fault> {
    let Some(mut rest) = file.strip_prefix(table) else {
        return if file.is_empty() || file.starts_with(&MARK) { Ok(()) } else { Err(Fault::Foreign) };
    };
    for counter in counters {
        let earlier = decode(&mut rest).ok_or(Fault::Damaged)?;
        *counter = counter.saturating_add(earlier);
    }
    if rest.is_empty() { Ok(()) } else { Err(Fault::Damaged) }
}

/// Takes a counter from the front of bytes.
fn decode(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for index in 0..COUNTER_BYTES_MAX {
        let byte = *bytes.split_off_first()?;
        let bits = u64::from(byte & 0x7f);
        value |= bits << (7 * index);
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn encode(table: &[u8], counters: &[u64]) -> Vec<u8> {
    let mut bytes = table.to_vec();
    for &counter in counters {
        let mut rest = counter;
        while rest >= 0x80 {
            bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        bytes.push(rest as u8);
    }
    bytes
}

fn read(file: &OwnedFd) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    loop {
        let end = bytes.len();
        bytes.resize(end + READ_BYTES, 0);
        match rustix::io::read(file, &mut bytes[end..]) {
            Ok(count) => bytes.truncate(end + count),
            Err(Errno::INTR) => bytes.truncate(end),
            Err(errno) => return Err(errno.into()),
        }
        if bytes.len() == end {
            return Ok(bytes);
        }
    }
}

/// Writes a file beside the one at `path`, and gives it that name.
fn replace(path: &[u8], bytes: &[u8]) -> Result<(), Fault> {
    let unfinished = [path, b".unfinished"].concat();
    // One that a crash left is nobody's: the folder is locked.
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::open(&unfinished, flags, Mode::from_raw_mode(0o666))?;
    let written = write(&file, bytes).and_then(|()| rustix::fs::renameat(CWD, &unfinished, CWD, path));
    if written.is_err() {
        let _ = rustix::fs::unlink(&unfinished);
    }
    Ok(written?)
}

fn write(file: &impl AsFd, bytes: &[u8]) -> rustix::io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match rustix::io::write(file, rest) {
            Ok(count) => rest = &rest[count..],
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_added_to_those_of_the_same_table() {
        let mut counters = [1, 2, 3];
        let file = encode(b"table", &[5, 300, u64::MAX]);
        assert_eq!(add_earlier(&file, b"table", &mut counters), Ok(()));
        assert_eq!(counters, [6, 302, u64::MAX]);
        assert_eq!(add_earlier(&file[..file.len() - 1], b"table", &mut [0; 3]), Err(Fault::Damaged));
        assert_eq!(add_earlier(&file, b"table", &mut [0; 2]), Err(Fault::Damaged));
    }

    #[test]
    fn only_profiles_are_replaced() {
        let mut counters = [1];
        assert_eq!(add_earlier(b"aot-prof of another", b"table", &mut counters), Ok(()));
        assert_eq!(add_earlier(b"", b"table", &mut counters), Ok(()));
        assert_eq!(add_earlier(b"dear diary", b"table", &mut counters), Err(Fault::Foreign));
        assert_eq!(counters, [1]);
    }

    #[test]
    fn folders_are_what_is_before_the_name() {
        assert_eq!([folder(b"a"), folder(b"b/a"), folder(b"/a")], [b".", &b"b/"[..], b"/"]);
    }
}
