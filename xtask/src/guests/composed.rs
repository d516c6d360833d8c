//! The parts of the program of `tests/composed`, in three languages, into `target/guests/composed`.

use super::interpreted;
use crate::{places, process};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

const TARGET: &str = "wasm32-wasip2";

/// Builds what has changed since the last time.
pub fn build() -> Result<()> {
    let sources = places::repository().join("tests/composed");
    let folder = places::guests().join("composed");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    rust(&sources, &folder)?;
    let wit = sources.join("wit");
    interpreted::build(&sources.join("rules/app.py"), "charging", &wit, &folder.join("rules.wasm"))?;
    interpreted::build(&sources.join("render/app.js"), "rendering", &wit, &folder.join("render.wasm"))
}

fn rust(sources: &Path, folder: &Path) -> Result<()> {
    let build = places::repository().join("target/composed-build");
    let mut cargo = process::cargo();
    cargo.args(["build", "--release", "--quiet", "--locked", "--target", TARGET, "--target-dir"]).arg(&build);
    // Cargo's variables for this process aren't meant for another workspace.
    cargo.current_dir(sources).env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    process::run(&mut cargo)?;
    for (built, name) in [("harbor_parser.wasm", "parser.wasm"), ("harbor-command.wasm", "command.wasm")] {
        let from = build.join(TARGET).join("release").join(built);
        fs::copy(&from, folder.join(name)).with_context(|| format!("copying {}", from.display()))?;
    }
    Ok(())
}
