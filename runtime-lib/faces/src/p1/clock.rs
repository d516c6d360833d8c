//! `clock_*`.

use rustix::time::ClockId;

use super::Outcome;
use super::interface::{Clockid, Errno};
use aot_host::canonical::memory::Memory;
use aot_host::clocks;
use aot_host::host::Host;

/// The resolution of a clock in nanoseconds.
pub fn clock_res_get(_: &mut Host, _: Memory<'_>, id: Clockid) -> Outcome<u64> {
    Ok(clocks::resolution(system_clock(id)))
}

/// The time of a clock in nanoseconds. The precision asked for is always given.
pub fn clock_time_get(host: &mut Host, _: Memory<'_>, id: Clockid, _precision: u64) -> Outcome<u64> {
    match id {
        Clockid::Monotonic => Ok(host.clock.now()),
        id => Ok(clocks::time(system_clock(id)).ok_or(Errno::Overflow)?),
    }
}

fn system_clock(id: Clockid) -> ClockId {
    match id {
        Clockid::Realtime => ClockId::Realtime,
        Clockid::Monotonic => ClockId::Monotonic,
        Clockid::ProcessCputimeId => ClockId::ProcessCPUTime,
        Clockid::ThreadCputimeId => ClockId::ThreadCPUTime,
    }
}
