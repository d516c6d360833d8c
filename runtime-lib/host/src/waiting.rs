//! Waiting and notifying: the libcalls of `memory.atomic.wait32`, `.wait64` and `.notify`.
//!
//! The kernel's futexes are of 32 bits and of addresses of the process, and wake up for no reason. Here those who wait are
//! in queues, by the memory and the address in it, and a thread goes on only when a notification took it out of its queue
//! or its time is up. Values are compared under the lock of the queues, so no notification is lost between.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use core::time::Duration;
use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use aot_abi::libcalls;
use aot_abi::slab::SlabHeader;

use crate::sharing::Memories;
use aot_foundation::program;
use aot_foundation::records::family_of;

const _: () = assert!(aot_foundation::same_name("aot_memory_wait32", libcalls::MEMORY_WAIT32.symbol));
const _: () = assert!(aot_foundation::same_name("aot_memory_wait64", libcalls::MEMORY_WAIT64.symbol));
const _: () = assert!(aot_foundation::same_name("aot_memory_notify", libcalls::MEMORY_NOTIFY.symbol));

/// The results of waiting.
const NOTIFIED: i32 = 0;
const OTHER_VALUE: i32 = 1;
const TIME_IS_UP: i32 = 2;

/// The place at which a thread waits: a memory of the program, and the address in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    memory: u32,
    address: u64,
}

/// The threads that wait at each place, the longest first. A place at which none waits isn't in the map.
type Queues = Mutex<BTreeMap<Place, VecDeque<Arc<Condvar>>>>;

/// The queues of a slab's memories; none if it shares none, so that nobody could notify.
///
/// # Safety
///
/// `slab` is an open slab, which isn't reset during `'a`.
unsafe fn queues<'a>(slab: *mut SlabHeader) -> Option<&'a Queues> {
    // SAFETY: the caller's promise.
    let family: &dyn Any = unsafe { family_of(slab) }?;
    let memories: &Memories = family.downcast_ref()?;
    memories.queues.get_or_init(|| Box::new(Queues::default())).downcast_ref()
}

/// The place of an address in a slab.
fn place(slab: *mut SlabHeader, memory: u32, value: *const u8) -> Place {
    let base = program::memories().get(memory as usize).map_or(0, |memory| memory.base);
    Place { memory, address: (value.addr() as u64).wrapping_sub(slab.addr() as u64).wrapping_sub(base) }
}

/// The libcall of `memory.atomic.wait32`.
///
/// # Safety
///
/// Called by compiled code with its slab, the index of a shared memory, and an aligned address in that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_memory_wait32(
    slab: *mut SlabHeader,
    memory: u64,
    value: *const AtomicU32,
    expected: u64,
    nanoseconds: i64,
) -> i32 {
    let place = place(slab, memory as u32, value.cast());
    // SAFETY: the caller's promise; other threads change it by atomic operations only, as far as Rust is concerned.
    let is_expected = || unsafe { &*value }.load(Ordering::SeqCst) == expected as u32;
    // SAFETY: the caller's promise.
    unsafe { queues(slab) }.map_or(OTHER_VALUE, |queues| wait(queues, place, is_expected, nanoseconds))
}

/// The libcall of `memory.atomic.wait64`.
///
/// # Safety
///
/// As for [`aot_memory_wait32`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_memory_wait64(
    slab: *mut SlabHeader,
    memory: u64,
    value: *const AtomicU64,
    expected: u64,
    nanoseconds: i64,
) -> i32 {
    let place = place(slab, memory as u32, value.cast());
    // SAFETY: as above.
    let is_expected = || unsafe { &*value }.load(Ordering::SeqCst) == expected;
    // SAFETY: the caller's promise.
    unsafe { queues(slab) }.map_or(OTHER_VALUE, |queues| wait(queues, place, is_expected, nanoseconds))
}

/// The libcall of `memory.atomic.notify`.
///
/// # Safety
///
/// As for [`aot_memory_wait32`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_memory_notify(slab: *mut SlabHeader, memory: u64, value: *const u8, count: u64) -> i32 {
    // SAFETY: the caller's promise.
    let queues = unsafe { queues(slab) };
    queues.map_or(0, |queues| notify(queues, place(slab, memory as u32, value), count as u32)) as i32
}

fn wait(queues: &Queues, place: Place, is_expected: impl FnOnce() -> bool, nanoseconds: i64) -> i32 {
    // Nothing panics while it is held.
    let mut queues = queues.lock().unwrap_or_else(PoisonError::into_inner);
    if !is_expected() {
        return OTHER_VALUE;
    }
    // What no clock can express is no end.
    let end = u64::try_from(nanoseconds).ok().and_then(|it| Instant::now().checked_add(Duration::from_nanos(it)));
    let own = Arc::new(Condvar::new());
    queues.entry(place).or_default().push_back(own.clone());
    loop {
        queues = match end {
            None => own.wait(queues).unwrap_or_else(PoisonError::into_inner),
            Some(end) => {
                let left = end.saturating_duration_since(Instant::now());
                own.wait_timeout(queues, left).unwrap_or_else(PoisonError::into_inner).0
            }
        };
        let Some(queue) = queues.get_mut(&place) else { return NOTIFIED };
        let Some(position) = queue.iter().position(|other| Arc::ptr_eq(other, &own)) else { return NOTIFIED };
        if end.is_some_and(|end| Instant::now() >= end) {
            queue.remove(position);
            if queue.is_empty() {
                queues.remove(&place);
            }
            return TIME_IS_UP;
        }
    }
}

/// Wakes as many of those who wait at a place; how many they were.
fn notify(queues: &Queues, place: Place, count: u32) -> u32 {
    let mut queues = queues.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(queue) = queues.get_mut(&place) else { return 0 };
    let count = queue.len().min(count as usize);
    queue.drain(..count).for_each(|waiting| waiting.notify_one());
    if queue.is_empty() {
        queues.remove(&place);
    }
    count as u32
}
