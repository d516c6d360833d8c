//! How much work debug information may cause: tables that refer to each other could make it grow without a bound.

/// What each byte of the input may become: attributes, rows, entries of lists.
const PER_BYTE: u64 = 8;
/// What any input may become.
const LEAST: u64 = 1 << 16;

/// What is left.
pub(super) struct Budget(u64);

impl Budget {
    /// For debug information of so many bytes.
    pub fn new(bytes: u64) -> Self {
        Self(LEAST.saturating_add(bytes.saturating_mul(PER_BYTE)))
    }

    /// Takes `count`; false where that is more than is left, and from then on.
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
