//! Counts what came of inputs.

use std::collections::BTreeMap;
use std::fmt;

/// Counts of outcomes, and the faults that were found.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    counts: BTreeMap<&'static str, u64>,
    /// The faults that were found, as messages.
    pub faults: Vec<String>,
}

impl Tally {
    /// Counts some of a kind.
    pub fn count(&mut self, kind: &'static str, number: u64) {
        *self.counts.entry(kind).or_default() += number;
    }

    /// The count of a kind of outcome.
    pub fn of(&self, kind: &str) -> u64 {
        self.counts.get(kind).copied().unwrap_or_default()
    }

    /// Adds the counts and faults of another tally.
    pub fn add(&mut self, other: Self) {
        other.counts.into_iter().for_each(|(kind, number)| self.count(kind, number));
        self.faults.extend(other.faults);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.counts.iter().try_for_each(|(kind, number)| write!(f, "{number} {kind}, "))?;
        write!(f, "{} faults", self.faults.len())
    }
}
