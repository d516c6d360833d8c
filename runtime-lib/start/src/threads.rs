//! wasi-threads: the function `thread-spawn`, and the life of a thread.
//!
//! A thread has an instance of its own, in which the module is instantiated again, with the memories that all share; and
//! the host's state is the same for all. The first that traps or exits ends the process.

use aot_abi::host::{CallOptions, HostReturn};
use aot_abi::limits::Limit;
use aot_abi::program::ThreadStart;
use aot_abi::slab::SlabHeader;
use aot_abi::symbols;
use aot_abi::trap::Trap;
use std::thread::Builder;

use crate::command;
use crate::report::Phase;
use aot_foundation::{allocator, entry, thread};
use aot_host::access::{Access, SharedHost};
use aot_host::instance::Instance;
use aot_host::start_error::StartError;

const _: () = assert!(aot_foundation::same_name("aot_thread_start", symbols::THREAD_START));

unsafe extern "C" {
    // Only in programs that import the function.
    static aot_thread_start: ThreadStart;
}

/// The value that `thread-spawn` returns if there can't be another thread.
const REFUSED: i32 = -1;
/// The stack of the host's part of a thread; guest and host functions run on that of the slab.
const OWN_STACK_BYTES: usize = 128 << 10;

/// `thread-spawn` of the module `wasi`: makes a thread, and returns its number, or a negative one if there can't be one
/// more. The thread calls `wasi_thread_start` with that number and the argument.
///
/// # Safety
///
/// The contract of `aot_abi::host`.
#[unsafe(export_name = "wasi#thread-spawn")]
unsafe extern "C" fn thread_spawn(slab: *mut SlabHeader, _options: *const CallOptions, argument: u64) -> HostReturn {
    // SAFETY: the caller's promise.
    let number = unsafe { spawn(slab, argument as u32) }.unwrap_or(REFUSED);
    HostReturn { trap: 0, value: u64::from(number as u32) }
}

/// An instance that a new thread takes over.
struct Handover {
    instance: Instance,
    argument: u32,
    number: u32,
}
// SAFETY: nobody else has the instance's slab; the memories that it shares are the guest's, who may race for them.
unsafe impl Send for Handover {}

/// # Safety
///
/// `slab` is the caller's slab.
unsafe fn spawn(slab: *mut SlabHeader, argument: u32) -> Option<i32> {
    // SAFETY: the caller's promise.
    let shared = unsafe { SharedHost::of_slab(slab) };
    let threads = &shared.threads;
    if !threads.begin() {
        return None;
    }
    if !allocator::hold_within(OWN_STACK_BYTES as u64, shared.limits.get(Limit::HostMemory)) {
        threads.end();
        return None;
    }
    let number = threads.number().and_then(|number| {
        // SAFETY: the caller's promise.
        unsafe { start_thread(slab, argument, number) }
    });
    if number.is_none() {
        end(shared);
    }
    number
}

/// Counts a thread less, and its stack.
fn end(shared: &SharedHost) {
    allocator::let_go(OWN_STACK_BYTES as u64);
    shared.threads.end();
}

/// # Safety
///
/// As for [`spawn`].
unsafe fn start_thread(slab: *mut SlabHeader, argument: u32, number: u32) -> Option<i32> {
    // SAFETY: the caller's promise; no host function that has access to the state goes on in this thread.
    let instance = unsafe {
        let mut access = Access::of_slab(slab);
        access.begin_threads();
        access.end();
        Instance::of_thread(slab)
    };
    let handover = Handover { instance: instance.ok()?, argument, number };
    Builder::new().stack_size(OWN_STACK_BYTES).spawn(move || thread::run_aligned(|| run(handover))).ok()?;
    Some(number as i32)
}

fn run(handover: Handover) {
    let Handover { instance, argument, number } = handover;
    // SAFETY: the instance lives until the signal stack is given up.
    let Ok(thread) = (unsafe { thread::create(instance.signal_stack()) }) else {
        command::not_started(&StartError::NoSignalStack)
    };
    // SAFETY: both are new, and stay together.
    unsafe { instance.attach(thread) };
    // SAFETY: the slab is attached to this thread.
    if let Err((phase, trap)) = unsafe { call(instance.slab(), argument, number) } {
        // SAFETY: the trap was the last of this thread.
        command::end(instance.shared(), || unsafe { command::status_of_trap(phase, trap, instance.slab()) });
    }
    thread::give_up();
    end(&instance.end());
}

/// Instantiates the module, and calls what threads run.
///
/// # Safety
///
/// The slab is attached to this thread.
unsafe fn call(slab: *mut SlabHeader, argument: u32, number: u32) -> Result<(), (Phase, Trap)> {
    // SAFETY: the compiler defines it in programs that import `thread-spawn`.
    let ThreadStart { instantiate, start } = unsafe { &aot_thread_start };
    let mut values = [[u64::from(number), 0], [u64::from(argument), 0]];
    // SAFETY: entries and their vmctx are the program's own. Start-up takes no values; two are those of the other.
    unsafe {
        entry::call_guest(slab, instantiate.entry as u32, instantiate.vmctx, &mut [[0; 2]])
            .map_err(|trap| (Phase::Instantiate, trap))?;
        entry::call_guest(slab, start.entry as u32, start.vmctx, &mut values)
            .map_err(|trap| (Phase::Export(symbols::WASI_THREAD_START), trap))
    }
}
