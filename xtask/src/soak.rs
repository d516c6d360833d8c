//! `cargo xtask soak`: a server under load for minutes, with clients that misbehave. The test of the suite `serve` takes a few
//! seconds of it.

use crate::process;
use anyhow::{Context, Result, bail};

/// The seconds of load if the command line doesn't say.
const SECONDS: u64 = 600;

/// Runs the test for as long as `--seconds` says.
pub fn run(arguments: &[String]) -> Result<()> {
    let seconds = match arguments {
        [] => SECONDS,
        [flag, seconds] if flag == "--seconds" => seconds.parse().context("--seconds takes a number")?,
        _ => bail!("usage: cargo xtask soak [--seconds N]"),
    };
    let mut cargo = process::cargo();
    cargo.args(["test", "--release", "--test", "serve", "--", "soak", "--nocapture"]);
    process::run(cargo.env("SOAK_SECONDS", seconds.to_string()))
}
