//! What belongs to a thread that runs guests: its signal stack, and a record beside it that the trap handler finds
//! without thread-local storage, by rounding its stack pointer.
//!
//! ```text
//! multiple of SIGNAL_STACK_BYTES ─▶ the signal stack, growing down from the record
//!                                   ThreadRecord
//! multiple of SIGNAL_STACK_BYTES ─▶
//! ```

use core::ffi::c_void;

use crate::arch;
use crate::message::SystemError;
use crate::records::ThreadRecord;
use crate::stack::SIGNAL_STACK_BYTES;

/// The kernel's flag of no signal stack.
const SS_DISABLE: i32 = 2;

/// The kernel's `stack_t`.
#[repr(C)]
struct SignalStack {
    lowest: *mut c_void,
    flags: i32,
    bytes: usize,
}

/// Makes [`SIGNAL_STACK_BYTES`] from `lowest` on the calling thread's signal stack and record.
///
/// # Safety
///
/// They are aligned to as much, accessible, zero, nobody else's, and stay so for the life of the thread.
pub unsafe fn create(lowest: *mut u8) -> Result<*mut ThreadRecord, SystemError> {
    let lowest = lowest.cast::<c_void>();
    let stack = SignalStack { lowest, flags: 0, bytes: SIGNAL_STACK_BYTES - size_of::<ThreadRecord>() };
    // SAFETY: the caller's promise.
    unsafe { arch::system_call(arch::SYS_SIGALTSTACK, [(&raw const stack).addr(), 0, 0, 0]) }
        .map_err(SystemError::of("install a signal stack"))?;
    // The trap handler finds it by its address.
    lowest.expose_provenance();
    let record = record_of_stack(lowest.cast());
    // Fresh pages are zero, which is an empty record. Written, because a page that is read first costs two faults.
    // SAFETY: the record is the end of the stack.
    unsafe { (&raw mut (*record).innermost).write_volatile(core::ptr::null_mut()) };
    Ok(record)
}

/// Gives the calling thread's signal stack back: it has none afterwards.
pub fn give_up() {
    let none = SignalStack { lowest: core::ptr::null_mut(), flags: SS_DISABLE, bytes: 0 };
    // SAFETY: the kernel only reads it. It can't fail outside of a signal handler.
    let _ = unsafe { arch::system_call(arch::SYS_SIGALTSTACK, [(&raw const none).addr(), 0, 0, 0]) };
}

/// The record of the thread on whose signal stack the caller runs.
///
/// # Safety
///
/// The caller runs on a signal stack that [`create`] made.
pub unsafe fn of_signal_stack() -> *mut ThreadRecord {
    let local = 0u8;
    let lowest = (&raw const local).addr() & !(SIGNAL_STACK_BYTES - 1);
    // Not derived from the local's own pointer, with which nothing but the local may be accessed.
    record_of_stack(core::ptr::with_exposed_provenance_mut(lowest))
}

/// The record of the signal stack that begins at `lowest`; also the stack's end.
fn record_of_stack(lowest: *mut u8) -> *mut ThreadRecord {
    lowest.wrapping_add(SIGNAL_STACK_BYTES - size_of::<ThreadRecord>()).cast()
}
