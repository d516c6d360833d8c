//! Components of a cargo workspace that is built for WebAssembly alone.

use crate::{places, process};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

const TARGET: &str = "wasm32-wasip2";

/// Builds the workspace in `sources` in a folder of `target`, and copies what it makes to `output`, under other names.
pub fn build(sources: &Path, build: &str, output: &Path, products: &[(&str, &str)]) -> Result<()> {
    let build = places::repository().join("target").join(build);
    fs::create_dir_all(output).with_context(|| format!("creating {}", output.display()))?;
    let mut cargo = process::cargo();
    cargo.args(["build", "--release", "--quiet", "--locked", "--target", TARGET, "--target-dir"]).arg(&build);
    // Cargo's variables for this process aren't meant for another workspace.
    cargo.current_dir(sources).env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    process::run(&mut cargo)?;
    for (built, name) in products {
        let from = build.join(TARGET).join("release").join(built);
        fs::copy(&from, output.join(name)).with_context(|| format!("copying {}", from.display()))?;
    }
    Ok(())
}
