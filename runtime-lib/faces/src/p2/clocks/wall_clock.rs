//! `wasi:clocks/wall-clock`.

use crate::p2::Outcome;
use crate::p2::interfaces::clocks::wall_clock::Datetime;
use aot_host::clocks::{self, SECOND};
use aot_host::host::Host;

/// The time since 1970.
pub fn now(_: &mut Host) -> Outcome<Datetime> {
    let (seconds, nanoseconds) = clocks::wall();
    Ok(Datetime { seconds, nanoseconds })
}

/// The resolution of the clock.
pub fn resolution(_: &mut Host) -> Outcome<Datetime> {
    let resolution = clocks::resolution(rustix::time::ClockId::Realtime);
    Ok(Datetime { seconds: resolution / SECOND, nanoseconds: (resolution % SECOND) as u32 })
}
