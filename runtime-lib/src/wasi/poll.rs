//! Waiting for several things at once.

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::{BorrowedFd, RawFd};
use rustix::io::Errno;

use super::clocks::{self, SECOND};

/// What a stream waits for.
#[derive(Clone, Copy)]
pub enum Interest {
    /// It is ready already.
    Ready,
    /// A descriptor of the system can be read, or is at its end.
    Readable(RawFd),
    /// A descriptor of the system can be written.
    Writable(RawFd),
}

/// What would end a wait.
#[derive(Clone, Copy)]
pub enum Event {
    /// A moment of the system's monotonic clock, in nanoseconds.
    Moment(u64),
    /// Something that is ready.
    Interest(Interest),
}

/// Waits for a stream.
pub fn wait(interest: Interest) {
    poll_singly(interest, None);
}

/// Whether a stream is ready.
pub fn is_ready(interest: Interest) -> bool {
    poll_singly(interest, Some(&AT_ONCE))
}

const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

fn poll_singly(interest: Interest, timeout: Option<&Timespec>) -> bool {
    let Some(mut file) = file_of(interest) else { return true };
    loop {
        match rustix::event::poll(core::slice::from_mut(&mut file), timeout) {
            Err(Errno::INTR) => {}
            result => return result != Ok(0),
        }
    }
}

/// Finds which are ready, and tells `ready` their indices; with `block`, waits until there is one.
pub fn poll(events: &[Event], block: bool, ready: &mut dyn FnMut(usize)) {
    let mut files: Vec<PollFd<'static>> = events.iter().filter_map(file_of_event).collect();
    loop {
        let timeout = if block { timeout_of(events) } else { Some(0) };
        if !files.is_empty() || timeout != Some(0) {
            poll_files(&mut files, timeout);
        }
        if tell(events, &files, ready) || !block {
            return;
        }
    }
}

fn file_of_event(event: &Event) -> Option<PollFd<'static>> {
    match event {
        Event::Moment(_) => None,
        Event::Interest(interest) => file_of(*interest),
    }
}

fn file_of(interest: Interest) -> Option<PollFd<'static>> {
    let (file, flags) = match interest {
        Interest::Readable(file) => (file, PollFlags::IN),
        Interest::Writable(file) => (file, PollFlags::OUT),
        Interest::Ready => return None,
    };
    // SAFETY: whoever has the interest keeps the descriptor open; a closed one would only be reported as such.
    Some(PollFd::from_borrowed_fd(unsafe { BorrowedFd::borrow_raw(file) }, flags))
}

/// Nanoseconds until the first moment; none without one.
fn timeout_of(events: &[Event]) -> Option<u64> {
    let mut first: Option<u64> = None;
    for event in events {
        match *event {
            Event::Interest(Interest::Ready) => return Some(0),
            Event::Moment(moment) => first = Some(first.map_or(moment, |first| first.min(moment))),
            Event::Interest(_) => {}
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
    for file in files {
        let _ = rustix::event::poll(core::slice::from_mut(file), Some(&AT_ONCE));
    }
}

fn tell(events: &[Event], files: &[PollFd<'static>], ready: &mut dyn FnMut(usize)) -> bool {
    let mut files = files.iter();
    let mut found = false;
    let mut now = 0;
    for (index, event) in events.iter().enumerate() {
        let is_ready = match *event {
            Event::Interest(Interest::Ready) => true,
            Event::Moment(moment) => {
                if now < moment {
                    now = clocks::monotonic();
                }
                moment <= now
            }
            Event::Interest(_) => files.next().is_some_and(|file| !file.revents().is_empty()),
        };
        if is_ready {
            found = true;
            ready(index);
        }
    }
    found
}
