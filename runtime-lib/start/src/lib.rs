//! The run-time library of aot: everything in a produced executable that isn't the guest's own code.
//!
//! A guest runs in a **slab** (`slab`), on a stack of its own (`stack`), entered and left only through `entry`. Its
//! hardware traps are recognised by `trap_handler`, told about by `backtrace` and `report`. `start` is the order of
//! events of a command, `script` of a specification test. What the guest may call lies in `wasi`.
//!
//! Slabs, stacks, entries and the trap handler use system calls only, no libc and no thread-local storage, so that
//! they work inside a process whose libc is another.

#![cfg_attr(target_arch = "riscv64", feature(stdarch_riscv_feature_detection))]

mod allocator;
mod arch;
mod backtrace;
mod bulk;
mod c_strings;
mod call;
mod component;
mod cpu;
mod deadline;
mod entry;
mod exception;
mod exit;
mod family;
mod gc;
mod guest_limits;
mod limits;
mod linear_memory;
mod message;
mod policy;
mod program;
mod raise;
mod reader;
mod records;
mod report;
mod sandbox;
mod script;
mod settings;
mod sharing;
mod slab;
mod stack;
mod start;
mod start_error;
mod table;
mod thread;
mod threads;
mod trap_handler;
mod waiting;
mod walk;
mod wasi;

/// What every object refers to: only the runtime of the same version defines it.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, reason = "the name is the contract's")]
pub static aot_abi_version_3: u32 = aot_abi::ABI_VERSION;
const _: () = assert!(same_name("aot_abi_version_3", aot_abi::symbols::VERSION));

/// Whether two symbol names are the same, at compile time.
const fn same_name(left: &str, right: &str) -> bool {
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
