//! Waiting for several things at once.

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::{BorrowedFd, RawFd};
use rustix::io::Errno;

use super::clocks::{self, SECOND};

/// What would end a wait.
#[derive(Clone, Copy)]
pub enum Interest {
    /// It is ready already.
    Ready,
    /// A moment of the system's monotonic clock, in nanoseconds.
    Deadline(u64),
    /// A descriptor of the system can be read, or is at its end.
    Readable(RawFd),
    /// A descriptor of the system can be written.
    Writable(RawFd),
}

/// Finds which are ready, and tells `ready` their indices; with `block`, waits until there is one.
pub fn poll(interests: &[Interest], block: bool, ready: &mut dyn FnMut(usize)) {
    let mut files: Vec<PollFd<'static>> = interests.iter().filter_map(|interest| file_of(*interest)).collect();
    loop {
        let timeout = if block { timeout_of(interests) } else { Some(0) };
        if !files.is_empty() || timeout != Some(0) {
            poll_files(&mut files, timeout);
        }
        if tell(interests, &files, ready) || !block {
            return;
        }
    }
}

/// Waits for one.
pub fn wait(interest: Interest) {
    if !matches!(interest, Interest::Ready) {
        poll(&[interest], true, &mut |_| ());
    }
}

/// Whether one is ready.
pub fn is_ready(interest: Interest) -> bool {
    let mut found = false;
    poll(&[interest], false, &mut |_| found = true);
    found
}

fn file_of(interest: Interest) -> Option<PollFd<'static>> {
    let (file, flags) = match interest {
        Interest::Readable(file) => (file, PollFlags::IN),
        Interest::Writable(file) => (file, PollFlags::OUT),
        Interest::Ready | Interest::Deadline(_) => return None,
    };
    // SAFETY: whoever has the interest keeps the descriptor open; a closed one would only be reported as such.
    Some(PollFd::from_borrowed_fd(unsafe { BorrowedFd::borrow_raw(file) }, flags))
}

/// Nanoseconds until the first deadline; none without one.
fn timeout_of(interests: &[Interest]) -> Option<u64> {
    let mut first: Option<u64> = None;
    for interest in interests {
        match *interest {
            Interest::Ready => return Some(0),
            Interest::Deadline(moment) => first = Some(first.map_or(moment, |first| first.min(moment))),
            Interest::Readable(_) | Interest::Writable(_) => {}
        }
    }
    first.map(|first| first.saturating_sub(clocks::monotonic()))
}

/// An error leaves nothing ready, or everything: then the operation itself tells what is wrong.
fn poll_files(files: &mut [PollFd<'static>], timeout: Option<u64>) {
    let timeout = timeout.map(|timeout| Timespec {
        tv_sec: (timeout / SECOND) as i64,
        tv_nsec: (timeout % SECOND) as i64,
    });
    match rustix::event::poll(files, timeout.as_ref()) {
        Ok(_) => {}
        Err(Errno::INTR) => files.iter_mut().for_each(PollFd::clear_revents),
        Err(_) => wait_singly(files),
    }
}

/// The system refused so many at once: ask for each by itself, without waiting.
fn wait_singly(files: &mut [PollFd<'static>]) {
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    for file in files {
        let _ = rustix::event::poll(core::slice::from_mut(file), Some(&at_once));
    }
}

fn tell(interests: &[Interest], files: &[PollFd<'static>], ready: &mut dyn FnMut(usize)) -> bool {
    let mut files = files.iter();
    let mut found = false;
    let mut now = 0;
    for (index, interest) in interests.iter().enumerate() {
        let is_ready = match *interest {
            Interest::Ready => true,
            Interest::Deadline(moment) => {
                if now < moment {
                    now = clocks::monotonic();
                }
                moment <= now
            }
            Interest::Readable(_) | Interest::Writable(_) => {
                files.next().is_some_and(|file| !file.revents().is_empty())
            }
        };
        if is_ready {
            found = true;
            ready(index);
        }
    }
    found
}
