//! `tests/mutations.toml`: where faults are made, and which tests have to notice them.

use super::faults::Fault;
use crate::places;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::fs;

/// The whole file.
#[derive(Deserialize)]
pub struct Plan {
    /// Files with the tests that have to notice faults in them.
    #[serde(rename = "group")]
    pub groups: Vec<Group>,
    /// Faults that no test notices.
    #[serde(default, rename = "survivor")]
    survivors: Vec<Survivor>,
}

/// Files with the tests of them.
#[derive(Deserialize)]
pub struct Group {
    /// The files, from the repository's top folder.
    pub files: Vec<String>,
    /// The crate whose unit tests run first.
    pub unit_tests: String,
    /// Words of the names of unit tests, each of which chooses some; all run if there is none.
    #[serde(default)]
    pub unit_words: Vec<String>,
    /// Tests through executables, in this order.
    pub sessions: Vec<Sessions>,
}

/// Tests of a suite.
#[derive(Deserialize)]
pub struct Sessions {
    /// The suite, a file of `tests`.
    pub suite: String,
    /// Words of the tests' names, each of which chooses some.
    pub words: Vec<String>,
}

#[derive(Deserialize)]
struct Survivor {
    file: String,
    /// The line as it is, without the spaces around it.
    line: String,
    /// The line with the fault; empty if a statement is left out.
    fault: String,
    /// The reason why no test can notice.
    reason: String,
}

impl Plan {
    /// Reads the file.
    ///
    /// # Errors
    /// It isn't there, or isn't a plan.
    pub fn read() -> Result<Plan> {
        let path = places::repository().join("tests/mutations.toml");
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("in {}", path.display()))
    }

    /// Returns true if there is a reason why no test notices the fault.
    pub fn has_reason(&self, fault: &Fault) -> bool {
        let key = (&fault.file, &fault.line, &fault.made);
        self.survivors.iter().any(|row| !row.reason.is_empty() && (&row.file, &row.line, &row.fault) == key)
    }

    /// Returns all suites.
    pub fn suites(&self) -> Vec<&str> {
        let mut suites: Vec<&str> =
            self.groups.iter().flat_map(|group| &group.sessions).map(|sessions| &*sessions.suite).collect();
        suites.sort_unstable();
        suites.dedup();
        suites
    }
}
