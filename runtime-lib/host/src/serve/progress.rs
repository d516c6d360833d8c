//! How far a connection is, which decides how long it may go on without a byte of its client.

use core::cell::Cell;

use crate::clocks;

/// The state of a connection.
pub struct Progress {
    /// Requests whose responses aren't at their end.
    busy: Cell<u32>,
    /// The moment since which the client has been silent, or since which it sends a head.
    since: Cell<u64>,
    /// True after the first byte of a head.
    in_head: Cell<bool>,
    head_time: u64,
    idle_time: u64,
}

impl Progress {
    /// A connection that has been made, with bounds of time in nanoseconds. The first head may not take longer than any
    /// other, from now on.
    pub fn new(head_time: u64, idle_time: u64) -> Progress {
        let since = Cell::new(clocks::monotonic());
        Progress { busy: Cell::new(0), since, in_head: Cell::new(true), head_time, idle_time }
    }

    /// Notes bytes of the client.
    pub fn received(&self) {
        if self.busy.get() == 0 && !self.in_head.replace(true) {
            self.since.set(clocks::monotonic());
        }
    }

    /// Notes a request.
    pub fn begin(&self) {
        self.busy.set(self.busy.get() + 1);
        self.in_head.set(false);
    }

    /// Notes the end of a response.
    pub fn end(&self) {
        self.busy.set(self.busy.get() - 1);
        if self.busy.get() == 0 {
            self.since.set(clocks::monotonic());
        }
    }

    /// The moment at which the connection has to end; none while something goes on.
    pub fn deadline(&self) -> Option<u64> {
        let time = if self.in_head.get() { self.head_time } else { self.idle_time };
        (self.busy.get() == 0).then(|| self.since.get().saturating_add(time))
    }
}
