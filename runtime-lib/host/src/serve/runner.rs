//! A thread that drives workers, as others see it: whether a guest runs on it, since when, and for how long it may.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

use aot_abi::slab::SlabHeader;
use aot_foundation::interrupt;
use aot_foundation::records::{Interrupts, ThreadRecord, state};

use super::allowance::Allowance;
use super::baton::Baton;
use crate::access::SharedHost;
use crate::clocks;

/// [`Runner::since`]: no guest runs.
const NO_GUEST: u64 = 0;
/// The ticks after which a guest that computes has to let others go on: 20 ms.
const TICKS_MAX: u64 = 4;

/// A thread of the server.
#[repr(C)]
pub struct Runner {
    /// The answer to interruptions; its first field, by which the handler finds the rest.
    interrupts: Interrupts,
    /// The record of the thread.
    pub record: *mut ThreadRecord,
    /// The number of the thread.
    number: u32,
    /// The tick at which the guest that runs was resumed, or [`NO_GUEST`].
    since: AtomicU64,
    /// The moment at which the time of the guest that runs is up.
    deadline: AtomicU64,
    /// The reading of the thread's own clock at which the processor's time of that guest is up.
    processor_deadline: AtomicU64,
    /// The first moment at which one of both can be.
    soonest: AtomicU64,
    /// The tick of the last interruption.
    tick: AtomicU64,
    /// The post of the worker that the thread drives; null for none.
    post: AtomicPtr<Post>,
    /// False after the baton was given up for a guest that computes for too long.
    has_baton: AtomicBool,
}
// SAFETY: the record is used by the thread itself alone; all else is atomic.
unsafe impl Sync for Runner {}
// SAFETY: as above.
unsafe impl Send for Runner {}

/// A worker as its threads see it.
pub struct Post {
    /// The right to touch what belongs to the worker.
    pub baton: Baton,
    /// The thread that drives the worker; null while none does.
    driver: AtomicPtr<Runner>,
}

impl Post {
    /// A worker that nobody drives yet.
    pub const fn new() -> Post {
        Post { baton: Baton::new(), driver: AtomicPtr::new(null_mut()) }
    }

    /// Returns true if no thread drives the worker.
    pub fn is_vacant(&self) -> bool {
        self.driver.load(Ordering::Acquire).is_null()
    }

    /// Lets a thread drive the worker, if none does: false if another one does. One that had given it up and whose place
    /// nobody took is still the one.
    pub fn claim(&self, runner: &Runner) -> bool {
        let own = core::ptr::from_ref(runner).cast_mut();
        let claimed = self.driver.compare_exchange(null_mut(), own, Ordering::AcqRel, Ordering::Acquire);
        claimed.is_ok() || claimed == Err(own)
    }
}

impl Runner {
    /// The calling thread, which has this record; it lives as long as the process.
    ///
    /// # Safety
    ///
    /// The record is the calling thread's.
    pub unsafe fn new(record: *mut ThreadRecord) -> &'static Runner {
        let runner = Runner {
            interrupts: Interrupts { decide },
            record,
            number: interrupt::thread_number(),
            since: AtomicU64::new(NO_GUEST),
            deadline: AtomicU64::new(u64::MAX),
            processor_deadline: AtomicU64::new(u64::MAX),
            soonest: AtomicU64::new(u64::MAX),
            tick: AtomicU64::new(0),
            post: AtomicPtr::new(null_mut()),
            has_baton: AtomicBool::new(false),
        };
        let runner: &'static Runner = Box::leak(Box::new(runner));
        // SAFETY: the record is this thread's, and what it refers to is never freed.
        unsafe { interrupt::receive(record, &raw const runner.interrupts) };
        runner
    }

    /// Begins to drive a worker: with its baton.
    pub fn begin(&self, post: &'static Post) {
        post.baton.take();
        self.has_baton.store(true, Ordering::Relaxed);
        self.post.store(core::ptr::from_ref(post).cast_mut(), Ordering::Release);
    }

    /// Ends that. Another thread drives the worker, or nobody has to any more.
    pub fn end(&self, post: &Post) {
        self.post.store(null_mut(), Ordering::Release);
        post.baton.release();
    }

    /// Ends the thread's part: nobody wants anything of it any more.
    pub fn retire(&self) {
        // SAFETY: the record is the calling thread's.
        unsafe { interrupt::ignore(self.record) };
    }

    /// Notes that a guest is about to run, since a tick and for so long.
    pub fn enter_guest(&self, tick: u64, allowance: &Allowance) {
        let (mut soonest, mut processor_deadline) = (allowance.deadline, u64::MAX);
        if let Some(left) = allowance.processor {
            // It can't use the processor for longer than it runs.
            soonest = soonest.min(clocks::monotonic().saturating_add(left));
            processor_deadline = clocks::of_thread().saturating_add(left);
        }
        self.deadline.store(allowance.deadline, Ordering::Relaxed);
        self.processor_deadline.store(processor_deadline, Ordering::Relaxed);
        self.soonest.store(soonest, Ordering::Relaxed);
        self.since.store(tick, Ordering::SeqCst);
    }

    /// The thread on which a slab's guest runs.
    ///
    /// # Safety
    ///
    /// The slab is attached to the calling thread, which is a runner.
    unsafe fn of_slab<'a>(slab: *mut SlabHeader) -> Option<&'a Runner> {
        // SAFETY: the caller's promise; the interrupts of such a thread are its runner's first field.
        unsafe { (*(*state(slab)).thread).interrupts.cast::<Runner>().as_ref() }
    }

    /// Notes that the guest has returned, and takes the baton again if it was given up meanwhile: whether it was. The allowance
    /// is left with what the guest didn't use.
    pub fn leave_guest(&self, post: &Post, allowance: &mut Allowance) -> bool {
        self.since.store(NO_GUEST, Ordering::Release);
        if let Some(left) = &mut allowance.processor {
            *left = self.processor_deadline.load(Ordering::Relaxed).saturating_sub(clocks::of_thread());
        }
        if self.has_baton.load(Ordering::Relaxed) {
            return false;
        }
        post.baton.take();
        self.has_baton.store(true, Ordering::Relaxed);
        true
    }

    /// Returns true if a guest runs.
    pub fn has_guest(&self) -> bool {
        self.since.load(Ordering::SeqCst) != NO_GUEST
    }

    /// Interrupts a guest that may be running for too long, at a tick: whether a guest runs.
    pub fn look(&self, tick: u64, now: u64) -> bool {
        let since = self.since.load(Ordering::SeqCst);
        if since == NO_GUEST {
            return false;
        }
        let keeps_worker = tick.saturating_sub(since) > TICKS_MAX && self.has_baton.load(Ordering::Relaxed);
        if keeps_worker || now >= self.soonest.load(Ordering::Relaxed) {
            self.tick.store(tick, Ordering::Release);
            interrupt::send(self.number);
        }
        true
    }

    /// Returns true if the time of the guest that runs is up, of either kind. To be asked by the thread itself.
    fn is_late(&self) -> bool {
        let processor_deadline = self.processor_deadline.load(Ordering::Relaxed);
        clocks::monotonic() >= self.deadline.load(Ordering::Relaxed)
            || processor_deadline != u64::MAX && clocks::of_thread() >= processor_deadline
    }

    /// Returns true if the guest that runs has kept others from the worker for too long. To be asked by the thread itself.
    fn has_to_give_up(&self) -> bool {
        let since = self.since.load(Ordering::Relaxed);
        since != NO_GUEST && self.tick.load(Ordering::Acquire).saturating_sub(since) > TICKS_MAX
    }
}

/// Keeps the baton that a host function took, because its guest had given up the worker: the guest is about to be suspended,
/// and whoever resumes it has the baton.
///
/// # Safety
///
/// Called by a host function of the slab's guest, on a thread that is a runner.
pub unsafe fn keep_baton(slab: *mut SlabHeader) {
    // SAFETY: the caller's promise; posts are never freed.
    unsafe {
        let Some(runner) = Runner::of_slab(slab) else { return };
        if !runner.has_baton.swap(true, Ordering::Relaxed) {
            SharedHost::of_slab(slab).lock_by(None);
        }
    }
}

/// Takes the baton again, if the guest gave it up, and keeps it.
///
/// # Safety
///
/// On a thread that is a runner, to which the slab is attached; none of its host functions has access to the host's state.
pub unsafe fn regain(slab: *mut SlabHeader) {
    // SAFETY: the caller's promise; posts are never freed.
    unsafe {
        let Some(runner) = Runner::of_slab(slab) else { return };
        if !runner.has_baton.load(Ordering::Relaxed)
            && let Some(post) = runner.post.load(Ordering::Acquire).as_ref()
        {
            post.baton.take();
            keep_baton(slab);
        }
    }
}

/// Decides about the guest that computes on this thread, which may be another one than that of the interruption: true if its
/// time is up. One that has kept others from its worker for too long gives it up.
///
/// # Safety
///
/// Called by the handler of interruptions, with the interrupts of a runner, on its thread, in guest code.
unsafe fn decide(interrupts: *const Interrupts, slab: *mut SlabHeader) -> bool {
    // SAFETY: the interrupts are a runner's first field.
    let runner = unsafe { &*interrupts.cast::<Runner>() };
    if runner.is_late() {
        return true;
    }
    if runner.has_to_give_up() {
        // SAFETY: the caller's promise.
        unsafe { give_up(runner, slab) };
    }
    false
}

/// Gives up the worker whose guest computes on this thread: from now on its host functions take the baton, like others.
///
/// # Safety
///
/// As for [`decide`].
unsafe fn give_up(runner: &Runner, slab: *mut SlabHeader) {
    // SAFETY: the slab's program runs; posts are never freed.
    let (shared, post) =
        unsafe { (SharedHost::of_slab(slab), runner.post.load(Ordering::Acquire).as_ref::<'static>()) };
    let Some(post) = post else { return };
    if !runner.has_baton.swap(false, Ordering::Relaxed) {
        return;
    }
    shared.lock_by(Some(&post.baton.lock));
    post.driver.store(null_mut(), Ordering::Release);
    post.baton.release();
}
