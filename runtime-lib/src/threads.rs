//! wasi-threads: the function `thread-spawn`, and the life of a thread.
//!
//! A thread has a slab of its own, in which the module is instantiated again, with the memories that all share; and the
//! host's state is the same for all (`wasi::lock`). The first that traps or exits ends the process.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use aot_abi::host::{CallOptions, HostReturn};
use aot_abi::program::ThreadStart;
use aot_abi::slab::SlabHeader;
use aot_abi::symbols;
use aot_abi::trap::Trap;
use std::thread::Builder;

use crate::records::state;
use crate::report::Phase;
use crate::slab::Slab;
use crate::stack::HOST_BYTES;
use crate::start_error::StartError;
use crate::wasi::Access;
use crate::{entry, limits, program, start, thread};

const _: () = assert!(crate::same_name("aot_thread_start", symbols::THREAD_START));

unsafe extern "C" {
    // Only in programs that import the function.
    static aot_thread_start: ThreadStart;
}

/// What `thread-spawn` returns where it can't.
const REFUSED: i32 = -1;
/// The greatest number of a thread: wasi-threads keeps the highest bits for others.
const NUMBER_MAX: u32 = 0x1fff_ffff;
/// The stack of the host's part of a thread; guest and host functions run on that of the slab.
const OWN_STACK_BYTES: usize = 128 << 10;

/// Threads that are there, besides the first.
static ALIVE: AtomicU64 = AtomicU64::new(0);
/// The number of the last thread.
static LAST: AtomicU32 = AtomicU32::new(0);

/// `thread-spawn` of the module `wasi`: makes a thread, and returns its number, or a negative one where there can't be one
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

/// A slab that a new thread takes over.
struct Handover {
    slab: Slab,
    argument: u32,
    number: u32,
}
// SAFETY: nobody else has the slab; the memories that it shares are the guest's, who may race for them.
unsafe impl Send for Handover {}

/// # Safety
///
/// `slab` is the caller's slab.
unsafe fn spawn(slab: *mut SlabHeader, argument: u32) -> Option<i32> {
    if ALIVE.fetch_add(1, Ordering::Relaxed) >= limits::threads() {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
        return None;
    }
    // SAFETY: the caller's promise.
    let number = unsafe { start_thread(slab, argument) };
    if number.is_none() {
        ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
    number
}

/// # Safety
///
/// As for [`spawn`].
unsafe fn start_thread(slab: *mut SlabHeader, argument: u32) -> Option<i32> {
    // SAFETY: the caller's promise.
    let (family, stack, name, host) = unsafe {
        let state = state(slab);
        ((*state).family, (*state).stack, (*state).name, (*slab).host)
    };
    let number =
        LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| (last < NUMBER_MAX).then_some(last + 1));
    let number = number.ok()? + 1;
    // SAFETY: the caller has left the guest through no host function that has access.
    unsafe { Access::of_slab(slab) }.begin_threads();
    let slab = Slab::create(family, stack.high - stack.low - HOST_BYTES).ok()?;
    // SAFETY: the header of the new slab is open. The host's state lives as long as the process.
    unsafe {
        (*slab.header()).host = host;
        (*state(slab.header())).name = name;
    }
    let handover = Handover { slab, argument, number };
    Builder::new().stack_size(OWN_STACK_BYTES).spawn(move || run(handover)).ok()?;
    Some(number as i32)
}

fn run(handover: Handover) {
    let Handover { slab, argument, number } = handover;
    // SAFETY: the slab lives until the signal stack is given up.
    let Ok(thread) = (unsafe { thread::create(slab.signal_stack()) }) else {
        start::not_started(&StartError { message: String::from("a thread got no stack for signals") })
    };
    // SAFETY: both are new, and stay together.
    unsafe { entry::attach(&slab, thread) };
    // SAFETY: the slab is attached to this thread.
    if let Err((phase, trap)) = unsafe { call(slab.header(), argument, number) } {
        // SAFETY: the trap was the last of this thread.
        start::end(|| unsafe { start::status_of_trap(phase, trap, slab.header()) });
    }
    thread::give_up();
    drop(slab);
    ALIVE.fetch_sub(1, Ordering::Relaxed);
}

/// Instantiates the module, and calls what threads run.
///
/// # Safety
///
/// The slab is attached to this thread.
unsafe fn call(slab: *mut SlabHeader, argument: u32, number: u32) -> Result<(), (Phase, Trap)> {
    let program = program::program();
    // SAFETY: the compiler defines it in programs that import `thread-spawn`.
    let start = unsafe { &aot_thread_start };
    let mut values = [[u64::from(number), 0], [u64::from(argument), 0]];
    // SAFETY: entries and their vmctx are the program's own. Start-up takes no values; two are those of the other.
    unsafe {
        entry::call_guest(slab, program.start_entry, program.start_vmctx, &mut [[0; 2]])
            .map_err(|trap| (Phase::Instantiate, trap))?;
        entry::call_guest(slab, start.entry as u32, start.vmctx, &mut values)
            .map_err(|trap| (Phase::Export(symbols::WASI_THREAD_START), trap))
    }
}
