//! `wasi:clocks/monotonic-clock`.

use aot_abi::trap::Trap;

use crate::p3::Outcome;
use aot_host::clocks;
use aot_host::concurrency::host::{Later, Operation, Progress};
use aot_host::host::Host;
use aot_host::poll::Event;

pub use crate::p2::clocks::monotonic_clock::{now, resolution as get_resolution};

/// Waits for a moment.
pub fn wait_until(host: &mut Host, when: u64) -> Outcome<Later<()>> {
    let moment = host.clock.system_moment(when);
    Ok(Later::Waits(Box::new(Sleep { moment })))
}

/// Waits for a time.
pub fn wait_for(_: &mut Host, how_long: u64) -> Outcome<Later<()>> {
    Ok(Later::Waits(Box::new(Sleep { moment: clocks::monotonic().saturating_add(how_long) })))
}

/// Waits for a moment of the system's clock.
struct Sleep {
    moment: u64,
}

impl Operation<()> for Sleep {
    fn step(&mut self, _: &mut Host) -> Result<Progress<()>, Trap> {
        Ok(match self.moment <= clocks::monotonic() {
            true => Progress::Done(()),
            false => Progress::Until(Event::Moment(self.moment)),
        })
    }
}
