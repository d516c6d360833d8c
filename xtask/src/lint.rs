//! `cargo xtask lint`: the lints of rustc, Clippy and rustdoc, without warnings, for every crate of both workspaces.
//!
//! That compiles all dependencies once more, for minutes. `cargo xtask test` only checks the crates that need none of
//! the large ones.

use crate::count::Count;
use crate::steps::step;
use crate::{places, process};
use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crates that are checked in seconds.
const SMALL: &[&str] = &["aot-abi", "aot-benches", "xtask"];

pub fn run(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "usage: cargo xtask lint");
    for (folder, options) in workspaces() {
        let name = folder.display();
        step(&format!("Clippy in {name}"), || process::run(&mut clippy(&folder, &options)))?;
        step(&format!("Documentation in {name}"), || process::run(&mut doc(&folder, &options)))?;
    }
    Ok(())
}

/// Checks the small crates; counts as one test.
pub fn check_small() -> Result<Count> {
    let options: Vec<&str> = SMALL.iter().flat_map(|package| ["--package", package]).collect();
    Ok(Count::one(clippy(places::repository(), &options).status()?.success()))
}

/// The folders of both workspaces, with the options that choose all of their crates and code.
fn workspaces() -> [(PathBuf, Vec<&'static str>); 2] {
    let root = places::repository();
    let runtime = root.join("runtime-lib");
    [(root.to_path_buf(), vec!["--workspace"]), (runtime, vec!["--workspace", "--features", "aot-start/full"])]
}

fn clippy(folder: &Path, options: &[&str]) -> Command {
    let mut cargo = process::cargo();
    cargo.args(["clippy", "--release", "--all-targets", "--quiet"]).args(options).current_dir(folder);
    cargo.args(["--", "--deny", "warnings"]);
    cargo
}

fn doc(folder: &Path, options: &[&str]) -> Command {
    let mut cargo = process::cargo();
    cargo.args(["doc", "--release", "--no-deps", "--quiet"]).args(options).current_dir(folder);
    cargo.env("RUSTDOCFLAGS", "--deny warnings");
    cargo
}
