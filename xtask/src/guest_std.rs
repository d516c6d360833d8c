//! The standard library for Rust guests, where rustup would have put it, so that a plain
//! `cargo build --target wasm32-wasip1` works. Built from source with Debian's wasi-libc, and for threads with zig's.

use crate::debian::{self, Package};
use crate::steps::detail;
use crate::{guest_threads, places, process, rust_source};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A compilation target, and the folder of its C library in Debian's package, which has none for threads.
const TARGETS: &[(&str, Option<&str>)] = &[
    ("wasm32-wasip1", Some("wasm32-wasi")),
    ("wasm32-wasip2", Some("wasm32-wasip2")),
    ("wasm32-wasip1-threads", None),
];

const WASI_LIBC_FILES: &[&str] = &["crt1-command.o", "crt1-reactor.o", "libc.a"];

pub fn install() -> Result<()> {
    let sysroot = process::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    for (target, libc_folder) in TARGETS {
        let libraries = Path::new(sysroot.trim()).join("lib/rustlib").join(target).join("lib");
        if has_std(&libraries) {
            continue;
        }
        detail(&format!("building std for {target}"));
        let built = build(target)?;
        let self_contained = libraries.join("self-contained");
        match libc_folder {
            Some(folder) => copy_libc(folder, &self_contained)?,
            None => guest_threads::install(&self_contained)?,
        }
        copy_libraries(&built, &libraries)?;
    }
    Ok(())
}

fn has_std(libraries: &Path) -> bool {
    let Ok(entries) = fs::read_dir(libraries) else {
        return false;
    };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        name.to_string_lossy().starts_with("libstd-")
    })
}

/// Builds std as the dependency of an empty crate; returns the folder of the built libraries.
fn build(target: &str) -> Result<PathBuf> {
    let folder = places::setup().join("guest-std");
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("src/lib.rs"), "")?;
    let manifest = "[workspace]\n[package]\nname = \"empty\"\nedition = \"2024\"\n";
    fs::write(folder.join("Cargo.toml"), manifest)?;
    let mut cargo = process::cargo();
    cargo
        .args(["build", "--release", "--quiet", "--target", target])
        .arg("-Zbuild-std=std,panic_abort,panic_unwind,proc_macro")
        .arg("--target-dir")
        .arg(folder.join("target"))
        .current_dir(&folder)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("__CARGO_TESTS_ONLY_SRC_ROOT", rust_source::library()?)
        .env_remove("RUSTFLAGS");
    process::run(&mut cargo)?;
    Ok(folder.join("target").join(target).join("release/deps"))
}

fn copy_libc(libc_folder: &str, to: &Path) -> Result<()> {
    let package = debian::unpacked(&Package {
        suite: "trixie-backports",
        architecture: "amd64",
        name: "wasi-libc",
        // It has no releases, and std needs none in particular.
        upstream_version: "",
    })?;
    fs::create_dir_all(to).with_context(|| format!("creating {}", to.display()))?;
    for file in WASI_LIBC_FILES {
        let from = package.join("usr/lib").join(libc_folder).join(file);
        fs::copy(&from, to.join(file)).with_context(|| format!("copying {}", from.display()))?;
    }
    Ok(())
}

/// Copies std last of all, since its presence says that a target is complete.
fn copy_libraries(built: &Path, libraries: &Path) -> Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(built).with_context(|| format!("reading {}", built.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".rlib") && !name.starts_with("libempty-") {
            files.push(name);
        }
    }
    files.sort_by_key(|name| name.starts_with("libstd-"));
    for name in files {
        fs::copy(built.join(&name), libraries.join(&name))
            .with_context(|| format!("copying {name} to {}", libraries.display()))?;
    }
    Ok(())
}
