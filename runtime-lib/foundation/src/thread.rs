//! State of a thread that runs guests: its signal stack, and a record beside it that the trap handler finds
//! without thread-local storage, by rounding its stack pointer.
//!
//! ```text
//! multiple of SIGNAL_STACK_BYTES ─▶ the signal stack, growing down from the record
//!                                   ThreadRecord
//! multiple of SIGNAL_STACK_BYTES ─▶
//! ```

use core::ffi::c_void;
use core::ptr::null_mut;

use rustix::mm::{self, MapFlags, ProtFlags};

use crate::arch;
use crate::message::SystemError;
use crate::records::ThreadRecord;
use crate::stack::SIGNAL_STACK_BYTES;

/// The kernel's flag of no signal stack.
const SS_DISABLE: i32 = 2;

/// The kernel's `stack_t`.
#[repr(C)]
struct StackT {
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
    let stack = StackT { lowest, flags: 0, bytes: SIGNAL_STACK_BYTES - size_of::<ThreadRecord>() };
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

/// Returns true if the calling thread has a signal stack of so many bytes.
pub fn has_signal_stack(bytes: usize) -> bool {
    let mut present = StackT { lowest: null_mut(), flags: SS_DISABLE, bytes: 0 };
    // SAFETY: the kernel writes the structure alone.
    let asked = unsafe { arch::system_call(arch::SYS_SIGALTSTACK, [0, (&raw mut present).addr(), 0, 0]) };
    asked.is_ok() && present.flags & SS_DISABLE == 0 && present.bytes >= bytes
}

/// The record at the end of [`SIGNAL_STACK_BYTES`] from `lowest` on, for an instance that has one of its own: the room below
/// it is the stack on which traps of host functions are raised, and no thread's signal stack.
///
/// # Safety
///
/// They are aligned to as much, accessible, and nobody else's.
pub unsafe fn record_in(lowest: *mut u8) -> *mut ThreadRecord {
    lowest.expose_provenance();
    let record = record_of_stack(lowest);
    // That of an instance before may lie there; zeros are an empty one.
    // SAFETY: the record is the end of the stack.
    unsafe { record.write_bytes(0, 1) };
    record
}

/// Gives the calling thread's signal stack back: it has none afterwards.
pub fn give_up() {
    let none = StackT { lowest: core::ptr::null_mut(), flags: SS_DISABLE, bytes: 0 };
    // SAFETY: the kernel only reads it. It can't fail outside of a signal handler.
    let _ = unsafe { arch::system_call(arch::SYS_SIGALTSTACK, [(&raw const none).addr(), 0, 0, 0]) };
}

/// Runs the body of a new thread with a stack that is aligned as the calling convention wants.
pub fn run_aligned<F: FnOnce()>(body: F) {
    /// # Safety
    ///
    /// The argument is the address of such a value, and nothing else refers to it.
    unsafe extern "C" fn call<F: FnOnce()>(argument: u64) {
        // SAFETY: the caller's promise.
        let body = unsafe { &mut *core::ptr::with_exposed_provenance_mut::<Option<F>>(argument as usize) };
        if let Some(body) = body.take() {
            body();
        }
    }
    let mut body = Some(body);
    // SAFETY: the value lives until the call is over.
    unsafe { arch::call_aligned((&raw mut body).expose_provenance() as u64, call::<F>) };
}

/// A signal stack in a mapping of its own, with the record of the thread that made it; the thread has none after the drop.
pub struct SignalStack {
    mapping: *mut c_void,
    record: *mut ThreadRecord,
}

/// Room for an aligned signal stack.
const MAPPING_BYTES: usize = 2 * SIGNAL_STACK_BYTES;

impl SignalStack {
    /// Makes a signal stack for the calling thread.
    pub fn create() -> Result<SignalStack, SystemError> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice.
        let mapping = unsafe { mm::mmap_anonymous(null_mut(), MAPPING_BYTES, access, MapFlags::PRIVATE) }
            .map_err(SystemError::of("allocate a signal stack"))?;
        let lowest = mapping.map_addr(|address| address.next_multiple_of(SIGNAL_STACK_BYTES));
        // SAFETY: the mapping has room for as much from there on, is new, and is unmapped after the stack was given up.
        let record = unsafe { create(lowest.cast()) }?;
        Ok(SignalStack { mapping, record })
    }

    /// The thread's record.
    pub fn record(&self) -> *mut ThreadRecord {
        self.record
    }
}

impl Drop for SignalStack {
    fn drop(&mut self) {
        give_up();
        // SAFETY: the mapping is this stack's own; the value stays on its thread, which no longer has the stack. An error
        // leaves it mapped.
        let _ = unsafe { mm::munmap(self.mapping, MAPPING_BYTES) };
    }
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
