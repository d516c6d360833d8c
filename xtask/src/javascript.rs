//! Tools that tests have from npm: what makes components of JavaScript, and what makes the types to compare with.

use crate::steps::detail;
use crate::{places, process, python};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::PathBuf;

/// The package of componentize-qjs, whose only dependency is the native part of the same version, and the part of jco that makes
/// types.
const PACKAGES: [&str; 2] = ["componentize-qjs@0.4.5", "@bytecodealliance/jco-transpile@0.15.0"];

fn folder() -> PathBuf {
    places::setup().join("javascript")
}

/// The program of componentize-qjs, which node runs.
pub fn componentize() -> PathBuf {
    folder().join("node_modules/componentize-qjs/bin/componentize-qjs")
}

/// Installs what is missing.
pub fn install() -> Result<()> {
    PACKAGES.iter().try_for_each(|package| install_package(package))
}

fn install_package(package: &str) -> Result<()> {
    let marker = folder().join(package.replace('/', "+"));
    if marker.exists() {
        return Ok(());
    }
    detail(&format!("installing {package}"));
    fs::create_dir_all(folder())?;
    let mut npm = python::npm()?;
    npm.args(["install", "--no-fund", "--no-audit", "--no-update-notifier", "--prefix"]).arg(folder()).arg(package);
    process::output(&mut npm)
        .with_context(|| format!("installing {package}: can this machine's npm reach its registry?"))?;
    let name = package.rsplit_once('@').map_or(package, |(name, _)| name);
    let installed = folder().join("node_modules").join(name);
    ensure!(installed.exists(), "{package} has no {}", installed.display());
    fs::write(&marker, "").with_context(|| format!("writing {}", marker.display()))
}
