//! `cargo xtask fuzz`: compiles random modules and compares what they do with wasmtime (tests/README.md).

use crate::{places, prepare, process};
use anyhow::Result;
use std::process::Command;

pub fn run(arguments: &[String]) -> Result<()> {
    prepare::tools()?;
    let mut build = process::cargo();
    build.args(["build", "--release", "--quiet", "--package", "aot-fuzz"]).current_dir(places::repository());
    process::run(&mut build)?;
    process::run(Command::new(places::repository().join("target/release/aot-fuzz")).args(arguments))
}
