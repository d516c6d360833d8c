//! `wasi:clocks/timezone`. Which one the machine is in is nobody's business, and then the interface says UTC.

use crate::p2::Outcome;
use crate::p2::interfaces::clocks::timezone::TimezoneDisplay;
use crate::p2::interfaces::clocks::wall_clock::Datetime;
use aot_host::host::Host;

/// The time zone's name, offset and daylight saving time at a moment: always those of UTC.
pub fn display(_: &mut Host, _: Datetime) -> Outcome<TimezoneDisplay> {
    Ok(TimezoneDisplay { utc_offset: 0, name: String::from("UTC"), in_daylight_saving_time: false })
}

/// Seconds east of UTC at a moment.
pub fn utc_offset(_: &mut Host, _: Datetime) -> Outcome<i32> {
    Ok(0)
}
