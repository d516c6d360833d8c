//! The services of `examples`, into `target/guests/examples`, as their documents say.

use super::{interpreted, workspace};
use crate::{metadata, places};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Builds what has changed since the last time.
pub fn build() -> Result<()> {
    let examples = places::repository().join("examples");
    let folder = places::guests().join("examples");
    workspace::build(&examples.join("service"), "service-build", &folder, &[("service.wasm", "service.wasm")])?;
    let python = examples.join("service-python");
    let wit = folder.join("wit");
    copy_wit(&wasi_wit(&examples.join("service/Cargo.toml"))?, &wit.join("deps"))?;
    fs::copy(python.join("world.wit"), wit.join("world.wit"))?;
    interpreted::build(&python.join("service.py"), "service", &wit, &folder.join("service-python.wasm"))
}

/// The WIT of WASI 0.2, which the crate with its bindings has.
fn wasi_wit(manifest: &Path) -> Result<PathBuf> {
    let packages = metadata::all_packages(manifest)?;
    let package = packages.iter().find(|package| package.name == "wasip2").context("no package wasip2")?;
    Ok(package.manifest_path.with_file_name("wit").join("deps"))
}

/// Copies a folder of packages, each a folder of files or a file.
fn copy_wit(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_wit(&path, &copy)?;
        } else {
            fs::copy(&path, &copy)?;
        }
    }
    Ok(())
}
