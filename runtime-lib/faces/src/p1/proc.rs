//! `proc_*`, `sched_yield` and `random_get`.

use super::interface::{Errno, Signal};
use super::{Fault, Outcome};
use aot_host::access::Access;
use aot_host::canonical::Pointer;
use aot_host::canonical::memory::Memory;
use aot_host::host::Host;
use aot_host::random;
use aot_host::yielding::Yield;

/// Ends the program.
pub fn proc_exit(host: &mut Host, _: Memory<'_>, rval: u32) -> Outcome<()> {
    Err(Fault::Trap(host.exit(rval)))
}

/// Fails: a guest has no signals.
pub fn proc_raise(_: &mut Host, _: Memory<'_>, _sig: Signal) -> Outcome<()> {
    Err(Errno::Notsup.into())
}

/// Lets others run.
pub fn sched_yield(host: &mut Access<'_>, _: Memory<'_>) -> Outcome<()> {
    host.give_up(rustix::thread::sched_yield);
    Ok(())
}

/// Fills a buffer with random bytes.
pub fn random_get(host: &mut Host, memory: Memory<'_>, buf: Pointer, buf_len: u32) -> Outcome<()> {
    host.check_random_bytes(buf_len.into())?;
    Ok(random::fill(memory.buffer(buf.address(), buf_len.into())?)?)
}
