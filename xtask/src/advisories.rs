//! `cargo xtask advisories`: compares the versions in the repository's `Cargo.lock` files with RustSec's advisory database.
//! No package registry has the database: a checkout of it comes from the developer.

use crate::{places, process};
use anyhow::{Context, Result, ensure};
use semver::{Version, VersionReq};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fmt, fs};

/// A package of which a library here is a part: its advisories are written for that package. The first is the part.
const PARTS: &[(&str, &str)] = &[("wasmtime-environ", "wasmtime")];

/// Prints the advisories that apply to a version in use.
///
/// # Errors
/// There is one that isn't only information, or the arguments name no checkout.
pub fn run(arguments: &[String]) -> Result<()> {
    let [folder] = arguments else {
        anyhow::bail!("usage: cargo xtask advisories FOLDER, a checkout of github.com/rustsec/advisory-db");
    };
    let packages = packages()?;
    let advisories = advisories(&Path::new(folder).join("crates"))?;
    ensure!(!advisories.is_empty(), "there are no advisories in {folder}");
    let found: Vec<_> =
        advisories.iter().filter(|advisory| packages.iter().any(|package| advisory.applies(package))).collect();
    found.iter().for_each(|advisory| println!("{advisory}"));
    let faults = found.iter().filter(|advisory| advisory.head.informational.is_none()).count();
    println!("{} packages, {} advisories, {} apply", packages.len(), advisories.len(), found.len());
    ensure!(faults == 0, "{faults} faults of packages in use are known");
    Ok(())
}

/// A version of a package.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: Version,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: Version,
    /// Absent for packages of the repository.
    source: Option<String>,
}

/// Returns the packages of all `Cargo.lock` files, and those of which they are parts.
fn packages() -> Result<BTreeSet<Package>> {
    let root = places::repository();
    let list = process::output(Command::new("git").args(["ls-files", "*Cargo.lock"]).current_dir(root))?;
    let mut packages = BTreeSet::new();
    for file in list.lines() {
        let lock: Lock = toml::from_str(&read(&root.join(file))?).with_context(|| format!("in {file}"))?;
        for locked in lock.package.into_iter().filter(|locked| locked.source.is_some()) {
            if let Some((_, whole)) = PARTS.iter().find(|(part, _)| *part == locked.name) {
                packages.insert(Package { name: (*whole).to_string(), version: locked.version.clone() });
            }
            packages.insert(Package { name: locked.name, version: locked.version });
        }
    }
    Ok(packages)
}

/// The part of an advisory that a tool reads.
#[derive(Deserialize)]
struct Advisory {
    #[serde(rename = "advisory")]
    head: Head,
    versions: Versions,
    /// The advisory's first line in prose.
    #[serde(skip)]
    title: String,
}

#[derive(Deserialize)]
struct Head {
    id: String,
    package: String,
    /// The kind of an advisory that is about no fault: `unmaintained`, say.
    informational: Option<String>,
    withdrawn: Option<toml::Value>,
}

#[derive(Deserialize)]
struct Versions {
    patched: Vec<VersionReq>,
    #[serde(default)]
    unaffected: Vec<VersionReq>,
}

impl Advisory {
    fn read(text: &str) -> Result<Advisory> {
        let head = text.trim_start().strip_prefix("```toml").context("no TOML at the beginning")?;
        let (head, prose) = head.split_once("\n```").context("the TOML has no end")?;
        let title = prose.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default();
        Ok(Advisory { title: title.to_string(), ..toml::from_str(head)? })
    }

    fn applies(&self, package: &Package) -> bool {
        let is_good = |versions: &[VersionReq]| versions.iter().any(|version| version.matches(&package.version));
        self.head.withdrawn.is_none()
            && self.head.package == package.name
            && !is_good(&self.versions.patched)
            && !is_good(&self.versions.unaffected)
    }
}

impl fmt::Display for Advisory {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Head { id, package, informational, .. } = &self.head;
        write!(out, "{id}: {package}: {}: {}", informational.as_deref().unwrap_or("fault"), self.title)
    }
}

/// Reads the advisories below a folder: one folder a package, one file an advisory.
fn advisories(folder: &Path) -> Result<Vec<Advisory>> {
    let mut advisories = Vec::new();
    for package in entries(folder)? {
        for file in entries(&package)? {
            let advisory = Advisory::read(&read(&file)?).with_context(|| format!("in {}", file.display()))?;
            advisories.push(advisory);
        }
    }
    Ok(advisories)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "```toml\n[advisory]\nid = \"RUSTSEC-1\"\npackage = \"a\"\n\n[versions]\npatched = [\">= 1.2.3\"]\n\
                        unaffected = [\"< 1.0.0\"]\n```\n\n# A title\n";

    fn applies(text: &str, name: &str, version: &str) -> bool {
        let package = Package { name: name.to_string(), version: version.parse().unwrap() };
        Advisory::read(text).unwrap().applies(&package)
    }

    #[test]
    fn versions_between_are_affected() {
        assert_eq!(
            ["0.9.9", "1.0.0", "1.2.2", "1.2.3", "2.0.0"].map(|version| applies(TEXT, "a", version)),
            [false, true, true, false, false]
        );
        assert!(!applies(TEXT, "b", "1.1.0"));
        assert!(!applies(&TEXT.replace("package", "withdrawn = \"2026-01-01\"\npackage"), "a", "1.1.0"));
    }

    #[test]
    fn an_advisory_is_one_line() {
        assert_eq!(Advisory::read(TEXT).unwrap().to_string(), "RUSTSEC-1: a: fault: A title");
        assert!(Advisory::read("# no head").is_err());
    }

    #[test]
    fn the_repository_has_packages_and_what_they_are_part_of() {
        let packages = packages().unwrap();
        assert!(PARTS.iter().all(|(_, whole)| packages.iter().any(|package| package.name == *whole)));
    }
}
