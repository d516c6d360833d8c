//! The foundation of a running program: everything that works without std and without a C library.
//!
//! A guest runs in a **slab** (`slab`), on a stack of its own (`stack`), entered and left only through `entry`. Its
//! hardware traps are recognised by `trap_handler`, which notes a `backtrace`. A slab can be used again: `undo`. Libcalls are here too: memories and tables
//! that grow (`linear_memory`, `table`), copying (`bulk`), exceptions (`exception`), objects (`gc`).
//!
//! Everything uses system calls only, and no thread-local storage, so that it works inside a process whose libc is
//! another.

#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod allocator;
pub mod arch;
pub mod backtrace;
pub mod bulk;
pub mod coroutine;
pub mod entry;
pub mod exception;
pub mod exit;
pub mod exports;
pub mod family;
pub mod gc;
pub mod guest_limits;
mod image;
pub mod instance_flags;
pub mod interrupt;
pub mod linear_memory;
pub mod message;
pub mod own_stack;
pub mod program;
pub mod raise;
pub mod records;
pub mod report;
pub mod signal_action;
pub mod slab;
pub mod stack;
pub mod table;
pub mod thread;
pub mod trap_handler;
pub mod undo;
pub mod walk;

/// The version of the contract, to which every object refers: only the runtime of the same version defines the symbol.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, reason = "the name is the contract's")]
pub static aot_abi_version_13: u32 = aot_abi::ABI_VERSION;
const _: () = assert!(same_name("aot_abi_version_13", aot_abi::symbols::VERSION));

/// True if two symbol names are equal; works at compile time.
pub const fn same_name(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}
