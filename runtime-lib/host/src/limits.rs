//! Limits of a program: the limits of its policy, as far as settings didn't lower them.

use aot_abi::limits::{HOST_MEMORY_BYTES_MIN, Limit, UNLIMITED, Unit};

use crate::start_error::StartError;
use aot_foundation::guest_limits::GuestLimits;
use aot_foundation::program;

/// The least stack that a guest can be started on.
const STACK_BYTES_MIN: u64 = 64 << 10;

/// A value for each limit.
#[derive(Clone, Copy, Debug)]
pub struct Limits([u64; Limit::ALL.len()]);

impl Limits {
    /// The limits of a policy that has none of its own.
    pub fn new() -> Limits {
        let mut limits = Limits([UNLIMITED; Limit::ALL.len()]);
        for &limit in Limit::ALL {
            limits.set(limit, limit.default_value());
        }
        limits
    }

    /// A limit's value.
    pub fn get(&self, limit: Limit) -> u64 {
        self.0[limit as usize]
    }

    /// Gives a limit another value.
    pub fn set(&mut self, limit: Limit, value: u64) {
        self.0[limit as usize] = value;
    }

    /// The limits of memories, tables and heaps.
    pub fn of_guest(&self) -> GuestLimits {
        GuestLimits {
            memory_bytes: self.get(Limit::Memory),
            table_elements: self.get(Limit::TableElements),
            heap_bytes: self.get(Limit::Heap),
            host_bytes: self.get(Limit::HostMemory),
        }
    }

    /// Refuses limits that the program doesn't begin within.
    pub fn check_start(&self) -> Result<(), StartError> {
        let memory = program::memories().iter().map(|memory| memory.bytes_min).max();
        let table = program::tables().iter().map(|table| table.elements_min).max();
        // One by one: a table of the names would need a relocation for each.
        self.check_least(Limit::Memory, Limit::Memory.variable(), memory.unwrap_or(0))?;
        self.check_least(Limit::TableElements, Limit::TableElements.variable(), table.unwrap_or(0))?;
        self.check_least(Limit::Stack, Limit::Stack.variable(), STACK_BYTES_MIN)?;
        self.check_least(Limit::HostMemory, Limit::HostMemory.variable(), HOST_MEMORY_BYTES_MIN)
    }

    /// Returns an error if a limit is below what the program begins with.
    #[inline(never)]
    fn check_least(&self, limit: Limit, variable: &'static str, least: u64) -> Result<(), StartError> {
        if least > self.get(limit) { Err(StartError::TooLow { variable, least }) } else { Ok(()) }
    }
}

/// The number that a variable gives a limit whose value is `current`.
///
/// # Errors
/// It isn't written as the unit's numbers are, or it is more than `current` and the limit may not rise.
pub fn lowered(
    unit: Unit,
    current: u64,
    may_rise: bool,
    (name, value): (&'static [u8], &[u8]),
) -> Result<u64, StartError> {
    let number = number(unit, value).ok_or_else(|| {
        StartError::refused(
            name,
            match unit {
                Unit::Count => "not a number",
                Unit::Bytes => "not a number of bytes, such as 8388608 or 8M",
                Unit::Time => "not a time: write seconds, or milliseconds with ms",
            },
        )
    })?;
    if number > current && !may_rise {
        return Err(StartError::refused(name, "more than the limit that is built in, and settings only take away"));
    }
    Ok(number)
}

/// The value of a limit.
fn number(unit: Unit, value: &[u8]) -> Option<u64> {
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, suffix) = value.split_at_checked(digits)?;
    let factor = match (unit, suffix) {
        (Unit::Count | Unit::Bytes, b"") => 1,
        (Unit::Bytes, b"K" | b"k") => 1 << 10,
        (Unit::Bytes, b"M" | b"m") => 1 << 20,
        (Unit::Bytes, b"G" | b"g") => 1 << 30,
        (Unit::Time, b"") => 1_000_000,
        (Unit::Time, b"ms") => 1000,
        _ => return None,
    };
    let number = core::str::from_utf8(digits).ok()?.parse::<u64>().ok()?.checked_mul(factor)?;
    // A timer takes no time at all for none to be set.
    if unit == Unit::Time && number == 0 { None } else { Some(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_units_of_their_limits() {
        let bytes = ["0", "7", "2K", "2k", "3M", "3m", "1G", "1g"].map(|text| number(Unit::Bytes, text.as_bytes()));
        assert_eq!(bytes, [0, 7, 2048, 2048, 3 << 20, 3 << 20, 1 << 30, 1 << 30].map(Some));
        assert_eq!(["2", "5ms"].map(|text| number(Unit::Time, text.as_bytes())), [Some(2_000_000), Some(5000)]);
        assert_eq!(number(Unit::Count, b"0"), Some(0));
        for (unit, text) in [
            (Unit::Time, "0"),
            (Unit::Time, "0ms"),
            (Unit::Time, "1K"),
            (Unit::Count, "1K"),
            (Unit::Count, ""),
            (Unit::Bytes, "1ms"),
            (Unit::Bytes, "K"),
            (Unit::Bytes, "-1"),
            (Unit::Bytes, "18446744073709551616"),
            (Unit::Bytes, "17179869184G"),
        ] {
            assert_eq!(number(unit, text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn settings_lower_limits_or_leave_them() {
        let lowered =
            |value: &'static [u8], may_rise| lowered(Unit::Count, 5, may_rise, (b"AOT_MAX_THREADS", value)).ok();
        assert_eq!([lowered(b"4", false), lowered(b"5", false), lowered(b"6", false)], [Some(4), Some(5), None]);
        assert_eq!(lowered(b"6", true), Some(6));
    }
}
