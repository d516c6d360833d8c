//! Bound for the work that debug information causes: tables that refer to each other could make it grow without limit.

/// Units of work (attributes, rows, list entries) allowed for each byte of the input.
const PER_BYTE: u64 = 8;
/// Units of work allowed for any input.
const LEAST: u64 = 1 << 16;

/// Remaining units of work.
pub(super) struct Budget(u64);

impl Budget {
    /// Makes the budget for `bytes` bytes of debug information.
    pub fn new(bytes: u64) -> Self {
        Self(LEAST.saturating_add(bytes.saturating_mul(PER_BYTE)))
    }

    /// Takes `count` units; returns false if the budget is used up, and in every later call.
    pub fn take(&mut self, count: usize) -> bool {
        match self.0.checked_sub(count as u64) {
            Some(left) => self.0 = left,
            None => self.0 = 0,
        }
        self.0 > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_ends_and_stays_ended() {
        let mut budget = Budget::new(0);
        assert!(budget.take(LEAST as usize - 1));
        assert!(!budget.take(5));
        assert!(!budget.take(0));
    }
}
