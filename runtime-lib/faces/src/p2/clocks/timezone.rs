//! `wasi:clocks/timezone`. Which one the machine is in is nobody's business, and then the interface says UTC.

use super::Outcome;
use crate::wasi::host::Host;
use crate::wasi::interfaces::timezone::TimezoneDisplay;
use crate::wasi::interfaces::wall_clock::Datetime;

/// What there is to tell of the time zone at a moment.
pub fn display(_: &mut Host, _: Datetime) -> Outcome<TimezoneDisplay> {
    Ok(TimezoneDisplay { utc_offset: 0, name: String::from("UTC"), in_daylight_saving_time: false })
}

/// Seconds east of UTC at a moment.
pub fn utc_offset(_: &mut Host, _: Datetime) -> Outcome<i32> {
    Ok(0)
}
