//! The progress of a connection, which decides how long it may go on without a byte of its client.

use core::cell::{Cell, RefCell};
use core::task::{Context, Poll, Waker};

use crate::clocks;
use crate::http::order::Orders;

/// The state of a connection.
pub struct Progress {
    /// Requests whose responses aren't at their end.
    busy: Cell<u32>,
    /// The moment since which the client has been silent, or since which it sends a head.
    since: Cell<u64>,
    /// True after the first byte of a head.
    in_head: Cell<bool>,
    /// True if a part of a head is there that a status can refuse.
    is_partial: Cell<bool>,
    /// True once that head is too late.
    is_late: Cell<bool>,
    head_time: u64,
    idle_time: u64,
    stall_time: u64,
    /// The moment since which the client has taken nothing though there is something for it.
    blocked_since: Cell<Option<u64>>,
    /// True while there may be more of a message to read than was read.
    has_unread: Cell<bool>,
    /// True once the connection has to end after the responses that have begun.
    is_last: Cell<bool>,
    /// True if the end has to be one that no client takes for the end of a response.
    is_broken: Cell<bool>,
    /// Requests whose responses were dropped, less those whose were sent.
    abandoned: Cell<u32>,
    /// The last chunk of a body with trailers.
    last_chunk: RefCell<Option<Vec<u8>>>,
    /// The heads that are to be put in order.
    orders: Orders,
    /// The number of times that everything was sent that there was to send.
    flushes: Cell<u64>,
    waiting_for_flush: RefCell<Vec<Waker>>,
    connection: RefCell<Option<Waker>>,
}

/// The most requests of one connection that a client may abandon beyond those that it waits for.
const ABANDONED_MAX: u32 = 200;

impl Progress {
    /// A connection that has been made, with bounds of time in nanoseconds. The first head may not take longer than any
    /// other, from now on.
    pub fn new(head_time: u64, idle_time: u64, stall_time: u64) -> Progress {
        Progress {
            busy: Cell::new(0),
            since: Cell::new(clocks::monotonic()),
            in_head: Cell::new(true),
            is_partial: Cell::new(false),
            is_late: Cell::new(false),
            head_time,
            idle_time,
            stall_time,
            blocked_since: Cell::new(None),
            has_unread: Cell::new(false),
            is_last: Cell::new(false),
            is_broken: Cell::new(false),
            abandoned: Cell::new(0),
            last_chunk: RefCell::new(None),
            orders: Orders::default(),
            flushes: Cell::new(0),
            waiting_for_flush: RefCell::default(),
            connection: RefCell::default(),
        }
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
        self.is_partial.set(false);
    }

    /// The heads that are to be put in order.
    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    /// Returns true if no request goes on.
    pub fn is_idle(&self) -> bool {
        self.busy.get() == 0
    }

    /// Notes a part of a head.
    pub fn begin_head(&self) {
        self.received();
        self.is_partial.set(true);
    }

    /// Returns true once a head is too late that has begun.
    pub fn is_late(&self) -> bool {
        self.is_late.get()
    }

    /// Returns true if the client is to be told that its head is too late, which it is once.
    pub fn tells_late(&self) -> bool {
        let tells = self.busy.get() == 0 && self.is_partial.get() && !self.is_late.replace(true);
        if tells {
            self.since.set(clocks::monotonic());
        }
        tells
    }

    /// Notes the end of a request, of which the response was sent or not.
    pub fn end(&self, is_sent: bool) {
        self.busy.set(self.busy.get() - 1);
        if self.busy.get() == 0 {
            self.since.set(clocks::monotonic());
        }
        let abandoned = self.abandoned.get();
        self.abandoned.set(if is_sent { abandoned.saturating_sub(1) } else { abandoned + 1 });
    }

    /// Notes whether the client took something that there was for it.
    pub fn wrote(&self, is_blocked: bool) {
        match (is_blocked, self.blocked_since.get()) {
            (true, None) => self.blocked_since.set(Some(clocks::monotonic())),
            (false, Some(_)) => self.blocked_since.set(None),
            _ => {}
        }
    }

    /// The moment at which the connection has to end; none while something goes on.
    pub fn deadline(&self) -> Option<u64> {
        let stalled = self.blocked_since.get().map(|since| since.saturating_add(self.stall_time));
        let time = if self.in_head.get() { self.head_time } else { self.idle_time };
        let silent = (self.busy.get() == 0).then(|| self.since.get().saturating_add(time));
        stalled.into_iter().chain(silent).min()
    }

    /// Returns true if the client takes nothing though there is something for it.
    pub fn is_stalled(&self) -> bool {
        self.blocked_since.get().is_some()
    }

    /// Returns true if the client makes more requests than it waits for.
    pub fn is_abused(&self) -> bool {
        self.abandoned.get() > ABANDONED_MAX
    }

    /// Notes whether there may be more of a message to read than was read.
    pub fn set_unread(&self, has_unread: bool) {
        self.has_unread.set(has_unread);
    }

    /// Returns true if there may be more of a message to read than was read.
    pub fn has_unread(&self) -> bool {
        self.has_unread.get()
    }

    /// Lets the connection end after the responses that have begun.
    pub fn set_last(&self) {
        self.is_last.set(true);
        self.wake_connection();
    }

    /// Returns true once the connection has to end after the responses that have begun.
    pub fn is_last(&self) -> bool {
        self.is_last.get()
    }

    /// Lets the connection end as no response does.
    pub fn set_broken(&self) {
        self.is_broken.set(true);
    }

    /// Returns true if the end has to be one that no client takes for the end of a response.
    pub fn is_broken(&self) -> bool {
        self.is_broken.get()
    }

    /// The last chunk that is to be sent in place of the library's.
    pub fn last_chunk(&self) -> &RefCell<Option<Vec<u8>>> {
        &self.last_chunk
    }

    /// Notes the task of the connection.
    pub fn driven_by(&self, task: &Waker) {
        let mut connection = self.connection.borrow_mut();
        match &mut *connection {
            Some(present) => present.clone_from(task),
            None => *connection = Some(task.clone()),
        }
    }

    fn wake_connection(&self) {
        if let Some(connection) = &*self.connection.borrow() {
            connection.wake_by_ref();
        }
    }

    /// Notes that everything was sent that there was to send.
    pub fn flushed(&self) {
        self.flushes.set(self.flushes.get() + 1);
        self.waiting_for_flush.take().into_iter().for_each(Waker::wake);
    }

    /// The number of times that everything was sent.
    pub fn flushes(&self) -> u64 {
        self.flushes.get()
    }

    /// Waits until everything was sent once more than so often.
    pub fn poll_flushed(&self, before: u64, cx: &Context<'_>) -> Poll<()> {
        if self.flushes.get() > before {
            return Poll::Ready(());
        }
        self.waiting_for_flush.borrow_mut().push(cx.waker().clone());
        self.wake_connection();
        Poll::Pending
    }
}
