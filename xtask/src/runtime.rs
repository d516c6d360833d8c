//! `cargo xtask runtime`: builds what is linked into every executable, from source, for each
//! target, into `target/runtime/TARGET/`: `libaot_runtime.a` (our crate with std inside, without a
//! C library), `libaot_runtime_full.a` (the same with HTTP and stores in files), musl's start-up objects, and what is reachable of its `libc.a`.

use crate::debian::{self, Package};
use crate::steps::{detail, step};
use crate::targets::{self, Target};
use crate::{libc_list, libc_subset, places, process, rust_source};
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const ARCHIVE: &str = "libaot_runtime.a";
const ARCHIVE_FULL: &str = "libaot_runtime_full.a";
pub const MUSL_VERSION: &str = "1.2.5";
const MUSL_START_OBJECTS: &[&str] = &["rcrt1.o", "crti.o", "crtn.o"];
const MUSL_ARCHIVE: &str = "libc.a";

/// Flags for the compilation of std and the run-time library. A panic is one trap instruction, so neither messages nor
/// source locations nor unwind tables are of use.
const RUSTC_FLAGS: &[&str] =
    &["-Zunstable-options", "-Cpanic=immediate-abort", "-Zlocation-detail=none", "-Cforce-unwind-tables=no"];

pub fn run(arguments: &[String]) -> Result<()> {
    build(&targets::named(&wanted_names(arguments)?)?)
}

/// Builds the run-time libraries of `targets`.
pub fn build(targets: &[Target]) -> Result<()> {
    for target in targets {
        step(&format!("Run-time library for {}", target.name), || build_one(target, &Form::plain()))?;
    }
    Ok(())
}

/// Builds a target's run-time library with checks of overflow and debug assertions, in a folder of its own that is returned,
/// beside the usual libraries of the other targets.
pub fn build_checked(target: &Target) -> Result<PathBuf> {
    let form = Form::checked();
    step(&format!("Run-time library with checks for {}", target.name), || build_one(target, &form))?;
    for other in targets::all()?.iter().filter(|other| other.name != target.name) {
        let link = form.libraries.join(&other.name);
        if !link.exists() {
            let usual = places::runtimes().join(&other.name);
            std::os::unix::fs::symlink(&usual, &link).with_context(|| format!("linking to {}", usual.display()))?;
        }
    }
    Ok(form.libraries)
}

/// A way to build run-time libraries.
struct Form {
    /// The folder of the libraries, which has a folder for each target.
    libraries: PathBuf,
    /// Cargo's own folder.
    build: PathBuf,
    /// Cargo's variables for its profile.
    profile: &'static [(&'static str, &'static str)],
}

impl Form {
    /// Returns what executables are linked with.
    fn plain() -> Form {
        Form { libraries: places::runtimes(), build: places::runtime_build(), profile: &[] }
    }

    /// Returns what tests are run with once: sums that overflow and assertions of std and of libraries end the program.
    fn checked() -> Form {
        let folder = places::checked();
        Form {
            libraries: folder.join("runtime"),
            build: folder.join("build"),
            profile: &[
                ("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true"),
                ("CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS", "true"),
            ],
        }
    }
}

fn wanted_names(arguments: &[String]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--target" => names.push(words.next().context("--target needs a name")?.clone()),
            other => bail!("`{other}`: usage: cargo xtask runtime [--target NAME]..."),
        }
    }
    Ok(names)
}

fn build_one(target: &Target, form: &Form) -> Result<()> {
    let folder = form.libraries.join(&target.name);
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let release = form.build.join(&target.triple).join("release");
    let build = |features: &[&str]| {
        compile(target, form, features)?;
        read(&release.join(ARCHIVE))
    };
    let runtimes = [build(&["--features", "full"])?, build(&[])?];
    // Assertions may need more of the C library.
    if form.profile.is_empty() {
        for (runtime, full) in runtimes.iter().zip([true, false]) {
            libc_list::check(runtime, full)?;
        }
    }
    install_musl(target, &runtimes, &folder)?;
    let [full, plain] = &runtimes;
    install(full, &folder.join(ARCHIVE_FULL))?;
    install(plain, &folder.join(ARCHIVE))
}

fn install_musl(target: &Target, runtimes: &[Vec<u8>], folder: &Path) -> Result<()> {
    let package = debian::unpacked(&Package {
        suite: "trixie",
        architecture: &target.setup.debian_architecture,
        name: "musl-dev",
        upstream_version: MUSL_VERSION,
    })?;
    let library = package.join("usr/lib").join(&target.setup.musl_folder);
    let mut start_objects = Vec::new();
    for name in MUSL_START_OBJECTS {
        let bytes = read(&library.join(name))?;
        install(&bytes, &folder.join(name))?;
        start_objects.push(bytes);
    }
    let whole = read(&library.join(MUSL_ARCHIVE))?;
    let subset = libc_subset::subset(&whole, runtimes, &start_objects)?;
    install(&subset, &folder.join(MUSL_ARCHIVE))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("reading {}", file.display()))
}

/// Cargo rebuilds only what has changed. A static library needs no linker, so no foreign
/// toolchain either.
fn compile(target: &Target, form: &Form, features: &[&str]) -> Result<()> {
    let own_flags = target.setup.rustc_flags.iter().map(String::as_str);
    let flags: Vec<&str> = RUSTC_FLAGS.iter().copied().chain(own_flags).collect();
    let manifest = places::repository().join("runtime-lib/start/Cargo.toml");
    let mut cargo = process::cargo();
    cargo
        .args(["build", "--release", "--quiet"])
        .args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"])
        .arg("--manifest-path")
        .arg(manifest)
        .args(features)
        .args(["--target", &target.triple])
        .arg("--target-dir")
        .arg(&form.build)
        .envs(form.profile.iter().copied())
        .env("TARGET_CC", c_compiler(target)?)
        .env("TARGET_AR", places::tool("zig-ar"))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("__CARGO_TESTS_ONLY_SRC_ROOT", rust_source::library()?)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    process::run(&mut cargo)
}

/// The command that compiles C for a target: what cryptography has of it, and of assembly.
///
/// Rust's build scripts would tell zig the target by a name that it doesn't know.
fn c_compiler(target: &Target) -> Result<PathBuf> {
    let zig = places::tool("zig");
    let cache = places::setup().join("zig-cache");
    let head = format!("#!/bin/bash\nexport ZIG_GLOBAL_CACHE_DIR='{0}' ZIG_LOCAL_CACHE_DIR='{0}'\n", cache.display());
    let compile = format!(
        "{head}arguments=()\nfor argument in \"$@\"; do\n  [[ $argument == --target=* ]] || arguments+=(\"$argument\")\ndone\n\
         exec '{}' cc -target {}-linux-musl \"${{arguments[@]}}\"\n",
        zig.display(),
        target.isa
    );
    let archive = format!("{head}exec '{}' ar \"$@\"\n", zig.display());
    let compiler = places::tool(&format!("zig-cc-{}", target.isa));
    for (script, text) in [(&compiler, compile), (&places::tool("zig-ar"), archive)] {
        install(text.as_bytes(), script)?;
        fs::set_permissions(script, fs::Permissions::from_mode(0o755))?;
    }
    Ok(compiler)
}

/// Writes a file, unless it is the same already: what embeds it is rebuilt by its time stamp.
fn install(bytes: &[u8], to: &Path) -> Result<()> {
    if fs::read(to).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let name = to.file_name().unwrap_or_default();
    detail(&format!("{} is new: {} bytes", name.display(), bytes.len()));
    let work = to.with_extension(format!("{}.new", std::process::id()));
    fs::write(&work, bytes).with_context(|| format!("writing {}", work.display()))?;
    fs::rename(&work, to).with_context(|| format!("writing {}", to.display()))
}
