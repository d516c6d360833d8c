//! `cargo xtask bench`: builds aot and the benches, and runs them (docs/benchmarks.md).

use crate::steps::step;
use crate::{apt, places, prepare, process, python, real_programs, wasmtime_c_api};
use anyhow::Result;
use std::process::Command;

pub fn run(arguments: &[String]) -> Result<()> {
    prepare::all()?;
    step("A peer from PyPI, below target/setup", || python::install(&["wasm2c"]))?;
    let benches: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    if benches.is_empty() || benches.iter().any(|name| *name == "real") {
        real_programs::prepare()?;
    }
    if benches.iter().any(|name| *name == "serve") {
        apt::install(&["wrk"])?;
    }
    if benches.is_empty() || benches.iter().any(|name| *name == "embed") {
        step("wasmtime for C programs, below target/setup", wasmtime_c_api::install)?;
    }
    let mut build = process::cargo();
    build
        .args(["build", "--release", "--quiet"])
        .args(["aot", "aot-benches", "aot-wast"].into_iter().flat_map(|package| ["--package", package]))
        .current_dir(places::repository());
    process::run(&mut build)?;
    process::run(Command::new(places::repository().join("target/release/aot-benches")).args(arguments))
}
