//! Inheritance of a process from the one that started it, which it gives up before it does anything: open files that nobody
//! granted, signals that are blocked, and the right of its user's other processes to look into it.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{BorrowedFd, IntoRawFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use aot_foundation::arch;
use aot_foundation::message::SystemError;

/// The first descriptor behind the standard ones.
const FIRST: u32 = 3;
/// Number of the system call, the same on all architectures.
const SYS_CLOSE_RANGE: usize = 436;
/// The first descriptor that stays open if the kernel has no `close_range`.
const CLOSED_ONE_BY_ONE: u64 = 1 << 16;

const SIG_SETMASK: usize = 2;
const PR_SET_DUMPABLE: usize = 4;

/// Lets all signals through that the parent blocked: faults of guests are signals, and so are limits of time.
pub fn unblock_signals() {
    let none = 0u64;
    // SAFETY: the kernel only reads the set, which has as many bytes. There is nothing that it could refuse.
    let _ = unsafe {
        arch::system_call(arch::SYS_SIGPROCMASK, [SIG_SETMASK, (&raw const none).addr(), 0, size_of::<u64>()])
    };
}

/// Opens `/dev/null` for each of descriptors 0 to 2 that is closed: a directory that was granted would take its
/// number, and its place, otherwise.
pub fn keep_standard_files() -> Result<(), SystemError> {
    // SAFETY: asking about a closed descriptor is what this is for.
    let standard = [0, 1, 2].map(|file| unsafe { BorrowedFd::borrow_raw(file) });
    let mut files = standard.map(|file| PollFd::from_borrowed_fd(file, PollFlags::empty()));
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    match poll(&mut files, Some(&at_once)) {
        Ok(_) => {}
        // The system refuses to look at more files than may be open.
        Err(Errno::INVAL) => return Err(SystemError::of("have standard input, output and error open")(Errno::INVAL)),
        Err(_) => return Ok(()),
    }
    for file in &files {
        if file.revents().contains(PollFlags::NVAL) {
            let null = rustix::fs::open("/dev/null", OFlags::RDWR, Mode::empty());
            let null = null.map_err(SystemError::of("open /dev/null in place of a closed standard file"))?;
            // It took the lowest free number, which is this one's.
            let _ = null.into_raw_fd();
        }
    }
    Ok(())
}

/// Closes all descriptors but the standard ones and so many behind them.
pub fn close_others(kept: u32) {
    let first = FIRST.saturating_add(kept) as usize;
    // SAFETY: nothing was opened yet, so that nobody owns these descriptors.
    if unsafe { arch::system_call(SYS_CLOSE_RANGE, [first, u32::MAX as usize, 0, 0]) }.is_err() {
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX).min(CLOSED_ONE_BY_ONE);
        for descriptor in first..limit as usize {
            // SAFETY: as above. Most of them aren't open.
            let _ = unsafe { arch::system_call(arch::SYS_CLOSE, [descriptor, 0, 0, 0]) };
        }
    }
}

/// Takes the right away from other processes of the user to read the memory of this one, and from the system to write it
/// to a file when the process dies.
pub fn hide_memory() {
    // SAFETY: changes nothing in the process. There is nothing that the kernel could refuse.
    let _ = unsafe { arch::system_call(arch::SYS_PRCTL, [PR_SET_DUMPABLE, 0, 0, 0]) };
}
