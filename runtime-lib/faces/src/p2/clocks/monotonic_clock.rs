//! `wasi:clocks/monotonic-clock`.

use crate::p2::Outcome;
use crate::p2::interfaces::io::poll as poll_interface;
use crate::p2::io::poll::Pollable;
use aot_host::canonical::handles::Own;
use aot_host::clocks;
use aot_host::host::Host;

/// Nanoseconds since some moment of the program's life.
pub fn now(host: &mut Host) -> Outcome<u64> {
    Ok(host.clock.now())
}

/// The resolution of the clock in nanoseconds.
pub fn resolution(_: &mut Host) -> Outcome<u64> {
    Ok(clocks::resolution(rustix::time::ClockId::Monotonic))
}

/// Something to wait for a moment with.
pub fn subscribe_instant(host: &mut Host, when: u64) -> Outcome<Own<poll_interface::Pollable>> {
    let moment = host.clock.system_moment(when);
    Ok(host.resources.add(Pollable::Moment(moment)))
}

/// Something to wait for a time with.
pub fn subscribe_duration(host: &mut Host, when: u64) -> Outcome<Own<poll_interface::Pollable>> {
    Ok(host.resources.add(Pollable::Moment(clocks::monotonic().saturating_add(when))))
}
