//! Writes without signals, in a process that may not ignore those of writes: they are blocked during one, and what it raised is
//! taken before they are let through again.

use aot_foundation::arch::{SYS_SIGPENDING, SYS_SIGPROCMASK, SYS_SIGTIMEDWAIT, system_call};
use aot_host::quiet::{Guard, Held, guard_by};

const SIGPIPE: u64 = 13;
const SIGXFSZ: u64 = 25;
/// The set of signals that writes raise.
const OF_WRITES: u64 = 1 << (SIGPIPE - 1) | 1 << (SIGXFSZ - 1);

const SIG_BLOCK: usize = 0;
const SIG_SETMASK: usize = 2;
/// Bytes of a set of signals.
const SET_BYTES: usize = size_of::<u64>();

static GUARD: Guard = Guard { block, restore };

/// Lets all writes of host functions be quiet.
pub fn begin() {
    guard_by(&GUARD);
}

fn block() -> Held {
    let mut held = Held { mask: 0, waiting: 0 };
    let set = OF_WRITES;
    let (set, mask, waiting) = ((&raw const set).addr(), (&raw mut held.mask).addr(), (&raw mut held.waiting).addr());
    // SAFETY: the kernel reads the first set, and writes the others.
    unsafe {
        // The kernel refuses only what it can't read or write.
        let _ = system_call(SYS_SIGPROCMASK, [SIG_BLOCK, set, mask, SET_BYTES]);
        // One that waits already, because the host program blocks it, stays there for it.
        if held.mask & OF_WRITES != 0 {
            let _ = system_call(SYS_SIGPENDING, [waiting, SET_BYTES, 0, 0]);
        }
    }
    held
}

fn restore(held: &Held, has_failed: bool) {
    let (taken, at_once) = (OF_WRITES & !held.waiting, [0u64; 2]);
    // SAFETY: the kernel reads the sets and the time alone.
    unsafe {
        if has_failed && taken != 0 {
            let _ = system_call(SYS_SIGTIMEDWAIT, [(&raw const taken).addr(), 0, at_once.as_ptr().addr(), SET_BYTES]);
        }
        let _ = system_call(SYS_SIGPROCMASK, [SIG_SETMASK, (&raw const held.mask).addr(), 0, SET_BYTES]);
    }
}
