//! Metadata of cargo about packages: all that a workspace is built from, and those of them that a
//! library carries.

use crate::process;
use anyhow::{Context, Result};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Package {
    pub name: String,
    pub version: String,
    pub license: Option<String>,
    pub manifest_path: PathBuf,
}

/// All packages of the workspace at `manifest`, for every platform, with what only tests use.
pub fn all_packages(manifest: &Path) -> Result<Vec<Package>> {
    let mut cargo = process::cargo();
    cargo.args(["metadata", "--quiet", "--all-features", "--format-version", "1", "--manifest-path"]).arg(manifest);
    let text = process::output(&mut cargo)?;
    let metadata: Metadata = serde_json::from_str(&text).context("reading cargo's metadata")?;
    Ok(metadata.packages)
}

/// A package inside a library.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Carried {
    pub name: String,
    pub version: String,
    pub license: String,
    /// True if it comes from this folder tree and not from a registry.
    pub is_local: bool,
}

/// The packages that the library of the workspace in `folder` carries when built for `triple`;
/// `options` say which package and which features.
pub fn carried(folder: &Path, triple: &str, options: &[&str]) -> Result<BTreeSet<Carried>> {
    let mut cargo: Command = process::cargo();
    cargo
        .args(["tree", "--quiet", "--edges", "normal", "--prefix", "none", "--target", triple])
        .args(["--format", "{p}|{l}|"])
        .args(options)
        .current_dir(folder)
        .env("RUSTC_BOOTSTRAP", "1");
    process::output(&mut cargo)?.lines().filter(|line| !line.is_empty()).map(carried_line).collect()
}

/// Reads `cap-std v4.0.3|MIT|` or `std v0.0.0 (/folder)|MIT|`, either perhaps with a mark behind.
fn carried_line(line: &str) -> Result<Carried> {
    let mut fields = line.split('|');
    let package = fields.next().unwrap_or_default();
    let mut words = package.split_whitespace();
    let name = words.next().context("a line without a package")?;
    let version = words.next().with_context(|| format!("`{line}` has no version"))?;
    Ok(Carried {
        name: name.to_owned(),
        version: version.trim_start_matches('v').to_owned(),
        license: fields.next().unwrap_or_default().to_owned(),
        is_local: words.next().is_some_and(|word| word.starts_with("(/")),
    })
}
