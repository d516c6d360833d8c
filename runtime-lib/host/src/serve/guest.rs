//! The run of a guest for one request: start-up and the call of its handler, on a stack of its own.

use core::task::{Poll, Waker};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;
use aot_foundation::coroutine;

use super::allowance::Allowance;
use super::reactor::{Alarm, Reactor, Registration};
use super::runner;
use super::worker::Worker;
use crate::instance::Instance;
use crate::poll::{File, Waiter};

/// The way in which the guest of one instance waits: its stack is left, and the worker goes on with others.
pub struct GuestWaiter {
    slab: Cell<*mut SlabHeader>,
    wanted: RefCell<Vec<File>>,
    until: Cell<Option<u64>>,
    /// True once the guest has to end.
    is_over: Cell<bool>,
}

impl GuestWaiter {
    /// A way to wait for the guest of an instance to come.
    pub fn new() -> Rc<GuestWaiter> {
        Rc::new(GuestWaiter {
            slab: Cell::new(core::ptr::null_mut()),
            wanted: RefCell::default(),
            until: Cell::new(None),
            is_over: Cell::new(false),
        })
    }

    /// The waits of a guest in this instance from now on.
    pub fn wait_in(&self, instance: &Instance) {
        self.slab.set(instance.slab());
    }

    /// Lets each wait of the guest end with a trap from now on.
    pub fn end(&self) {
        self.is_over.set(true);
    }

    /// Wakes a task once the guest needn't wait any more, or its time is up.
    fn wake(&self, reactor: &Rc<Reactor>, deadline: u64, task: &Waker) -> (Vec<Registration>, Option<Alarm>) {
        let registrations = reactor.wake_once(self.wanted.borrow_mut().drain(..), task);
        let moment = self.until.take().map_or(deadline, |until| until.min(deadline));
        (registrations, (moment != u64::MAX).then(|| reactor.wake_at(moment, task)))
    }
}

impl Waiter for GuestWaiter {
    fn wait(&self, files: &[File], until: Option<u64>) -> Result<(), Trap> {
        self.wanted.borrow_mut().extend_from_slice(files);
        self.until.set(until);
        if !self.is_over.get() {
            // SAFETY: the guest of the slab waits in a host function, on the stack of its call.
            unsafe {
                runner::keep_baton(self.slab.get());
                coroutine::suspend(self.slab.get());
            }
        }
        if self.is_over.get() { Err(Trap::TimeExceeded) } else { Ok(()) }
    }
}

/// A call of a guest function, which waits as the waiter of its instance says.
pub struct GuestCall<'g> {
    /// The instance in which the guest runs.
    pub instance: &'g mut Instance,
    /// The waiter of the instance's host state.
    pub waiter: &'g GuestWaiter,
    /// The worker.
    pub worker: &'g Worker,
    /// The time that is left for the request.
    pub allowance: &'g mut Allowance,
}

impl GuestCall<'_> {
    /// Calls the function with this entry trampoline, `vmctx` and parameters; the values afterwards, or the trap.
    ///
    /// # Safety
    ///
    /// As for [`call_guest`](aot_foundation::entry::call_guest), on the worker's thread, which has the record.
    pub async unsafe fn call(self, entry: u32, vmctx: u64, values: Vec<[u64; 2]>) -> Result<Vec<[u64; 2]>, Trap> {
        // SAFETY: the caller's promise; the call ends before the instance is used otherwise.
        let coroutine = unsafe { self.instance.call_on_stack(entry, vmctx, values) };
        let mut coroutine = coroutine.map_err(|_| Trap::LimitExceeded)?;
        let mut wait = (Vec::new(), None);
        core::future::poll_fn(|cx| {
            wait = (Vec::new(), None);
            if self.allowance.is_used_up() {
                self.waiter.end();
            }
            let worker = self.worker;
            let runner = worker.current();
            // SAFETY: the caller's promise; the runner's thread is this one.
            let has_ended = unsafe {
                self.instance.attach(runner.record);
                worker.enter_guest(self.allowance);
                coroutine.resume()
            };
            if runner.leave_guest(worker.post, self.allowance) {
                self.instance.shared().lock_by(None);
                worker.set_current(runner);
            }
            if has_ended {
                return Poll::Ready(());
            }
            wait = self.waiter.wake(&worker.reactor, self.allowance.deadline, cx.waker());
            Poll::Pending
        })
        .await;
        drop(wait);
        let ended = coroutine.end().map_err(|_| Trap::Other)?;
        self.instance.keep_stack(ended.stack);
        ended.outcome
    }
}
