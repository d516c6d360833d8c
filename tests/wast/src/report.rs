//! Results of a file: assertions that hold, those that fail and why, and what was left out, by proposal.

use std::collections::BTreeMap;
use std::fmt;

/// The report of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileReport {
    /// The file's name.
    pub name: String,
    /// Assertions that hold.
    pub passed: u64,
    /// Assertions that don't, and modules and actions that fail; by line once [`FileReport::finish`] was called.
    pub failures: Vec<Failure>,
    /// Counts of what was left out, by the proposals that it needs.
    pub left_out: LeftOut,
}

/// A failure of a file, with its line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// The line; 0 for the whole file.
    pub line: u32,
    /// The message: what was expected, and what happened.
    pub message: String,
}

/// Counts of what was left out, by proposals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut(pub BTreeMap<String, LeftOutCount>);

/// Counts of what was left out for the same proposals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOutCount {
    /// The number of assertions.
    pub assertions: u64,
    /// The number of modules.
    pub modules: u64,
}

/// The sum over files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// The number of files.
    pub files: u64,
    /// Assertions that hold.
    pub passed: u64,
    /// The number of failures.
    pub failed: u64,
    /// Counts of what was left out.
    pub left_out: LeftOut,
}

impl FileReport {
    /// A report of a file of which nothing is known yet.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_string(), ..Self::default() }
    }

    /// Notes a failure.
    pub fn fail(&mut self, line: u32, message: impl Into<String>) {
        self.failures.push(Failure { line, message: message.into() });
    }

    /// Notes an assertion that needs a proposal.
    pub fn leave_out(&mut self, proposals: &str) {
        self.left_out.count(proposals).assertions += 1;
    }

    /// Notes a module that needs a proposal.
    pub fn leave_out_module(&mut self, proposals: &str) {
        self.left_out.count(proposals).modules += 1;
    }

    /// Puts the failures in order, each once.
    pub fn finish(&mut self) {
        self.failures.sort();
        self.failures.dedup();
    }

    /// Makes sure that each of this many assertions was counted: as one that holds, that fails, or that was left out.
    pub fn check_count(&mut self, assertions: u64) {
        let left_out: u64 = self.left_out.0.values().map(|count| count.assertions).sum();
        if self.failures.is_empty() && self.passed + left_out != assertions {
            let message = format!("of {assertions} assertions, {} hold and {left_out} are left out", self.passed);
            self.fail(0, message);
        }
    }
}

impl LeftOut {
    fn count(&mut self, proposals: &str) -> &mut LeftOutCount {
        self.0.entry(proposals.to_string()).or_default()
    }
}

impl Total {
    /// The sum of these reports.
    pub fn of(reports: &[FileReport]) -> Self {
        let mut total = Self::default();
        for report in reports {
            total.files += 1;
            total.passed += report.passed;
            total.failed += report.failures.len() as u64;
            for (proposals, count) in &report.left_out.0 {
                let sum = total.left_out.count(proposals);
                sum.assertions += count.assertions;
                sum.modules += count.modules;
            }
        }
        total
    }
}

impl fmt::Display for FileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: passed {}, failed {}{}", self.name, self.passed, self.failures.len(), self.left_out)?;
        for Failure { line, message } in &self.failures {
            write!(f, "\n  {}:{line}: {message}", self.name)?;
        }
        Ok(())
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} files: passed {}, failed {}{}", self.files, self.passed, self.failed, self.left_out)
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (proposals, count)) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { ", left out: " } else { ", " })?;
            write!(f, "{proposals} {} assertions and {} modules", count.assertions, count.modules)?;
        }
        Ok(())
    }
}
