//! `cargo xtask licenses`: writes `runtime-lib/NOTICES.md`, the notices that belong to every
//! produced executable: the crates of the run-time library, Rust's standard library, and musl.
//! `aot licenses` prints that file; tidy checks that it is up to date. The same packages as data are in
//! `runtime-lib/packages.toml`, for bills of materials.

use crate::debian;
use crate::metadata::{self, Carried};
use crate::{places, rust_source, spdx, targets};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The crate that is the run-time library, with those below it.
const PRODUCT: &str = "aot-start";
const LLVM_EXCEPTION: &str = "Apache-2.0 WITH LLVM-exception";
const HEAD: &str = "\
# Notices

An executable that aot produced carries the packages listed here beside the program it was made from.
Written by `cargo xtask licenses`; `aot licenses` prints it.
";

const DATA_HEAD: &str = "\
# What an executable that aot produced carries beside the program it was made from. Written by `cargo xtask licenses`.
#
# registry: true for a package of Rust's registry
# full: true if only executables with the full runtime carry it: those that send or answer HTTP requests, or have a store in a file
";

/// A package that executables carry, and the license under which it is used.
struct Package {
    name: String,
    version: String,
    offered: String,
    used: String,
    /// The text of a license that isn't printed at the end for all packages.
    own_text: Option<String>,
    /// The licenses on offer as an SPDX expression, if `offered` isn't one.
    expression: Option<String>,
    /// True for a package of Rust's registry.
    is_in_registry: bool,
    /// True if only executables with the full runtime carry it.
    is_full: bool,
}

pub fn run(arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "usage: cargo xtask licenses");
    for (path, text) in files()? {
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// The files that are written, with what they have to say.
pub fn files() -> Result<[(PathBuf, String); 2]> {
    let mut packages = crates()?;
    packages.extend(standard_library()?);
    let folder = places::repository().join("runtime-lib");
    Ok([(folder.join("NOTICES.md"), notices(&packages)?), (folder.join("packages.toml"), data(&packages)?)])
}

fn data(packages: &[Package]) -> Result<String> {
    let mut text = String::from(DATA_HEAD);
    let mut row = |name: &str, version: &str, license: &str, registry: bool, full: bool| {
        let names = format!("name = {name:?}\nversion = {version:?}\nlicense = {license:?}");
        writeln!(text, "\n[[package]]\n{names}\nregistry = {registry}\nfull = {full}")
    };
    for package in packages {
        let license = package.expression.as_deref().unwrap_or(&package.offered);
        row(&package.name, &package.version, license, package.is_in_registry, package.is_full)?;
    }
    row("musl", crate::runtime::MUSL_VERSION, "MIT", false, false)?;
    Ok(text)
}

fn notices(packages: &[Package]) -> Result<String> {
    let mut text = String::from(HEAD);
    writeln!(text, "\n| package | version | license offered | used under |")?;
    writeln!(text, "| --- | --- | --- | --- |")?;
    for package in packages {
        let Package { name, version, offered, used, .. } = package;
        writeln!(text, "| {name} | {version} | {offered} | {used} |")?;
    }
    writeln!(text, "| musl | {} | MIT | MIT |", crate::runtime::MUSL_VERSION)?;
    for package in packages {
        if let Some(own) = &package.own_text {
            section(&mut text, &package.name, own)?;
        }
    }
    section(&mut text, "musl, and the mathematical functions of Rust's compiler-builtins", &musl()?)?;
    let license = fs::read_to_string(places::repository().join("LICENSE"))?;
    section(&mut text, "Apache License 2.0, with the LLVM exceptions at its end", &license)?;
    Ok(text)
}

fn section(text: &mut String, title: &str, contents: &str) -> Result<()> {
    let contents = contents.trim_matches('\n');
    writeln!(text, "\n## {title}\n\n```text\n{contents}\n```")?;
    Ok(())
}

/// The crates of the full run-time library, over all targets.
fn crates() -> Result<Vec<Package>> {
    let folder = places::repository().join("runtime-lib");
    let (mut carried, mut plain) = (BTreeSet::new(), BTreeSet::new());
    for target in targets::all()? {
        carried.extend(metadata::carried(&folder, &target.triple, &["--package", PRODUCT, "--features", "full"])?);
        plain.extend(metadata::carried(&folder, &target.triple, &["--package", PRODUCT])?);
    }
    let packages = metadata::all_packages(&folder.join("Cargo.toml"))?;
    let package = |carried| Ok(Package { is_full: !plain.contains(carried), ..package(carried, &packages)? });
    carried.iter().map(package).collect()
}

/// Chooses the license that asks for least: its text is printed once for all.
fn package(carried: &Carried, packages: &[metadata::Package]) -> Result<Package> {
    let Carried { name, version, license, .. } = carried;
    let enough = |licenses: &[&str]| spdx::satisfied_by(license, licenses) == Some(true);
    let (used, own_text) = if enough(&[LLVM_EXCEPTION]) {
        (LLVM_EXCEPTION, None)
    } else if enough(&["Apache-2.0", LLVM_EXCEPTION]) {
        ("Apache-2.0", None)
    } else {
        let is_it = |package: &&metadata::Package| package.name == *name && package.version == *version;
        let package = packages
            .iter()
            .find(is_it)
            .with_context(|| format!("{name} {version} comes under `{license}`, and its text can't be found"))?;
        (license.as_str(), Some(license_file(package)?))
    };
    // An old way to write it, which isn't SPDX.
    let expression = license.contains('/').then(|| license.replace(" / ", " OR ").replace('/', " OR "));
    Ok(Package {
        name: name.clone(),
        version: version.clone(),
        offered: license.clone(),
        used: used.to_owned(),
        own_text,
        expression,
        is_in_registry: !carried.is_local,
        is_full: false,
    })
}

fn license_file(package: &metadata::Package) -> Result<String> {
    let folder = package.manifest_path.parent().unwrap_or(Path::new("."));
    let mut files: Vec<PathBuf> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let is_license = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        name.starts_with("LICENSE") || name.starts_with("COPYING")
    };
    // Some packages have code under further licenses, each in a file.
    let mut texts = Vec::new();
    for file in files.iter().filter(is_license) {
        texts.push(fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?);
    }
    ensure!(!texts.is_empty(), "{} has no license file in {}", package.name, folder.display());
    Ok(texts.join("\n\n"))
}

/// Rust's standard library as the runtime is built with it, and the crates inside it.
fn standard_library() -> Result<Vec<Package>> {
    let options = ["--locked", "--package", "std", "--no-default-features"];
    let features = ["--features", "optimize_for_size"];
    let carried = metadata::carried(
        &rust_source::library()?,
        "x86_64-unknown-linux-musl",
        &[&options[..], &features[..]].concat(),
    )?;
    let mut packages = vec![Package {
        name: String::from("Rust's core, alloc, std and compiler-builtins"),
        version: rust_source::RUST_VERSION.to_owned(),
        offered: String::from("MIT OR Apache-2.0; compiler-builtins also MIT AND Apache-2.0 WITH LLVM-exception"),
        used: format!("Apache-2.0, {LLVM_EXCEPTION}, MIT"),
        own_text: None,
        expression: Some(format!("(MIT OR Apache-2.0) AND MIT AND {LLVM_EXCEPTION}")),
        is_in_registry: false,
        is_full: false,
    }];
    for carried in carried.iter().filter(|carried| !carried.is_local) {
        packages.push(package(carried, &[])?);
    }
    Ok(packages)
}

fn musl() -> Result<String> {
    let package = debian::unpacked(&debian::Package {
        suite: "trixie",
        architecture: "amd64",
        name: "musl-dev",
        upstream_version: crate::runtime::MUSL_VERSION,
    })?;
    let file = package.join("usr/share/doc/musl-dev/copyright");
    fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))
}
