//! The right to touch what belongs to a worker: one thread has it at a time, and those who want it get it in turns.

use core::sync::atomic::{AtomicU32, Ordering};

use rustix::thread::futex;

use crate::access::Lock;

/// The right, as a lock that host functions can take.
#[repr(C)]
pub struct Baton {
    /// The functions of the lock.
    pub lock: Lock,
    /// The number of the next who comes.
    next: AtomicU32,
    /// The number of who has it.
    holder: AtomicU32,
}

impl Baton {
    /// A baton that nobody has.
    pub const fn new() -> Baton {
        let lock = Lock { take, release, free: None };
        Baton { lock, next: AtomicU32::new(0), holder: AtomicU32::new(0) }
    }

    /// Takes the baton, after all who came before.
    pub fn take(&self) {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        loop {
            let holder = self.holder.load(Ordering::SeqCst);
            if holder == number {
                return;
            }
            // It returns for no reason sometimes.
            let _ = futex::wait(&self.holder, futex::Flags::PRIVATE, holder, None);
        }
    }

    /// Hands the baton on. It does what signal handlers may do.
    pub fn release(&self) {
        let next = self.holder.load(Ordering::Relaxed).wrapping_add(1);
        // In the order of all such accesses: whoever comes after the look at `next` sees this before it sleeps.
        self.holder.store(next, Ordering::SeqCst);
        if self.next.load(Ordering::SeqCst) != next {
            let _ = futex::wake(&self.holder, futex::Flags::PRIVATE, i32::MAX as u32);
        }
    }

    /// Lets those have it who wait for it, if there are any; who calls has it before and after.
    pub fn pass(&self) {
        if self.next.load(Ordering::Relaxed) != self.holder.load(Ordering::Relaxed).wrapping_add(1) {
            self.release();
            self.take();
        }
    }
}

/// # Safety
///
/// The lock is that of a [`Baton`].
unsafe fn take(lock: *const Lock) {
    // SAFETY: the caller's promise; the lock is its first field.
    unsafe { (*lock.cast::<Baton>()).take() };
}

/// # Safety
///
/// As for [`take`].
unsafe fn release(lock: *const Lock) {
    // SAFETY: as above.
    unsafe { (*lock.cast::<Baton>()).release() };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_in_turns() {
        let baton = Baton::new();
        let inside = AtomicU32::new(0);
        let sum = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        baton.take();
                        assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0);
                        sum.fetch_add(1, Ordering::Relaxed);
                        inside.fetch_sub(1, Ordering::Relaxed);
                        baton.pass();
                        baton.release();
                    }
                });
            }
        });
        assert_eq!(sum.into_inner(), 4000);
    }
}
