//! Conditions that the tasks of a worker wait for: descriptors and moments.
//!
//! A descriptor of a connection stays registered, and tells each change once: whoever uses it tries first and waits only
//! after the system has refused. One that a guest waits for is registered for that wait.

use core::task::{Context, Poll, Waker};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::rc::Rc;
use std::sync::Arc;

use rustix::buffer::spare_capacity;
use rustix::event::PollFlags;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;

use super::executor::Queue;
use crate::clocks;
use crate::poll::File;

/// The most events that are taken at once.
const EVENTS_MAX: usize = 256;

/// The descriptors and moments of a worker's tasks.
pub struct Reactor {
    /// The queue of the worker, which is woken for a moment that comes before all others.
    queue: Arc<Queue>,
    epoll: OwnedFd,
    waiting: RefCell<Waiting>,
    moments: RefCell<BTreeMap<(u64, u64), Waker>>,
    last_moment: Cell<u64>,
    events: RefCell<Vec<Event>>,
}

/// Whoever waits for a descriptor, by the number under which it is registered.
#[derive(Default)]
struct Waiting {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

#[derive(Default)]
struct Slot {
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// The number of times that the slot was used: an event for a former user is nobody's.
    generation: u32,
}

/// The direction in which a descriptor is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// There is something to read, or the end.
    Read,
    /// There is room to write.
    Write,
}

impl Reactor {
    /// A reactor that waits for nothing.
    pub fn new(queue: Arc<Queue>) -> Result<Reactor, Errno> {
        Ok(Reactor {
            queue,
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            waiting: RefCell::default(),
            moments: RefCell::default(),
            last_moment: Cell::new(0),
            events: RefCell::new(Vec::with_capacity(EVENTS_MAX)),
        })
    }

    /// Registers a descriptor of which each change is to be told once.
    pub fn register(self: &Rc<Self>, file: impl AsFd, further: EventFlags) -> Result<Registration, Errno> {
        self.add(file.as_fd(), EventFlags::ET | further)
    }

    fn add(self: &Rc<Self>, file: BorrowedFd<'_>, flags: EventFlags) -> Result<Registration, Errno> {
        let (number, generation) = self.waiting.borrow_mut().take();
        let registration = Registration { reactor: self.clone(), number, file: file.as_raw_fd() };
        let data = EventData::new_u64(u64::from(generation) << 32 | u64::from(number));
        epoll::add(&self.epoll, file, data, flags)?;
        Ok(registration)
    }

    /// Wakes a task once one of these descriptors may be ready.
    pub fn wake_once(self: &Rc<Self>, files: impl Iterator<Item = File>, waker: &Waker) -> Vec<Registration> {
        let mut registrations = Vec::new();
        for File { file, wanted, .. } in files {
            // SAFETY: whoever waits for it keeps it open; a closed one would only be refused.
            let file = unsafe { BorrowedFd::borrow_raw(file) };
            let mut flags = EventFlags::ONESHOT;
            flags.set(EventFlags::IN, wanted.contains(PollFlags::IN));
            flags.set(EventFlags::OUT, wanted.contains(PollFlags::OUT));
            match self.add(file, flags) {
                Ok(registration) => {
                    registration.set(Direction::Read, waker);
                    registration.set(Direction::Write, waker);
                    registrations.push(registration);
                }
                // What can't be waited for is always ready.
                Err(_) => waker.wake_by_ref(),
            }
        }
        registrations
    }

    /// Wakes a task at a moment of the monotonic clock, unless the value is dropped before.
    pub fn wake_at(self: &Rc<Self>, moment: u64, waker: &Waker) -> Alarm {
        let number = self.last_moment.get() + 1;
        self.last_moment.set(number);
        let key = (moment, number);
        let mut moments = self.moments.borrow_mut();
        moments.insert(key, waker.clone());
        if moments.first_key_value().is_some_and(|(first, _)| *first == key) {
            self.queue.wake();
        }
        drop(moments);
        Alarm { reactor: self.clone(), key }
    }

    /// The time until the next moment, in nanoseconds; none without one.
    pub fn timeout(&self) -> Option<u64> {
        let (moment, _) = *self.moments.borrow().first_key_value()?.0;
        Some(moment.saturating_sub(clocks::monotonic()))
    }

    /// Takes what has happened from the system, waiting for as long if nothing has. Nothing else of the reactor is used
    /// meanwhile, so that it is for the thread that drives the worker, without the baton.
    pub fn wait(&self, timeout: Option<u64>) {
        let mut events = self.events.borrow_mut();
        events.clear();
        let timeout = timeout.map(clocks::timespec);
        // An interruption is as good as nothing.
        let _ = epoll::wait(&self.epoll, spare_capacity(&mut events), timeout.as_ref());
    }

    /// Tells tasks what has happened.
    pub fn tell(&self) {
        let mut waiting = self.waiting.borrow_mut();
        for event in self.events.borrow_mut().drain(..) {
            waiting.tell(event.data.u64(), event.flags);
        }
        drop(waiting);
        self.tell_moments();
    }

    fn tell_moments(&self) {
        if self.moments.borrow().is_empty() {
            return;
        }
        let now = clocks::monotonic();
        let mut moments = self.moments.borrow_mut();
        while let Some(first) = moments.first_entry().filter(|first| first.key().0 <= now) {
            first.remove().wake();
        }
    }

    /// Waits until a moment of the monotonic clock.
    pub async fn until(self: &Rc<Self>, moment: u64) {
        let mut alarm = None;
        core::future::poll_fn(|cx| {
            if clocks::monotonic() >= moment {
                return Poll::Ready(());
            }
            alarm = Some(self.wake_at(moment, cx.waker()));
            Poll::Pending
        })
        .await;
    }

    /// Returns the output of a future; none if a moment comes first.
    pub async fn before<T>(self: &Rc<Self>, moment: u64, future: impl Future<Output = T>) -> Option<T> {
        let mut future = core::pin::pin!(future);
        let mut end = core::pin::pin!(self.until(moment));
        core::future::poll_fn(|cx: &mut Context<'_>| match future.as_mut().poll(cx) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending => end.as_mut().poll(cx).map(|()| None),
        })
        .await
    }
}

impl Waiting {
    fn take(&mut self) -> (u32, u32) {
        if let Some(number) = self.free.pop()
            && let Some(slot) = self.slots.get(number as usize)
        {
            return (number, slot.generation);
        }
        self.slots.push(Slot::default());
        (self.slots.len() as u32 - 1, 0)
    }

    fn give_back(&mut self, number: u32) {
        if let Some(slot) = self.slots.get_mut(number as usize) {
            *slot = Slot { generation: slot.generation.wrapping_add(1), ..Slot::default() };
            self.free.push(number);
        }
    }

    fn tell(&mut self, data: u64, flags: EventFlags) {
        let Some(slot) = self.slots.get_mut(data as u32 as usize) else { return };
        if slot.generation != (data >> 32) as u32 {
            return;
        }
        let other = EventFlags::ERR | EventFlags::HUP;
        if flags.intersects(EventFlags::IN | EventFlags::RDHUP | other)
            && let Some(waker) = slot.reader.take()
        {
            waker.wake();
        }
        if flags.intersects(EventFlags::OUT | other)
            && let Some(waker) = slot.writer.take()
        {
            waker.wake();
        }
    }
}

/// A descriptor that a reactor tells of. To be dropped before the descriptor is closed.
pub struct Registration {
    reactor: Rc<Reactor>,
    number: u32,
    file: RawFd,
}

impl Registration {
    /// Wakes a task at the next change in a direction.
    pub fn wake<T>(&self, direction: Direction, cx: &Context<'_>) -> Poll<T> {
        self.set(direction, cx.waker());
        Poll::Pending
    }

    fn set(&self, direction: Direction, waker: &Waker) {
        let mut waiting = self.reactor.waiting.borrow_mut();
        let Some(slot) = waiting.slots.get_mut(self.number as usize) else { return };
        let place = if direction == Direction::Read { &mut slot.reader } else { &mut slot.writer };
        match place {
            Some(present) => present.clone_from(waker),
            None => *place = Some(waker.clone()),
        }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // SAFETY: it is still open.
        let file = unsafe { BorrowedFd::borrow_raw(self.file) };
        let _ = epoll::delete(&self.reactor.epoll, file);
        self.reactor.waiting.borrow_mut().give_back(self.number);
    }
}

/// A moment at which a task is woken.
pub struct Alarm {
    reactor: Rc<Reactor>,
    key: (u64, u64),
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.reactor.moments.borrow_mut().remove(&self.key);
    }
}
