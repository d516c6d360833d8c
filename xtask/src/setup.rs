//! `cargo xtask setup`: makes a bare machine (Debian 12, Rust with the host's target, root) able to
//! build `aot`, builds it, and shows that it works. What is there already is left as it is. What only tests need is in
//! `prepare`.

use crate::steps::step;
use crate::{apt, first_program, places, process, python, runtime, targets};
use anyhow::{Result, ensure};
use std::fs;

/// qemu runs executables of foreign targets; venv makes the folder for tools from PyPI.
const DEBIAN_PACKAGES: &[&str] = &["qemu-user-static", "python3-venv"];
/// zig compiles the C and assembly of the run-time library's cryptography for each target.
const TOOLS: &[&str] = &["zig"];

pub fn run(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "usage: cargo xtask setup");
    fs::create_dir_all(places::setup())?;
    step("Debian packages", || apt::install(DEBIAN_PACKAGES))?;
    step("Tools from PyPI, below target/setup", || python::install(TOOLS))?;
    runtime::build(&targets::all()?)?;
    step("aot itself", build_aot)?;
    step("A first program, on every target", first_program::run)
}

fn build_aot() -> Result<()> {
    process::run(process::cargo().args(["build", "--release", "--quiet"]).current_dir(places::repository()))
}
