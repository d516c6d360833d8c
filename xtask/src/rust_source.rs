//! The source of Rust's standard library, of exactly the compiler that is in use.

use crate::debian::{self, Package};
use crate::process;
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::process::Command;

/// The compiler version that everything is built with: the toolchain must be this one.
pub const RUST_VERSION: &str = "1.95.0";

/// The folder that holds `std`, `core` and the others, for `-Zbuild-std`.
pub fn library() -> Result<PathBuf> {
    check_compiler()?;
    let package = debian::unpacked(&Package {
        suite: "trixie-backports",
        architecture: "amd64",
        name: "rust-src",
        upstream_version: RUST_VERSION,
    })?;
    let library = package.join(format!("usr/src/rustc-{RUST_VERSION}/library"));
    ensure!(
        library.join("std/Cargo.toml").is_file(),
        "{} isn't the standard library's source: Debian's package has changed its layout",
        library.display()
    );
    Ok(library)
}

fn check_compiler() -> Result<()> {
    let line =
        process::output(Command::new("rustc").arg("--version")).context("is Rust installed, and rustc on the PATH?")?;
    let version = line.split_whitespace().nth(1).unwrap_or_default();
    ensure!(
        version == RUST_VERSION,
        "rustc is {version}, and std is built from the source of {RUST_VERSION}: \
         run `rustup default {RUST_VERSION}`, or set RUSTUP_TOOLCHAIN={RUST_VERSION}"
    );
    Ok(())
}
