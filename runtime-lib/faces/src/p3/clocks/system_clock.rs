//! `wasi:clocks/system-clock`.

use crate::p3::Outcome;
use crate::p3::interfaces::clocks::system_clock::Instant;
use aot_host::clocks;
use aot_host::host::Host;

/// The time since 1970.
pub fn now(_: &mut Host) -> Outcome<Instant> {
    let (seconds, nanoseconds) = clocks::wall();
    Ok(Instant { seconds: seconds.cast_signed(), nanoseconds })
}

/// The resolution of the clock in nanoseconds.
pub fn get_resolution(_: &mut Host) -> Outcome<u64> {
    Ok(clocks::resolution(rustix::time::ClockId::Realtime))
}
