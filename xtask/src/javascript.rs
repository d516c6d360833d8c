//! Tools that make components of JavaScript for tests, from npm: componentize-qjs, in a folder of its own.

use crate::steps::detail;
use crate::{places, process, python};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::PathBuf;

/// The package of componentize-qjs. Its only dependency is the native part of the same version.
const PACKAGE: &str = "componentize-qjs@0.4.5";

fn folder() -> PathBuf {
    places::setup().join("javascript")
}

/// The program of componentize-qjs, which node runs.
pub fn componentize() -> PathBuf {
    folder().join("node_modules/componentize-qjs/bin/componentize-qjs")
}

/// Installs what is missing.
pub fn install() -> Result<()> {
    let marker = folder().join(PACKAGE);
    if marker.exists() {
        return Ok(());
    }
    detail(&format!("installing {PACKAGE}"));
    fs::create_dir_all(folder())?;
    let mut npm = python::npm()?;
    npm.args(["install", "--no-fund", "--no-audit", "--no-update-notifier", "--prefix"]).arg(folder()).arg(PACKAGE);
    process::output(&mut npm)
        .with_context(|| format!("installing {PACKAGE}: can this machine's npm reach its registry?"))?;
    ensure!(componentize().exists(), "{PACKAGE} has no {}", componentize().display());
    fs::write(&marker, "").with_context(|| format!("writing {}", marker.display()))
}
