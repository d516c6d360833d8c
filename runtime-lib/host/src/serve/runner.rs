//! A thread that drives workers, as others see it: whether a guest runs on it, since when, and what they want of it.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};

use aot_abi::slab::SlabHeader;
use aot_foundation::interrupt;
use aot_foundation::records::{Interrupts, ThreadRecord, state};

use super::baton::Baton;
use crate::access::SharedHost;

/// [`Runner::since`]: no guest runs.
pub const NO_GUEST: u64 = 0;

/// A thread of the server.
#[repr(C)]
pub struct Runner {
    /// The wishes of others to the thread; its first field, by which the handler finds the rest.
    interrupts: Interrupts,
    /// The record of the thread.
    pub record: *mut ThreadRecord,
    /// The number of the thread.
    number: u32,
    /// The tick at which the guest that runs was resumed, or [`NO_GUEST`].
    since: AtomicU64,
    /// The moment at which the time of the guest that runs is up.
    deadline: AtomicU64,
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
    /// The number of threads that have given up the worker while a guest of it runs on them.
    pub left_behind: AtomicU32,
}

impl Post {
    /// A worker that nobody drives yet.
    pub const fn new() -> Post {
        Post { baton: Baton::new(), driver: AtomicPtr::new(null_mut()), left_behind: AtomicU32::new(0) }
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
    pub fn new(record: *mut ThreadRecord) -> &'static Runner {
        let runner = Runner {
            interrupts: Interrupts { wanted: AtomicU32::new(0), give_up },
            record,
            number: interrupt::thread_number(),
            since: AtomicU64::new(NO_GUEST),
            deadline: AtomicU64::new(u64::MAX),
            post: AtomicPtr::new(null_mut()),
            has_baton: AtomicBool::new(false),
        };
        let runner: &'static Runner = Box::leak(Box::new(runner));
        // SAFETY: it is never freed.
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

    /// Notes that a guest is about to run, since a tick and until a moment.
    pub fn enter_guest(&self, tick: u64, deadline: u64) {
        // A wish that came too late was about another guest.
        self.interrupts.wanted.store(0, Ordering::Release);
        self.deadline.store(deadline, Ordering::Relaxed);
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

    /// Notes that the guest has returned, and takes the baton again if it was given up meanwhile: whether it was.
    pub fn leave_guest(&self, post: &Post) -> bool {
        self.since.store(NO_GUEST, Ordering::Release);
        if self.has_baton.load(Ordering::Relaxed) {
            return false;
        }
        post.baton.take();
        self.has_baton.store(true, Ordering::Relaxed);
        post.left_behind.fetch_sub(1, Ordering::Relaxed);
        true
    }

    /// The tick at which the guest that runs was resumed, and the moment at which its time is up; none if none runs.
    pub fn guest(&self) -> Option<(u64, u64)> {
        let since = self.since.load(Ordering::SeqCst);
        (since != NO_GUEST).then(|| (since, self.deadline.load(Ordering::Relaxed)))
    }

    /// Returns true if the guest that runs keeps others from a worker.
    pub fn keeps_worker(&self) -> bool {
        self.has_baton.load(Ordering::Relaxed)
    }

    /// Asks the thread for something of `aot_foundation::interrupt`, unless its guest has returned by then.
    pub fn interrupt(&self, wanted: u32) {
        self.interrupts.wanted.store(wanted, Ordering::Release);
        interrupt::send(self.number);
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
        let Some(post) = runner.post.load(Ordering::Acquire).as_ref() else { return };
        if !runner.has_baton.swap(true, Ordering::Relaxed) {
            SharedHost::of_slab(slab).lock_by(None);
            post.left_behind.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Gives up the worker whose guest computes on this thread: from now on its host functions take the baton, like others.
///
/// # Safety
///
/// Called by the handler of interruptions, with the interrupts of a runner, on its thread, in guest code.
unsafe fn give_up(interrupts: *const Interrupts, slab: *mut SlabHeader) {
    // SAFETY: the interrupts are a runner's first field, and the slab's program runs.
    let (runner, shared) = unsafe { (&*interrupts.cast::<Runner>(), SharedHost::of_slab(slab)) };
    // SAFETY: posts are never freed.
    let Some(post) = (unsafe { runner.post.load(Ordering::Acquire).as_ref::<'static>() }) else { return };
    if !runner.has_baton.swap(false, Ordering::Relaxed) {
        return;
    }
    shared.lock_by(Some(&post.baton.lock));
    post.left_behind.fetch_add(1, Ordering::Relaxed);
    post.driver.store(null_mut(), Ordering::Release);
    post.baton.release();
}
