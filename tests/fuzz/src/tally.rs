//! Counts what came of inputs.

use std::collections::BTreeMap;
use std::fmt;

/// How many came to what, and what is wrong.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    counts: BTreeMap<&'static str, u64>,
    /// What is wrong.
    pub faults: Vec<String>,
}

impl Tally {
    /// Counts some of a kind.
    pub fn count(&mut self, kind: &'static str, number: u64) {
        *self.counts.entry(kind).or_default() += number;
    }

    /// How many of a kind there are.
    pub fn of(&self, kind: &str) -> u64 {
        self.counts.get(kind).copied().unwrap_or_default()
    }

    /// Adds another.
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
