//! The lock of the host's state, in programs with threads: a host function holds it but while the system may make it wait.
//!
//! Without threads there is none. It begins with the first `thread-spawn`, when no host function that takes it runs; and
//! only programs that import that function link its code.

use core::hint::black_box;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use super::host::Host;

/// What there is to do where there are threads.
struct Lock {
    take: fn(),
    release: fn(),
}

/// The lock, where there are, or were, threads besides the first; null otherwise.
static LOCK: AtomicPtr<Lock> = AtomicPtr::new(null_mut());
/// Whether somebody holds the lock. Nothing panics while the mutex is held, which is only to look and to change.
static HELD: Mutex<bool> = Mutex::new(false);
static RELEASED: Condvar = Condvar::new();

/// From now on there are threads.
pub fn begin() {
    static TRUE_LOCK: Lock = Lock { take: take_it, release: release_it };
    // An optimiser that knew of no other value would call the functions themselves, and link them to every program.
    LOCK.store(black_box(&raw const TRUE_LOCK).cast_mut(), Ordering::SeqCst);
}

fn lock() -> Option<&'static Lock> {
    // SAFETY: null, or what `begin` wrote.
    unsafe { LOCK.load(Ordering::Acquire).as_ref() }
}

/// Whether other threads can change the guest's memory while a host function looks at it: what it checks and then uses
/// has to be copied.
pub fn has_threads() -> bool {
    lock().is_some()
}

/// Takes the lock. Who takes it [releases](release) it.
pub fn take() {
    if let Some(lock) = lock() {
        (lock.take)();
    }
}

/// Releases the lock.
pub fn release() {
    if let Some(lock) = lock() {
        (lock.release)();
    }
}

/// Runs what may wait for something outside of the program, which must not look at the host's state.
pub fn without<T>(wait: impl FnOnce() -> T) -> T {
    release();
    let result = wait();
    take();
    result
}

/// The same in a function that goes on with the host's state afterwards: the compiler must not take for granted that it
/// stays as it was.
pub fn without_host<T>(host: &mut Host, wait: impl FnOnce() -> T) -> T {
    black_box(&mut *host);
    let result = without(wait);
    black_box(host);
    result
}

fn take_it() {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    while *held {
        held = RELEASED.wait(held).unwrap_or_else(PoisonError::into_inner);
    }
    *held = true;
}

fn release_it() {
    *HELD.lock().unwrap_or_else(PoisonError::into_inner) = false;
    RELEASED.notify_one();
}
