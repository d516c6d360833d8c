//! Clippy's lints, without warnings, for the crates that keep them.

use crate::count::Count;
use crate::{places, process};
use anyhow::Result;

/// The crates with `[lints] workspace = true`.
const PACKAGES: &[&str] = &["aot-benches", "xtask"];

/// Checks the crates; counts as one test.
pub fn check() -> Result<Count> {
    let mut cargo = process::cargo();
    cargo.args(["clippy", "--release", "--all-targets", "--quiet"]).current_dir(places::repository());
    PACKAGES.iter().for_each(|package| _ = cargo.args(["--package", package]));
    let status = cargo.args(["--", "--deny", "warnings"]).status()?;
    Ok(Count::one(status.success()))
}
