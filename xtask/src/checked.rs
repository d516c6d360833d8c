//! `cargo xtask checked`: runs suites with a run-time library in which sums that overflow, and assertions that are false, end
//! the program, which they don't in what is shipped. The next build of `aot` carries the usual library again.

use crate::{prepare, process, runtime, targets};
use anyhow::{Context, Result};

/// The suites that run programs.
const SUITES: &[&str] =
    &["cli", "programs", "http", "sockets", "serve", "serving", "state", "slabs", "spec", "transcode"];

/// Runs the suites that the arguments name, or all that run programs, for this machine's target.
pub fn run(arguments: &[String]) -> Result<()> {
    let (host, foreign): (Vec<_>, Vec<_>) =
        targets::all()?.into_iter().partition(|target| target.isa == std::env::consts::ARCH);
    let libraries = runtime::build_checked(host.first().context("there is no target for this machine")?)?;
    prepare::all()?;
    let mut cargo = process::cargo();
    // Programs refuse unknown variables whose names begin as their settings do; this one they inherit.
    cargo.args(["test", "--release", "--no-fail-fast"]).env("RUNTIME_LIBRARIES", libraries);
    let suites: Vec<&str> = match arguments {
        [] => SUITES.to_vec(),
        names => names.iter().map(String::as_str).collect(),
    };
    for suite in suites {
        cargo.args(["--test", suite]);
    }
    cargo.arg("--").args(foreign.iter().flat_map(|target| ["--skip", &target.name]));
    process::run(&mut cargo)
}
