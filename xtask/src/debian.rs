//! Debian packages of any suite and architecture, as files: downloaded by apt, which verifies
//! their signatures, from the mirror that this machine is set up with; kept below `target/setup`.
//! Nothing is installed.

use crate::places;
use crate::process;
use crate::steps::detail;
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A binary package of a Debian suite.
pub struct Package<'a> {
    pub suite: &'a str,
    pub architecture: &'a str,
    pub name: &'a str,
    /// The beginning of the version: the upstream one, or the part of it that matters, since Debian's revisions come and go, and
    /// a suite has one version at a time. Empty for whichever the suite has.
    pub upstream_version: &'a str,
}

/// The contents of `package`, unpacked; downloaded when they aren't there yet.
pub fn unpacked(package: &Package) -> Result<PathBuf> {
    let name = format!("{}_{}_{}", package.name, package.upstream_version, package.architecture);
    unpacked_together(&name, &[package])
}

/// The contents of packages of one suite and architecture in a folder of this name; downloaded when they aren't there yet.
pub fn unpacked_together(name: &str, packages: &[&Package]) -> Result<PathBuf> {
    let folder = places::setup().join("debian").join(name);
    if folder.is_dir() {
        return Ok(folder);
    }
    let work = folder.with_extension(format!("{}.new", std::process::id()));
    let contents = work.join("contents");
    fs::create_dir_all(&contents).with_context(|| format!("creating {}", contents.display()))?;
    for file in download(packages, &work)? {
        process::run(Command::new("dpkg-deb").arg("-x").arg(&file).arg(&contents))?;
    }
    // The name appears only when all is there. Losing a race against another set-up is no harm.
    if fs::rename(&contents, &folder).is_err() && !folder.is_dir() {
        bail!("{} can't be moved into place", folder.display());
    }
    fs::remove_dir_all(&work).with_context(|| format!("removing {}", work.display()))?;
    Ok(folder)
}

fn advice(package: &Package) -> String {
    format!(
        "downloading Debian's {} {} of {} for {}: does `apt-get update` work on this machine, and \
         does its mirror carry that suite?",
        package.name, package.upstream_version, package.suite, package.architecture
    )
}

/// Downloads into `folder`, with a package list of our own, so that the machine's stays as it is.
fn download(packages: &[&Package], folder: &Path) -> Result<Vec<PathBuf>> {
    let first = packages.first().context("no packages")?;
    let state = folder.join("apt");
    for part in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(state.join(part))?;
    }
    let source =
        format!("deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {} {} main\n", mirror()?, first.suite);
    fs::write(state.join("sources.list"), source)?;
    process::output(apt(first, &state).arg("update")).with_context(|| advice(first))?;
    for package in packages {
        let wanted = format!("{}={}*", package.name, package.upstream_version);
        let mut download = apt(package, &state);
        process::output(download.args(["download", &wanted]).current_dir(folder)).with_context(|| advice(package))?;
    }
    downloaded_files(folder)
}

fn downloaded_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            detail(&format!("{}", path.file_name().unwrap_or_default().display()));
            files.push(path);
        }
    }
    ensure!(!files.is_empty(), "apt-get downloaded nothing into {}", folder.display());
    Ok(files)
}

fn apt(package: &Package, state: &Path) -> Command {
    let settings = [
        format!("Dir::Etc::SourceList={}", state.join("sources.list").display()),
        String::from("Dir::Etc::SourceParts=/dev/null"),
        format!("Dir::State::Lists={}", state.join("lists").display()),
        format!("Dir::Cache={}", state.join("cache").display()),
        format!("APT::Architecture={}", package.architecture),
        format!("APT::Architectures={}", package.architecture),
        String::from("APT::Sandbox::User=root"),
    ];
    let mut command = Command::new("apt-get");
    command.arg("-q");
    for setting in settings {
        command.args(["-o", &setting]);
    }
    command
}

/// The address of the Debian archive in this machine's own package sources.
fn mirror() -> Result<String> {
    let addresses = process::output(Command::new("apt-get").args(["indextargets", "--format", "$(REPO_URI)"]))?;
    addresses
        .lines()
        .map(str::trim)
        .find(|address| address.trim_end_matches('/').ends_with("/debian"))
        .map(str::to_owned)
        .context("no Debian archive among this machine's package sources: see /etc/apt")
}
