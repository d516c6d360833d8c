//! Entering guest code, and getting out of it again.
//!
//! The outermost entry of a slab switches to the guest's stack; entries from host functions (to the guest's
//! `realloc`, say) stay on it. Each has a record in its Rust caller's frame. A trap drops everything below the
//! innermost record and makes its entry return the trap: what lies in between is guest code, a trampoline, or the
//! trap handler, never a Rust frame that would have to be unwound.

use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use crate::records::{EntryRecord, ThreadRecord, state};
use crate::slab::Slab;
use crate::{arch, program};

/// Lets a slab's guest run on this thread, from its next outermost entry on.
///
/// # Safety
///
/// No guest runs in the slab; slab and thread live until it has returned or was attached elsewhere.
pub unsafe fn attach(slab: &Slab, thread: *mut ThreadRecord) {
    let (stack, slab) = (slab.stack(), slab.header());
    // SAFETY: the caller's promise; the header is open memory.
    unsafe {
        (*slab).stack_limit = stack.limit();
        let state = state(slab);
        (*state).thread = thread;
        (*state).stack = stack;
    }
}

/// Calls the guest function with this entry trampoline (a text offset) and `vmctx` (a slab offset). `values` holds the
/// parameters, and the results afterwards; it has as many slots as the function has of the more numerous.
///
/// # Safety
///
/// `slab` is attached and runs on this thread, entry and `vmctx` belong together and come from the compiler, and there
/// are enough slots. No Rust reference into the slab's memories is held across the call.
pub unsafe fn call_guest(slab: *mut SlabHeader, entry: u32, vmctx: u64, values: &mut [[u64; 2]]) -> Result<(), Trap> {
    // SAFETY: the caller's promise; the record outlives the call, and only this thread uses slab and record.
    let code = unsafe {
        let state = state(slab);
        let thread = (*state).thread;
        let mut record = EntryRecord {
            return_stack: 0,
            slab,
            outer_of_slab: core::ptr::with_exposed_provenance_mut((*slab).entry as usize),
            outer_of_thread: (*thread).innermost,
            exit_frame: (*slab).exit_frame,
        };
        let record = &raw mut record;
        if (*record).outer_of_slab.is_null() {
            (*slab).trap_message = 0;
        }
        // Host functions run on the guest's stack, as do coroutines on theirs.
        let stack = (*state).stack;
        let stack_high = if stack.contains(record.addr() as u64) { 0 } else { stack.high };
        (*slab).entry = record.expose_provenance() as u64;
        (*thread).innermost = record;
        (*thread).backtrace.trap = 0;
        let code = arch::enter(
            program::text_address(entry),
            slab.addr() as u64 + vmctx,
            values.as_mut_ptr(),
            record,
            stack_high,
        );
        (*slab).entry = (*record).outer_of_slab.expose_provenance() as u64;
        (*slab).exit_frame = (*record).exit_frame;
        // A coroutine may have moved to another thread.
        (*(*state).thread).innermost = (*record).outer_of_thread;
        code
    };
    match code {
        0 => Ok(()),
        code => Err(trap_of_code(code)),
    }
}

/// The trap with this code.
pub fn trap_of_code(code: u64) -> Trap {
    u8::try_from(code).ok().and_then(Trap::from_code).unwrap_or(Trap::Other)
}
