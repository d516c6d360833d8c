//! Access to the host's state: one host function at a time has it, and gives it up while it waits.
//!
//! Without threads there is no lock. It begins with the first `thread-spawn`; only programs that import that function
//! link its code, because nothing else makes a [`Lock`].

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use aot_abi::limits::Limit;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use crate::host::Host;
use crate::instance::threads::Threads;
use crate::limits::Limits;
use crate::poll::{Event, Interest, poll, wait};
use crate::yielding::Yield;

/// The host's state of one running program, which all its threads share: behind [`SlabHeader::host`].
pub struct SharedHost {
    /// The lock, if there are, or were, threads besides the first; null otherwise.
    lock: AtomicPtr<Lock>,
    /// The program's name in messages.
    pub name: &'static [u8],
    /// The limits of the program.
    pub limits: Limits,
    /// The threads of the program.
    pub threads: Threads,
    host: UnsafeCell<Host>,
}

// SAFETY: the state is reached through `Access` alone, of which there is one at a time: where there are several threads,
// they take the lock. What is counted without atomic operations is part of the state.
unsafe impl Sync for SharedHost {}
// SAFETY: as above; nothing of the state belongs to a thread.
unsafe impl Send for SharedHost {}

/// The beginning of a lock of the host's state: its functions, which only programs link that make such a lock.
#[repr(C)]
pub struct Lock {
    /// Takes the lock, waiting for whoever has it.
    pub take: unsafe fn(*const Lock),
    /// Lets others have the lock.
    pub release: unsafe fn(*const Lock),
    /// Frees the lock, if it is the state's own.
    pub free: Option<unsafe fn(*mut Lock)>,
}

/// The lock of a program with threads. Nothing panics while the mutex is held, which is only to look and to change.
#[repr(C)]
struct ThreadsLock {
    lock: Lock,
    held: Mutex<bool>,
    released: Condvar,
}

impl SharedHost {
    /// The state of a program that has one thread.
    pub fn new(host: Host, name: &'static [u8]) -> SharedHost {
        let limits = host.limits;
        let threads = Threads::new(limits.get(Limit::Threads));
        SharedHost { lock: AtomicPtr::new(null_mut()), name, limits, threads, host: UnsafeCell::new(host) }
    }

    /// Lets host functions take a lock that outlives the state, from their next call on; none if they need none.
    #[cfg(feature = "http")]
    pub fn lock_by(&self, lock: Option<&'static Lock>) {
        let lock = lock.map_or(null_mut(), |lock| core::ptr::from_ref(lock).cast_mut());
        self.lock.store(lock, Ordering::Release);
    }

    /// Ends the tasks of asynchronous components, whose stacks the slab refers to.
    ///
    /// # Safety
    ///
    /// No guest of the program runs, and nothing has access to the state.
    pub unsafe fn end_tasks(&self) {
        // SAFETY: the caller's promise.
        drop(unsafe { (*self.host.get()).concurrency.take() });
    }

    /// The state of a slab's program.
    ///
    /// # Safety
    ///
    /// The slab has its host state, which lives during `'a`.
    pub unsafe fn of_slab<'a>(slab: *mut SlabHeader) -> &'a SharedHost {
        // SAFETY: the caller's promise.
        unsafe { &*core::ptr::with_exposed_provenance((*slab).host as usize) }
    }

    /// The state of a slab's program, for another owner.
    ///
    /// # Safety
    ///
    /// The slab is that of an instance, which lives at the time of the call.
    pub unsafe fn share(slab: *mut SlabHeader) -> Arc<SharedHost> {
        // SAFETY: the caller's promise: an instance notes the address of its own reference, which it keeps.
        unsafe {
            let host = core::ptr::with_exposed_provenance((*slab).host as usize);
            Arc::increment_strong_count(host);
            Arc::from_raw(host)
        }
    }
}

/// The state of a slab's program, for a moment in which nothing else refers to it.
///
/// # Safety
///
/// The slab has its host state, and nothing else borrows it during `'a`.
pub unsafe fn host_of_slab<'a>(slab: *mut SlabHeader) -> &'a mut Host {
    // SAFETY: the caller's promise.
    unsafe { &mut *SharedHost::of_slab(slab).host.get() }
}

impl Drop for SharedHost {
    fn drop(&mut self) {
        let lock = *self.lock.get_mut();
        // SAFETY: it is a lock for as long as this refers to it, and nobody has access any more.
        unsafe {
            if let Some(free) = lock.as_ref().and_then(|lock| lock.free) {
                free(lock);
            }
        }
    }
}

/// The right of a host function to use the state, until the function [ends](Access::end) the access.
pub struct Access<'a> {
    shared: &'a SharedHost,
}

impl<'a> Access<'a> {
    /// Takes the state of a slab's program, waiting for whoever has it.
    ///
    /// # Safety
    ///
    /// The slab has its host state, which lives during `'a`, and this thread has no access to it.
    pub unsafe fn of_slab(slab: *mut SlabHeader) -> Access<'a> {
        // SAFETY: the caller's promise.
        let access = Access { shared: unsafe { SharedHost::of_slab(slab) } };
        access.take();
        access
    }

    #[inline(never)]
    fn release(&self) {
        // SAFETY: null, or a lock for as long as the state refers to it; the function is its own.
        unsafe {
            if let Some(lock) = self.shared.lock.load(Ordering::Acquire).as_ref() {
                (lock.release)(lock);
            }
        }
    }

    #[inline(never)]
    fn take(&self) {
        // SAFETY: as above.
        unsafe {
            if let Some(lock) = self.shared.lock.load(Ordering::Acquire).as_ref() {
                (lock.take)(lock);
            }
        }
    }

    /// Lets others have the state. Each access ends so; that isn't left to a drop, whose code would be in every host
    /// function.
    pub fn end(&mut self) {
        self.release();
    }

    /// Notes that there are threads from now on.
    pub fn begin_threads(&mut self) {
        self.has_threads = true;
        if self.shared.lock.load(Ordering::Relaxed).is_null() {
            let lock = Lock { take, release, free: Some(free) };
            // This access has it already.
            let lock = ThreadsLock { lock, held: Mutex::new(true), released: Condvar::new() };
            self.shared.lock.store(Box::into_raw(Box::new(lock)).cast(), Ordering::Release);
        }
    }

    /// Finds which events have happened, and tells `ready` their indices; with `block`, waits until there is one.
    ///
    /// # Errors
    /// The guest's time was up while it waited.
    pub fn poll(&mut self, events: &[Event], block: bool, ready: &mut dyn FnMut(usize)) -> Result<(), Trap> {
        let sources = self.sources.clone();
        // Sources are part of the state.
        if !block || !sources.is_empty() {
            return poll(&sources, events, block, ready);
        }
        self.give_up(|| poll(&sources, events, block, ready))
    }
}

impl Yield for Access<'_> {
    fn give_up<T>(&mut self, call: impl FnOnce() -> T) -> T {
        self.release();
        let result = call();
        self.take();
        result
    }

    #[inline(never)]
    fn wait(&mut self, interest: Interest) -> Result<(), Trap> {
        let sources = self.sources.clone();
        if !sources.is_empty() {
            return wait(&sources, interest);
        }
        self.give_up(|| wait(&sources, interest))
    }
}

impl Deref for Access<'_> {
    type Target = Host;

    fn deref(&self) -> &Host {
        // SAFETY: this access is the only one, and `give_up` borrows it mutably.
        unsafe { &*self.shared.host.get() }
    }
}

impl DerefMut for Access<'_> {
    fn deref_mut(&mut self) -> &mut Host {
        // SAFETY: as above.
        unsafe { &mut *self.shared.host.get() }
    }
}

/// # Safety
///
/// The lock is a [`ThreadsLock`].
unsafe fn take(lock: *const Lock) {
    // SAFETY: the caller's promise.
    let lock: &ThreadsLock = unsafe { &*lock.cast() };
    let mut held = lock.held.lock().unwrap_or_else(PoisonError::into_inner);
    while *held {
        held = lock.released.wait(held).unwrap_or_else(PoisonError::into_inner);
    }
    *held = true;
}

/// # Safety
///
/// The lock is a [`ThreadsLock`].
unsafe fn release(lock: *const Lock) {
    // SAFETY: the caller's promise.
    let lock: &ThreadsLock = unsafe { &*lock.cast() };
    *lock.held.lock().unwrap_or_else(PoisonError::into_inner) = false;
    lock.released.notify_one();
}

/// # Safety
///
/// The lock is a [`ThreadsLock`] in a box that nobody else has.
unsafe fn free(lock: *mut Lock) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::<ThreadsLock>::from_raw(lock.cast()) });
}
