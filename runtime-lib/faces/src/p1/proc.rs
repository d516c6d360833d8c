//! `proc_*`, `sched_yield` and `random_get`.

use super::interface::{Errno, Signal};
use super::{Fault, Outcome};
use aot_host::access::Access;
use aot_host::canonical::Pointer;
use aot_host::canonical::memory::Memory;
use aot_host::host::Host;
use aot_host::random;
use aot_host::yielding::Yield;

/// The largest status that the system passes on; of a larger one it would pass on the lowest byte, which can be that of
/// success.
const STATUS_MAX: u32 = 255;

/// Ends the program. Statuses that the system can't pass on are told, and become 1.
pub fn proc_exit(host: &mut Host, _: Memory<'_>, rval: u32) -> Outcome<()> {
    if rval > STATUS_MAX {
        return Err(Fault::Trap(host.exit_beyond(rval)));
    }
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
