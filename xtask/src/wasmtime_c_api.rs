//! wasmtime's interface for C, a peer of the benches: the shared object from PyPI, and the headers from its crate.

use crate::steps::detail;
use crate::{places, process, python};
use anyhow::{Context, Result};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The version of both packages.
const VERSION: &str = "50.0.1";
/// The crate that has the headers.
const CRATE: &str = "wasmtime-c-api-impl";

/// Makes `target/setup/wasmtime-c-api` with `libwasmtime.so` and `include`, if it is missing.
pub fn install() -> Result<()> {
    let folder = places::setup().join("wasmtime-c-api");
    let marker = folder.join(VERSION);
    if marker.exists() {
        return Ok(());
    }
    detail(&format!("installing wasmtime {VERSION} for C programs"));
    fs::create_dir_all(&folder)?;
    let package = python::package("wasmtime", VERSION)?;
    let object = format!("wasmtime/linux-{}/_libwasmtime.so", std::env::consts::ARCH);
    python::place_link(&package.join(object), &folder.join("libwasmtime.so"))?;
    copy_headers(&crate_folder(&folder.join("crate"))?.join("include"), &folder.join("include"))?;
    fs::write(&marker, "").with_context(|| format!("writing {}", marker.display()))
}

/// The folder in which cargo keeps the crate, which a package of its own depends on.
fn crate_folder(own: &Path) -> Result<PathBuf> {
    fs::create_dir_all(own)?;
    let manifest = own.join("Cargo.toml");
    let dependency = format!("{CRATE} = {{ version = \"={VERSION}\", default-features = false }}");
    let text = format!(
        "[package]\nname = \"headers\"\nversion = \"0.0.0\"\n\n[lib]\npath = \"lib.rs\"\n\n\
         [dependencies]\n{dependency}\n\n[workspace]\n"
    );
    fs::write(&manifest, text)?;
    fs::write(own.join("lib.rs"), "")?;
    let mut cargo = process::cargo();
    cargo.args(["metadata", "--format-version", "1", "--manifest-path"]).arg(&manifest);
    let metadata: Value = serde_json::from_str(&process::output(&mut cargo)?)?;
    let packages = metadata["packages"].as_array().context("cargo's metadata without packages")?;
    let found = packages.iter().find(|package| package["name"] == CRATE);
    let manifest = found.and_then(|package| package["manifest_path"].as_str()).context("the crate of the headers")?;
    Ok(Path::new(manifest).parent().unwrap_or(own).to_path_buf())
}

/// Copies headers, with the file that its own build would write: all features are there.
fn copy_headers(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            copy_headers(&path, &to.join(name))?;
        } else if name == "conf.h.in" {
            let defines = |line: &str| line.replace("#cmakedefine", "#define") + "\n";
            let lines = fs::read_to_string(&path)?;
            let lines = lines.lines().filter(|line| !line.ends_with("DISABLE_LOGGING"));
            fs::write(to.join("conf.h"), lines.map(defines).collect::<String>())?;
        } else {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
