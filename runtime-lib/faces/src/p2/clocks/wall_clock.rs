//! `wasi:clocks/wall-clock`.

use super::Outcome;
use crate::wasi::clocks::{self, SECOND};
use crate::wasi::host::Host;
use crate::wasi::interfaces::wall_clock::Datetime;

/// The time.
pub fn now(_: &mut Host) -> Outcome<Datetime> {
    let (seconds, nanoseconds) = clocks::wall();
    Ok(Datetime { seconds, nanoseconds })
}

/// The resolution of the clock.
pub fn resolution(_: &mut Host) -> Outcome<Datetime> {
    let resolution = clocks::resolution(rustix::time::ClockId::Realtime);
    Ok(Datetime { seconds: resolution / SECOND, nanoseconds: (resolution % SECOND) as u32 })
}
