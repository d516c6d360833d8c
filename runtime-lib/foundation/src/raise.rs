//! Traps that host functions return: their trampolines hand them over here.

use core::arch::naked_asm;

use aot_abi::host::HostReturn;
use aot_abi::libcalls;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use crate::arch;
use crate::entry::trap_of_code;
use crate::records::{EntryRecord, HEADER_THREAD, state};
use crate::walk::{self, Origin};

const _: () = assert!(crate::same_name("aot_raise", libcalls::RAISE.symbol));
const _: () = assert!(crate::same_name("aot_missing_import", libcalls::MISSING_IMPORT.symbol));

/// The libcall that raises a trap on behalf of the trampoline that calls it: takes the backtrace from the trampoline's
/// frame on, and leaves to the innermost entry.
///
/// It goes on running on the thread's signal stack: the guest's may be used up.
///
/// # Safety
///
/// Called by a trampoline with its slab and the code of a trap.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_raise(_slab: *mut SlabHeader, _code: u64) -> ! {
    naked_asm!(arch::raise_body!(), thread = const HEADER_THREAD, raise = sym raise)
}

/// The part of [`aot_raise`] that needs no assembly.
///
/// # Safety
///
/// `pc` and `frame` are the return address into the trampoline and its frame pointer; nothing below that frame is
/// needed any more.
unsafe extern "C" fn raise(slab: *mut SlabHeader, code: u64, frame: u64, pc: u64) -> ! {
    // SAFETY: the trampoline runs in an entry of this slab, whose record and thread are alive.
    unsafe {
        let record: *mut EntryRecord = core::ptr::with_exposed_provenance_mut((*slab).entry as usize);
        let thread = (*state(slab)).thread;
        let trap = trap_of_code(code);
        // A trap of the guest's that a host function passes on has its backtrace already.
        if (*thread).backtrace.trap != trap as u8 {
            (*thread).fault_address = 0;
            walk::capture(&mut (*thread).backtrace, trap, Origin { pc, exact: false, frame }, record);
        }
        arch::leave(record, trap as u64)
    }
}

/// Raises a trap on behalf of the trampoline through which guest code was left, from a libcall that it calls.
///
/// # Safety
///
/// As said; nothing below the trampoline's frame is needed any more.
pub unsafe fn raise_in_trampoline(slab: *mut SlabHeader, trap: Trap) -> ! {
    // SAFETY: the trampoline noted its frame. Its own address isn't needed: backtraces leave trampolines out.
    unsafe { raise(slab, trap as u64, (*slab).exit_frame, 0) }
}

/// The libcall behind an import that this version lacks: always a trap, with the name as its message.
///
/// # Safety
///
/// `name` has this many bytes and outlives the slab.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_missing_import(slab: *mut SlabHeader, name: *const u8, bytes: u64) -> HostReturn {
    // SAFETY: called by compiled code with its slab.
    unsafe {
        (*slab).trap_message = name.expose_provenance() as u64;
        (*slab).trap_message_bytes = bytes as u32;
    }
    HostReturn { trap: Trap::MissingImport as u64, value: 0 }
}
