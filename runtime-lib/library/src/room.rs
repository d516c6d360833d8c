//! Room for handlers of the host program that run on a guest's stack: those that it set without `SA_ONSTACK`, for signals that come
//! while a guest runs. A guest may have used its stack up by then, and would so end the process.
//!
//! Pages below the stack are opened, and stay open as long as the memory of the instance. Where not even the kernel's frame of the signal
//! fits, that signal is lost.

use core::ptr::with_exposed_provenance_mut;

use aot_foundation::arch::SignalContext;
use aot_foundation::records::state;
use aot_foundation::trap_handler::{Fault, SignalInfo};
use aot_foundation::{program, slab};

use crate::running::Running;

/// The `si_code` of a fault that is the kernel's: it could not write the frame of a signal.
const SI_KERNEL: i32 = 0x80;

/// Opens room below the stack of a call, if a fault says that a handler has too little, or that there is none for its frame: false if the
/// fault is another, or the system refuses. What faulted goes on.
///
/// # Safety
///
/// Called in the handler of the fault, on the thread of the call.
pub unsafe fn open(call: &Running, fault: &Fault, info: &SignalInfo, context: &SignalContext) -> bool {
    let wanted = match program::text_offset(fault.pc) {
        None => fault.address,
        Some(_) => (info.code == SI_KERNEL).then(|| context.stack_pointer()),
    };
    // SAFETY: the call runs.
    let stack = unsafe { (*state(call.slab)).stack };
    let Some(room) = wanted.and_then(|address| stack.room_below(address)) else { return false };
    // A fault that comes again though there is room has another cause.
    if room.start >= call.room.replace(room.start) {
        return false;
    }
    // SAFETY: the pages are the guard's, which belongs to the slab.
    unsafe { slab::open(with_exposed_provenance_mut(room.start as usize), &(0..room.end - room.start)) }.is_ok()
}
