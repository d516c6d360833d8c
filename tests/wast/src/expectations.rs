//! Expected failures, as data with reasons; and the proposals that may be left out. Whatever isn't as they say is a
//! failure: a failure that isn't expected, an expected one that doesn't happen, a proposal that isn't listed.

use crate::report::{Failure, FileReport};
use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::Path;

/// The contents of a file of expectations.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectations {
    /// Proposals that may be left out, each name alone.
    #[serde(default)]
    pub left_out: Vec<String>,
    /// The failures that are expected.
    #[serde(default)]
    pub failure: Vec<ExpectedFailure>,
}

/// Failures that are expected.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedFailure {
    /// The file of the assertion.
    pub file: String,
    /// The lines, each of which fails; 0 is the whole file.
    pub lines: Vec<u32>,
    /// The targets, or suites of one, in which the failure is expected; all if it is absent.
    pub targets: Option<Vec<String>>,
    /// The reason for the failure.
    pub reason: String,
}

impl Expectations {
    /// Reads a file.
    ///
    /// # Errors
    /// If it can't be read, or has another form.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("reading {}", path.display()))
    }

    /// Takes expected failures out of the report, and puts into it what else isn't as it should be.
    pub fn apply(&self, report: &mut FileReport, names: &[&str]) {
        let here = |row: &&ExpectedFailure| {
            let on_target =
                row.targets.as_ref().is_none_or(|targets| targets.iter().any(|name| names.contains(&name.as_str())));
            row.file == report.name && on_target
        };
        let mut unmet = Vec::new();
        for row in self.failure.iter().filter(here) {
            for line in &row.lines {
                let before = report.failures.len();
                report.failures.retain(|failure| failure.line != *line);
                if report.failures.len() == before {
                    let message = format!("passes, but a failure is expected: {}", row.reason);
                    unmet.push(Failure { line: *line, message });
                }
            }
        }
        report.failures.extend(unmet);
        for proposals in report.left_out.0.keys() {
            if let Some(name) = proposals.split('+').find(|name| !self.left_out.iter().any(|known| known == name)) {
                let message = format!("{name} isn't among the proposals that may be left out");
                report.failures.push(Failure { line: 0, message });
            }
        }
        report.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expectations() -> Expectations {
        let failure = "file = 'a.wast'\nlines = [3]\ntargets = ['x']\nreason = 'because'\n";
        let text = format!("left_out = ['simd']\n[[failure]]\n{failure}");
        toml::from_str(&text).unwrap()
    }

    fn messages(report: &FileReport) -> Vec<&str> {
        report.failures.iter().map(|failure| failure.message.as_str()).collect()
    }

    #[test]
    fn an_expected_failure_is_none_and_its_absence_is_one() {
        let mut report = FileReport::new("a.wast");
        report.fail(3, "wrong");
        report.fail(4, "wrong too");
        expectations().apply(&mut report, &["x"]);
        assert_eq!(messages(&report), ["wrong too"]);
        report.failures.clear();
        expectations().apply(&mut report, &["y"]);
        assert!(report.failures.is_empty());
        expectations().apply(&mut report, &["x"]);
        assert_eq!(messages(&report), ["passes, but a failure is expected: because"]);
    }

    #[test]
    fn only_listed_proposals_are_left_out() {
        let mut report = FileReport::new("b.wast");
        report.leave_out("simd");
        report.leave_out("gc+simd");
        expectations().apply(&mut report, &["x"]);
        assert_eq!(messages(&report), ["gc isn't among the proposals that may be left out"]);
    }
}
