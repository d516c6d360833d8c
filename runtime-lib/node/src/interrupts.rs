//! Instances by the keys that JavaScript gave them, so that one thread ends calls of another.
//!
//! A thread of JavaScript has no objects of another, so it names instances by numbers. The list is the process's; a lock keeps an
//! instance from being freed while a call in it is ended.

use alloc::vec::Vec;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

use aot_library::c;

/// The instances that have a key.
static INSTANCES: Keyed = Keyed { is_locked: AtomicBool::new(false), instances: UnsafeCell::new(Vec::new()) };

struct Keyed {
    is_locked: AtomicBool,
    instances: UnsafeCell<Vec<(u64, *mut c::Handle)>>,
}

// SAFETY: the list is used with the lock alone, and an instance can be interrupted by any thread.
unsafe impl Sync for Keyed {}

/// Gives an instance a key, until [`remove`].
pub fn add(key: u64, instance: *mut c::Handle) {
    INSTANCES.locked(|instances| instances.push((key, instance)));
}

/// Takes the keys of an instance away, which may have none.
pub fn remove(instance: *mut c::Handle) {
    INSTANCES.locked(|instances| instances.retain(|(_, other)| *other != instance));
}

/// Ends the calls that run in the instances with a key. Returns false if none does.
pub fn interrupt(key: u64) -> bool {
    INSTANCES.locked(|instances| {
        let of_key = instances.iter().filter(|(other, _)| *other == key);
        // SAFETY: the instance isn't freed before it is removed, which the lock prevents.
        of_key.fold(false, |any, (_, instance)| unsafe { c::aot_library_interrupt(*instance) } | any)
    })
}

impl Keyed {
    fn locked<T>(&self, body: impl FnOnce(&mut Vec<(u64, *mut c::Handle)>) -> T) -> T {
        while self.is_locked.swap(true, Ordering::Acquire) {
            // Another thread makes a few system calls at most.
            core::hint::spin_loop();
        }
        // SAFETY: no other thread has the lock.
        let value = body(unsafe { &mut *self.instances.get() });
        self.is_locked.store(false, Ordering::Release);
        value
    }
}
