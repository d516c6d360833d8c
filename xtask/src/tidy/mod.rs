//! `cargo xtask tidy`: the rules about sources and documents that a tool can check, a file each.
//! What it finds is printed as `path:line: rule: what to do`.

mod bounds;
mod charts;
mod crate_edges;
mod dead_paths;
mod dependency_licenses;
mod doc_heads;
mod files;
mod format;
mod front_end;
mod imports;
mod isa_names;
mod lints;
mod module_docs;
mod notices;
mod statics;
mod symbol_names;

use crate::count::Count;
use anyhow::{Result, bail, ensure};
use files::Files;
use std::fmt;

/// A breach of a rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file's path from the repository's top folder.
    pub path: String,
    pub line: usize,
    pub rule: &'static str,
    pub advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.advice)
    }
}

/// A rule looks at all files, and says where they break it.
type Rule = fn(&Files) -> Result<Vec<Finding>>;

const RULES: &[Rule] = &[
    charts::check,
    crate_edges::check,
    dead_paths::check,
    dependency_licenses::check,
    doc_heads::check,
    format::check,
    front_end::check,
    imports::check,
    isa_names::check,
    lints::check,
    module_docs::check,
    notices::check,
    statics::check,
    symbol_names::check,
];

pub fn run(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "usage: cargo xtask tidy");
    let count = check()?;
    if count.failed > 0 {
        bail!("{} of {} rules are broken", count.failed, count.failed + count.passed);
    }
    Ok(())
}

/// Checks every rule; prints what is found, and counts a rule as one test.
pub fn check() -> Result<Count> {
    let files = Files::of_repository()?;
    let mut count = Count::default();
    for rule in RULES {
        let findings = rule(&files)?;
        for finding in &findings {
            println!("{finding}");
        }
        count.add(Count::one(findings.is_empty()));
    }
    Ok(count)
}
