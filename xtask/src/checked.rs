//! `cargo xtask checked`: runs suites with a run-time library in which sums that overflow, and assertions that are false, end
//! the program, which they don't in what is shipped. The next build of `aot` carries the usual library again.

use crate::{prepare, process, runtime, targets};
use anyhow::{Context, Result};

/// The suites that run programs.
const SUITES: &[&str] = &["cli", "programs", "http", "sockets", "slabs"];

/// Runs the suites that the arguments name, or all that run programs, for this machine's target.
pub fn run(arguments: &[String]) -> Result<()> {
    let host = targets::all()?.into_iter().find(|target| target.isa == std::env::consts::ARCH);
    let host = host.context("there is no target for this machine")?;
    let libraries = runtime::build_checked(&host)?;
    prepare::all()?;
    let mut cargo = process::cargo();
    cargo.args(["test", "--release", "--no-fail-fast"]).env("AOT_RUNTIME_DIR", libraries);
    let suites: Vec<&str> = match arguments {
        [] => SUITES.to_vec(),
        names => names.iter().map(String::as_str).collect(),
    };
    for suite in suites {
        cargo.args(["--test", suite]);
    }
    process::run(cargo.args(["--", &host.name]))
}
