//! Waiting: the only place where a host function waits for several things at once.
//!
//! What can be waited for is a moment, a descriptor of the system, or something that a [`Source`] brings on while the
//! guest waits.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};
use std::rc::Rc;

use aot_abi::trap::Trap;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fd::{BorrowedFd, RawFd};
use rustix::io::Errno;

use crate::clocks;

/// The condition that a stream waits for.
#[derive(Clone, Copy)]
pub enum Interest {
    /// The stream is ready already.
    Ready,
    /// A descriptor of the system can be read, or is at its end.
    Readable(RawFd),
    /// A descriptor of the system can be written.
    Writable(RawFd),
    /// Something of a source happens.
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "there are no sources"))]
    Source(Awaited),
}

/// Something of a source: the place and what happens there are numbers of the source's own.
#[derive(Clone, Copy)]
pub struct Awaited {
    /// The number of the source, in the order of registration.
    pub source: u32,
    /// The place at which it happens.
    pub place: u32,
    /// The number of the event that can happen at the place.
    pub what: u32,
}

/// A descriptor that is waited for.
#[derive(Clone, Copy)]
pub struct File {
    /// The descriptor, which whoever waits for it keeps open.
    pub file: RawFd,
    /// The conditions that are awaited.
    pub wanted: PollFlags,
    /// The conditions that hold.
    found: PollFlags,
}

impl File {
    /// A descriptor of which nothing is known yet.
    pub fn new(file: RawFd, wanted: PollFlags) -> File {
        File { file, wanted, found: PollFlags::empty() }
    }
}

/// Work that goes on while a guest waits, driven by the wait itself.
pub trait Source {
    /// Does what can be done now.
    fn drive(&self);

    /// Adds the descriptors on which it depends how it goes on; the moment, of the system's monotonic clock, when it does
    /// in any case.
    fn add_files(&self, files: &mut Vec<File>) -> Option<u64>;

    /// Returns true if something has happened at a place.
    fn is_ready(&self, place: u32, what: u32) -> bool;
}

/// Whoever lets others go on while a guest waits, on the stack of the guest.
#[cfg(feature = "http")]
pub trait Waiter {
    /// Returns once one of the descriptors may be ready, the moment has come, or a source was brought on. An error ends the
    /// guest.
    fn wait(&self, files: &[File], until: Option<u64>) -> Result<(), Trap>;
}

/// The sources that are registered. The runtime without HTTP has none, and no code for any.
#[derive(Clone, Default)]
pub struct Sources {
    #[cfg(feature = "http")]
    list: Option<Rc<[Rc<dyn Source>]>>,
    #[cfg(feature = "http")]
    waiter: Option<Rc<dyn Waiter>>,
}

impl Sources {
    /// Registers a source: its number.
    #[cfg(feature = "http")]
    pub fn add(&mut self, source: Rc<dyn Source>) -> u32 {
        let sources: Vec<Rc<dyn Source>> = self.all().iter().cloned().chain([source]).collect();
        let number = sources.len() as u32 - 1;
        self.list = Some(sources.into());
        number
    }

    /// Lets a guest's waits be those of this waiter.
    #[cfg(feature = "http")]
    pub fn wait_by(&mut self, waiter: Rc<dyn Waiter>) {
        self.waiter = Some(waiter);
    }

    /// Waits for descriptors, or so many nanoseconds; `None` is without end.
    fn wait(&self, files: &mut [File], timeout: Option<u64>) -> Result<(), Trap> {
        #[cfg(feature = "http")]
        if let Some(waiter) = &self.waiter
            && timeout != Some(0)
        {
            waiter.wait(files, timeout.map(|timeout| clocks::monotonic().saturating_add(timeout)))?;
            if !files.is_empty() {
                poll_files(files, Some(0));
            }
            return Ok(());
        }
        if !files.is_empty() || timeout != Some(0) {
            poll_files(files, timeout);
        }
        Ok(())
    }

    fn all(&self) -> &[Rc<dyn Source>] {
        #[cfg(feature = "http")]
        return self.list.as_deref().unwrap_or_default();
        #[cfg(not(feature = "http"))]
        &[]
    }

    /// Returns true if there is no source.
    pub fn is_empty(&self) -> bool {
        self.all().is_empty()
    }

    fn drive(&self) {
        self.all().iter().for_each(|source| source.drive());
    }

    fn is_ready(&self, awaited: Awaited) -> bool {
        self.all().get(awaited.source as usize).is_none_or(|source| source.is_ready(awaited.place, awaited.what))
    }
}

/// An event that ends a wait.
#[derive(Clone, Copy)]
pub enum Event {
    /// A moment of the system's monotonic clock, in nanoseconds.
    Moment(u64),
    /// Something that is ready.
    Interest(Interest),
    /// Something that is ready, or a moment.
    InterestUntil(Interest, u64),
}

/// The function of [`end_waits_by`]; null for none. It has a symbol, so that no optimisation knows the one value that it gets, whose code
/// would be in all executables.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
static aot_wait_end: AtomicPtr<()> = AtomicPtr::new(null_mut());

/// Lets a function tell which waits don't go on after a signal: those of a thread whose guest has to end. Only libraries have one.
pub fn end_waits_by(has_to_end: fn() -> bool) {
    aot_wait_end.store(has_to_end as *mut (), Ordering::Release);
}

/// Returns true if the guest of the calling thread has to end: a system call that a signal interrupted isn't made again.
#[inline(never)]
pub fn is_over() -> bool {
    let has_to_end = aot_wait_end.load(Ordering::Acquire);
    if has_to_end.is_null() {
        return false;
    }
    // SAFETY: only functions of this type are stored.
    let has_to_end = unsafe { core::mem::transmute::<*mut (), fn() -> bool>(has_to_end) };
    has_to_end()
}

const AT_ONCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// Returns true if a descriptor is ready. It doesn't wait.
pub fn is_ready(interest: Interest) -> bool {
    poll_singly(interest, Some(&AT_ONCE))
}

fn poll_singly(interest: Interest, timeout: Option<&Timespec>) -> bool {
    let Some((file, flags)) = wanted(interest) else { return true };
    let mut file = poll_fd(file, flags);
    loop {
        match rustix::event::poll(core::slice::from_mut(&mut file), timeout) {
            Err(Errno::INTR) if !is_over() => {}
            Err(Errno::INTR) => return false,
            result => return result != Ok(0),
        }
    }
}

/// The descriptor of an interest, and the condition that is awaited.
fn wanted(interest: Interest) -> Option<(RawFd, PollFlags)> {
    match interest {
        Interest::Ready | Interest::Source(_) => None,
        Interest::Readable(file) => Some((file, PollFlags::IN)),
        Interest::Writable(file) => Some((file, PollFlags::OUT)),
    }
}

fn poll_fd(file: RawFd, flags: PollFlags) -> PollFd<'static> {
    // SAFETY: whoever has the interest keeps the descriptor open; a closed one would only be reported as such.
    PollFd::from_borrowed_fd(unsafe { BorrowedFd::borrow_raw(file) }, flags)
}

/// Waits until something is ready.
pub fn wait(sources: &Sources, interest: Interest) -> Result<(), Trap> {
    if sources.is_empty() {
        return if poll_singly(interest, None) { Ok(()) } else { Err(Trap::TimeExceeded) };
    }
    poll(sources, &[Event::Interest(interest)], true, &mut |_| ())
}

/// Finds which events have happened, and tells `ready` their indices; with `block`, waits until there is one.
pub fn poll(sources: &Sources, events: &[Event], block: bool, ready: &mut dyn FnMut(usize)) -> Result<(), Trap> {
    let (mut files, positions) = files_of(events);
    let own_files = files.len();
    loop {
        sources.drive();
        files.truncate(own_files);
        let moments = sources.all().iter().filter_map(|source| source.add_files(&mut files));
        let source = moments.min().map(|moment| moment.saturating_sub(clocks::monotonic()));
        let own = if block { timeout_of(sources, events) } else { Some(0) };
        let timeout = match (own, source) {
            (Some(own), Some(source)) => Some(own.min(source)),
            (own, source) => own.or(source),
        };
        sources.wait(&mut files, timeout)?;
        if is_over() {
            return Err(Trap::TimeExceeded);
        }
        sources.drive();
        if tell(sources, events, &files, &positions, ready) || !block {
            return Ok(());
        }
    }
}

/// The descriptors on which it depends when one of the events happens, and the moment by which one may have in any case.
#[cfg(feature = "http")]
pub fn needs(sources: &Sources, events: &[Event]) -> (Vec<File>, Option<u64>) {
    let (mut files, _) = files_of(events);
    let source = sources.all().iter().filter_map(|source| source.add_files(&mut files)).min();
    let own = timeout_of(sources, events).map(|timeout| clocks::monotonic().saturating_add(timeout));
    (files, own.into_iter().chain(source).min())
}

/// The descriptors of all events, each once, and for each event which one is its own: the system takes no more of them
/// than a process can have open.
fn files_of(events: &[Event]) -> (Vec<File>, Vec<u32>) {
    let mut files: Vec<File> = Vec::new();
    let mut positions = Vec::with_capacity(events.len());
    for event in events {
        let wanted = match event {
            Event::Moment(_) => None,
            Event::Interest(interest) | Event::InterestUntil(interest, _) => wanted(*interest),
        };
        let Some((file, flags)) = wanted else {
            positions.push(0);
            continue;
        };
        let position = files.iter().position(|present| present.file == file).unwrap_or(files.len());
        match files.get_mut(position) {
            Some(present) => present.wanted |= flags,
            None => files.push(File::new(file, flags)),
        }
        positions.push(position as u32);
    }
    (files, positions)
}

/// Nanoseconds until the first moment; none without one.
fn timeout_of(sources: &Sources, events: &[Event]) -> Option<u64> {
    let mut first: Option<u64> = None;
    for event in events {
        match *event {
            Event::Interest(Interest::Ready) | Event::InterestUntil(Interest::Ready, _) => return Some(0),
            Event::Interest(Interest::Source(awaited)) if sources.is_ready(awaited) => return Some(0),
            Event::Moment(moment) | Event::InterestUntil(_, moment) => {
                first = Some(first.map_or(moment, |first| first.min(moment)));
            }
            Event::Interest(_) => {}
        }
    }
    first.map(|first| first.saturating_sub(clocks::monotonic()))
}

/// An error leaves everything as it was asked for, without waiting.
fn poll_files(files: &mut [File], timeout: Option<u64>) {
    let timeout = timeout.map(clocks::timespec);
    let mut polled: Vec<PollFd<'static>> = files.iter().map(|file| poll_fd(file.file, file.wanted)).collect();
    match rustix::event::poll(&mut polled, timeout.as_ref()) {
        Ok(_) => {}
        Err(Errno::INTR) => polled.iter_mut().for_each(PollFd::clear_revents),
        Err(_) => {
            for file in &mut polled {
                let _ = rustix::event::poll(core::slice::from_mut(file), Some(&AT_ONCE));
            }
        }
    }
    for (file, polled) in files.iter_mut().zip(&polled) {
        file.found = polled.revents();
    }
}

/// Tells which are ready; whether there is one.
fn tell(sources: &Sources, events: &[Event], files: &[File], positions: &[u32], ready: &mut dyn FnMut(usize)) -> bool {
    let mut found = false;
    let mut now = 0;
    let mut has_come = |moment| {
        if now < moment {
            now = clocks::monotonic();
        }
        moment <= now
    };
    let has_happened = |index: usize, interest| match wanted(interest) {
        None => !matches!(interest, Interest::Source(awaited) if !sources.is_ready(awaited)),
        Some((_, flags)) => {
            let file = positions.get(index).and_then(|&position| files.get(position as usize));
            // Besides what is awaited, an error or an end is reported.
            let other = PollFlags::IN | PollFlags::OUT;
            file.is_some_and(|file| file.found.intersects(other.complement() | flags))
        }
    };
    for (index, event) in events.iter().enumerate() {
        let is_ready = match *event {
            Event::Moment(moment) => has_come(moment),
            Event::Interest(interest) => has_happened(index, interest),
            Event::InterestUntil(interest, moment) => has_happened(index, interest) || has_come(moment),
        };
        if is_ready {
            found = true;
            ready(index);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    fn ready_of(events: &[Event], block: bool) -> Vec<usize> {
        let mut indices = Vec::new();
        poll(&Sources::default(), events, block, &mut |index| indices.push(index)).unwrap();
        indices
    }

    #[test]
    fn more_events_than_descriptors_can_be_open() {
        let (mut left, right) = UnixStream::pair().unwrap();
        let read = Event::Interest(Interest::Readable(right.as_raw_fd()));
        let write = Event::Interest(Interest::Writable(right.as_raw_fd()));
        let mut events = vec![read; 5000];
        assert_eq!(ready_of(&events, false), []);
        events[1234] = write;
        assert_eq!(ready_of(&events, true), [1234]);
        left.write_all(b"x").unwrap();
        assert_eq!(ready_of(&events, true).len(), 5000);
    }

    #[test]
    fn moments_come_in_order() {
        let now = clocks::monotonic();
        let events = [Event::Moment(u64::MAX), Event::Moment(now + 300_000_000), Event::Moment(now + 1_000_000)];
        assert_eq!(ready_of(&events, true), [2]);
        assert_eq!(ready_of(&events[..2], true), [1]);
        assert_eq!(ready_of(&events, true), [1, 2]);
        assert_eq!(ready_of(&[Event::Moment(0), Event::Interest(Interest::Ready)], false), [0, 1]);
        assert_eq!(ready_of(&[Event::Moment(u64::MAX)], false), []);
    }

    #[test]
    fn an_end_is_ready() {
        let (left, right) = UnixStream::pair().unwrap();
        assert!(!is_ready(Interest::Readable(right.as_raw_fd())));
        drop(left);
        assert!(is_ready(Interest::Readable(right.as_raw_fd())));
        wait(&Sources::default(), Interest::Readable(right.as_raw_fd())).unwrap();
    }
}
