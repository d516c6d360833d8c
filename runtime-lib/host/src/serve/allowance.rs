//! The time that a request may take.

use crate::clocks;

/// The time that is left for a request: until a moment, and of the processor.
#[derive(Clone, Copy)]
pub struct Allowance {
    /// The moment at which the time is up.
    pub deadline: u64,
    /// The nanoseconds of the processor's time that are left; none for as many as it wants.
    pub processor: Option<u64>,
}

impl Allowance {
    /// The time of a request that begins now, with so many nanoseconds, and so many of the processor.
    pub fn new(time: u64, processor: Option<u64>) -> Allowance {
        Allowance { deadline: clocks::monotonic().saturating_add(time), processor }
    }

    /// Returns true if nothing of either is left.
    pub fn is_used_up(&self) -> bool {
        clocks::monotonic() >= self.deadline || self.processor == Some(0)
    }
}
