//! State of a thread of the host program: a signal stack, if the thread has none that is large enough, and the
//! instance that runs on it.
//!
//! The trap handler finds it by a key of the C library, and not by its stack: that may be one of the host's.

use alloc::boxed::Box;
use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicU32, Ordering};

use aot_foundation::interrupt::thread_number;
use aot_foundation::message::SystemError;
use aot_foundation::records::ThreadRecord;
use aot_foundation::thread::{SignalStack, has_signal_stack};

use crate::boxes::try_box;

/// The least signal stack with which the trap handler and those that it passes faults on to get by.
const STACK_BYTES_MIN: usize = 16 << 10;

/// The key of the threads' state, which [`make_key`] makes.
static KEY: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" {
    fn pthread_key_create(key: *mut u32, destructor: Option<unsafe extern "C" fn(*mut c_void)>) -> i32;
    fn pthread_getspecific(key: u32) -> *mut c_void;
    fn pthread_setspecific(key: u32, value: *const c_void) -> i32;
}

/// The beginning of the innermost call of a guest, all of which `running` knows.
pub struct Innermost {
    /// The record with which the guest runs.
    pub record: *mut ThreadRecord,
}

/// The state of a thread.
pub struct Thread {
    /// The call of the guest that runs; null while none does.
    running: *mut Innermost,
    /// The number of the thread; in the child of a fork, the one that it had in the parent.
    pub number: u32,
    /// The thread's signal stack, unless the host's own is kept.
    _stack: Option<SignalStack>,
}

/// Makes the key. False if the process has no more of them.
pub fn make_key() -> bool {
    let mut key = 0;
    // SAFETY: the destructor is for what `create` sets.
    if unsafe { pthread_key_create(&raw mut key, Some(end)) } != 0 {
        return false;
    }
    KEY.store(key, Ordering::Release);
    true
}

/// The calling thread's state, which is made at its first call.
///
/// # Errors
/// The system refuses a signal stack, or room for the state.
pub fn of_caller() -> Result<*mut Thread, Refused> {
    match get() {
        thread if thread.is_null() => create(),
        thread => Ok(thread),
    }
}

/// The system refused what a thread needs.
pub struct Refused;

impl From<SystemError> for Refused {
    fn from(_: SystemError) -> Refused {
        Refused
    }
}

fn get() -> *mut Thread {
    // SAFETY: the key was made before any instance.
    unsafe { pthread_getspecific(KEY.load(Ordering::Acquire)) }.cast()
}

#[cold]
fn create() -> Result<*mut Thread, Refused> {
    let stack = if has_signal_stack(STACK_BYTES_MIN) { None } else { Some(SignalStack::create()?) };
    let thread =
        Box::into_raw(try_box(Thread { running: null_mut(), number: thread_number(), _stack: stack }).ok_or(Refused)?);
    // SAFETY: the key's destructor is for such a value.
    if unsafe { pthread_setspecific(KEY.load(Ordering::Acquire), thread.cast()) } != 0 {
        // SAFETY: nobody else has it.
        drop(unsafe { Box::from_raw(thread) });
        return Err(Refused);
    }
    Ok(thread)
}

/// Frees the state of a thread that ends.
///
/// # Safety
///
/// Called by the C library on that thread, with what [`create`] set.
unsafe extern "C" fn end(thread: *mut c_void) {
    // SAFETY: the caller's promise.
    drop(unsafe { Box::<Thread>::from_raw(thread.cast()) });
}

/// Makes a call the one that runs on this thread: the one before.
///
/// # Safety
///
/// The state is the calling thread's.
pub unsafe fn replace_running(thread: *mut Thread, running: *mut Innermost) -> *mut Innermost {
    // SAFETY: the caller's promise. The trap handler reads it, but it interrupts guest code alone.
    unsafe { core::mem::replace(&mut (*thread).running, running) }
}

/// The call whose guest runs on the calling thread; null for none. Also for signal handlers.
pub fn running() -> *mut Innermost {
    // SAFETY: null, or this thread's state.
    unsafe { get().as_ref() }.map_or(null_mut(), |thread| thread.running)
}
