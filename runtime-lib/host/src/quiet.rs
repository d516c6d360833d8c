//! Writes that raise no signals. The process of an executable ignores those of writes; that of a library is somebody else's, and
//! has a guard for each write.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

use rustix::io::Errno;

/// Functions around each write, which only libraries have.
pub struct Guard {
    /// Blocks the signals of writes on the calling thread.
    pub block: fn() -> Held,
    /// Takes what a write raised, if it failed, and lets the signals through as before.
    pub restore: fn(&Held, bool),
}

/// The signals of a thread before a write.
pub struct Held {
    /// The signals that were blocked.
    pub mask: u64,
    /// The signals that waited.
    pub waiting: u64,
}

/// The guard of the process; null for none. It has a symbol, so that no optimisation knows the one value that it gets, whose code
/// would be in all executables.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
static aot_write_guard: AtomicPtr<Guard> = AtomicPtr::new(null_mut());

/// Puts the functions around all later writes.
pub fn guard_by(guard: &'static Guard) {
    aot_write_guard.store(core::ptr::from_ref(guard).cast_mut(), Ordering::Release);
}

/// Performs a write, or another change of a file's length, without its signals.
#[inline(always)]
pub fn quietly<T>(write: impl FnOnce() -> Result<T, Errno>) -> Result<T, Errno> {
    // SAFETY: null, or a guard that stays.
    let guard = unsafe { aot_write_guard.load(Ordering::Acquire).as_ref() };
    let held = guard.map(|guard| (guard.block)());
    let result = write();
    if let (Some(guard), Some(held)) = (guard, &held) {
        (guard.restore)(held, result.is_err());
    }
    result
}
