//! The lock of the host's state, in programs with threads: a host function holds it but while the system may make it wait.
//!
//! Without threads there is none. It begins with the first `thread-spawn`, when no host function that takes it runs.

use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use super::host::Host;

/// Whether there are, or were, threads besides the first.
static THREADS: AtomicBool = AtomicBool::new(false);
/// Whether somebody holds the lock. Nothing panics while the mutex is held, which is only to look and to change.
static HELD: Mutex<bool> = Mutex::new(false);
static RELEASED: Condvar = Condvar::new();

/// From now on there are threads.
pub fn begin() {
    THREADS.store(true, Ordering::SeqCst);
}

/// Whether other threads can change the guest's memory while a host function looks at it: what it checks and then uses
/// has to be copied.
pub fn has_threads() -> bool {
    THREADS.load(Ordering::Relaxed)
}

/// Takes the lock. Who takes it [releases](release) it.
pub fn take() {
    if has_threads() {
        take_it();
    }
}

/// Releases the lock.
pub fn release() {
    if has_threads() {
        release_it();
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
    core::hint::black_box(&mut *host);
    let result = without(wait);
    core::hint::black_box(host);
    result
}

#[cold]
fn take_it() {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    while *held {
        held = RELEASED.wait(held).unwrap_or_else(PoisonError::into_inner);
    }
    *held = true;
}

#[cold]
fn release_it() {
    *HELD.lock().unwrap_or_else(PoisonError::into_inner) = false;
    RELEASED.notify_one();
}
