//! `wasi:clocks/timezone`. Which one the machine is in is nobody's business, and then the interface says nothing, or UTC.

use crate::p3::Outcome;
use crate::p3::interfaces::clocks::system_clock::Instant;
use aot_host::host::Host;

/// The name of the time zone in the database of the IANA, which isn't known.
pub fn iana_id(_: &mut Host) -> Outcome<Option<String>> {
    Ok(None)
}

/// Nanoseconds east of UTC at a moment, which aren't known.
pub fn utc_offset(_: &mut Host, _: Instant) -> Outcome<Option<i64>> {
    Ok(None)
}

/// A name for the time zone.
pub fn to_debug_string(_: &mut Host) -> Outcome<String> {
    Ok(String::from("UTC"))
}
