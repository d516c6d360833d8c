//! Conditions that the tasks of an exchange wait for. Tasks are polled all together, and each says again what it waits for.

use std::cell::{Cell, RefCell};
use std::os::fd::RawFd;
use std::pin::Pin;
use std::task::{Context, Poll};

use rustix::event::PollFlags;

use crate::clocks;
use crate::poll::File;

/// Descriptors and a moment.
pub struct Reactor {
    files: RefCell<Vec<(RawFd, PollFlags)>>,
    moment: Cell<Option<u64>>,
}

impl Reactor {
    /// A reactor that waits for nothing.
    pub const fn new() -> Reactor {
        Reactor { files: RefCell::new(Vec::new()), moment: Cell::new(None) }
    }

    /// Forgets all descriptors and the moment.
    pub fn clear(&self) {
        self.files.borrow_mut().clear();
        self.moment.set(None);
    }

    /// Notes a descriptor that has to be readable or writable. Whoever waits for it keeps it open.
    pub fn wait_for(&self, file: RawFd, flags: PollFlags) {
        let mut files = self.files.borrow_mut();
        match files.iter_mut().find(|(present, _)| *present == file) {
            Some((_, present)) => *present |= flags,
            None => files.push((file, flags)),
        }
    }

    /// Notes a moment of the monotonic clock.
    pub fn wait_until(&self, moment: u64) {
        self.moment.set(Some(self.moment.get().map_or(moment, |present| present.min(moment))));
    }

    /// Returns true if a moment has come, and notes the moment otherwise.
    pub fn has_come(&self, moment: u64) -> bool {
        let has_come = clocks::monotonic() >= moment;
        if !has_come {
            self.wait_until(moment);
        }
        has_come
    }

    /// Adds the descriptors for the system: the moment.
    pub fn add_files(&self, files: &mut Vec<File>) -> Option<u64> {
        files.extend(self.files.borrow().iter().map(|&(file, flags)| File::new(file, flags)));
        self.moment.get()
    }

    /// The output of a future; none if a moment comes first.
    pub async fn before<T>(&self, moment: u64, future: impl Future<Output = T>) -> Option<T> {
        let mut future = core::pin::pin!(future);
        core::future::poll_fn(|cx: &mut Context<'_>| match Pin::as_mut(&mut future).poll(cx) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if self.has_come(moment) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        })
        .await
    }
}
