//! Signals that ask a server to stop: they come as something to read, at which a worker waits like at anything else.

use std::os::fd::{FromRawFd, OwnedFd};

use aot_foundation::message::SystemError;
use aot_foundation::{arch, interrupt};

/// Asks the server to read its certificates again.
pub const SIGHUP: u32 = 1;
const SIGINT: u32 = 2;
const SIGTERM: u32 = 15;

const SIG_BLOCK: usize = 0;
/// `SFD_NONBLOCK` and `SFD_CLOEXEC`.
const FLAGS: usize = 0o2_004_000;
/// Bytes of the kernel's `signalfd_siginfo`, which begins with the number of the signal.
const RECORD_BYTES: usize = 128;

/// Blocks the signals for this thread and all that it will begin, and returns the descriptor by which they come. The signal
/// of interruptions is blocked too, until a thread can have it.
pub fn open() -> Result<OwnedFd, SystemError> {
    let asked = [SIGHUP, SIGINT, SIGTERM].iter().fold(0, |set, signal| set | 1 << (signal - 1));
    let blocked: u64 = asked | interrupt::signal_set();
    let bytes = size_of::<u64>();
    // SAFETY: the kernel only reads the sets.
    unsafe {
        arch::system_call(arch::SYS_SIGPROCMASK, [SIG_BLOCK, (&raw const blocked).addr(), 0, bytes])
            .and_then(|_| arch::system_call(arch::SYS_SIGNALFD4, [usize::MAX, (&raw const asked).addr(), bytes, FLAGS]))
            // The descriptor is new.
            .map(|file| OwnedFd::from_raw_fd(file as i32))
    }
    .map_err(SystemError::of("wait for signals"))
}

/// The signals that were read.
pub fn numbers(read: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let first = |record: &[u8]| record.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes));
    read.chunks(RECORD_BYTES).filter_map(first)
}
