//! Finds programs in a checkout; wasmtime's are sources, which are copied to `/tmp` and built there.

use super::expectations::{Case, Expectations};
use super::{Found, Program};
use crate::{places, process};
use anyhow::{Context, Result};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder in which wasmtime's programs are built.
const BUILD: &str = "/tmp/aot-wasi-programs";

/// A package of its own in place of the member of wasmtime's workspace.
const MANIFEST: &str = r#"
[package]
name = "test-programs"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
anyhow = "1"
base64 = "0.22"
flate2 = "1"
futures = { version = "0.3", default-features = false, features = ["std", "async-await"] }
libc = "0.2"
once_cell = "1"
regex = "1"
sha2 = { version = "0.10", default-features = false }
url = "2"
wasi-nn = "0.6"
wasip1 = "1"
wasip2 = "1"
wit-bindgen = { version = "WIT_BINDGEN", features = ["default", "async-spawn", "inter-task-wakeup"] }
"#;

/// wasmtime's programs for preview1, as core modules and as components, and for 0.2, as components.
pub fn wasmtime(checkout: &Path, expectations: &Expectations) -> Result<Found> {
    let build = Path::new(BUILD);
    let crates = build.join("crates");
    let _ = fs::remove_dir_all(&crates);
    // The interfaces lie beside the programs, in several crates.
    copy_matching(&checkout.join("crates"), &crates, &|path| path.extension().is_some_and(|it| it == "wit"))?;
    let package = crates.join("test-programs");
    copy_matching(&checkout.join("crates/test-programs/src"), &package.join("src"), &|path| {
        path.extension().is_some_and(|it| it == "rs")
    })?;
    fs::write(package.join("Cargo.toml"), MANIFEST.replace("WIT_BINDGEN", &wit_bindgen(checkout)?))?;
    let names = names(&package.join("src/bin"))?;
    let (run, left_out): (Vec<&String>, Vec<&String>) =
        names.iter().partition(|name| expectations.not_run(name).is_none());
    let mut cargo = process::cargo();
    cargo.current_dir(&package).args(["build", "--quiet", "--target", "wasm32-wasip1", "--target-dir"]);
    cargo.arg(build.join("target"));
    run.iter().for_each(|name| _ = cargo.args(["--bin", name]));
    // Cargo's variables for this process aren't meant for another package.
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS").env_remove("CARGO_TARGET_DIR");
    process::run(&mut cargo)?;
    let mut programs = Vec::new();
    for name in run {
        let module = build.join("target/wasm32-wasip1/debug").join(format!("{name}.wasm"));
        let component = module.with_extension("component.wasm");
        let adapter = format!("wasi_snapshot_preview1={}", places::guests().join("adapter.wasm").display());
        let mut command = Command::new(places::tool("wasm-tools"));
        command.args(["component", "new"]).arg(&module).arg("-o").arg(&component).args(["--adapt", &adapter]);
        process::output(&mut command)?;
        let case = expectations.case(name);
        if name.starts_with("p1_") {
            programs.push(program(format!("{name}::core"), module, case.clone()));
        }
        programs.push(program(format!("{name}::component"), component, case));
    }
    let reason = |name: &String| (name.clone(), expectations.not_run(name).unwrap_or_default().to_string());
    Ok((programs, left_out.into_iter().map(reason).collect()))
}

fn program(name: String, wasm: PathBuf, case: Case) -> Program {
    Program { name, wasm, case, fixture: None }
}

/// The version of wit-bindgen that the checkout uses.
fn wit_bindgen(checkout: &Path) -> Result<String> {
    let manifest: toml::Table = fs::read_to_string(checkout.join("Cargo.toml"))?.parse()?;
    let version = &manifest["workspace"]["dependencies"]["wit-bindgen"]["version"];
    Ok(version.as_str().context("the version of wit-bindgen")?.to_string())
}

/// The programs for preview1 and 0.2, by name.
fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let name = entry?.path().file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("p1_") || name.starts_with("p2_") {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn copy_matching(from: &Path, to: &Path, matches: &dyn Fn(&Path) -> bool) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let path = entry?.path();
        let copy = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() && !path.is_symlink() {
            copy_matching(&path, &copy, matches)?;
        } else if matches(&path) {
            fs::create_dir_all(to)?;
            fs::copy(&path, &copy).with_context(|| format!("copying {}", path.display()))?;
        }
    }
    Ok(())
}

/// The programs of wasi-testsuite: each `NAME.wasm` below `tests`, with a `NAME.json` that says how it is run.
pub fn testsuite(folder: &Path) -> Result<Vec<Program>> {
    let mut programs = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                // That of version 0.3 is another interface.
                if !path.ends_with("wasm32-wasip3") && !path.ends_with("fs-tests.dir") {
                    waiting.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "wasm") {
                programs.push(described(&path)?);
            }
        }
    }
    programs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(programs)
}

fn described(wasm: &Path) -> Result<Program> {
    let description = wasm.with_extension("json");
    let value: Value = match fs::read_to_string(&description) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("reading {}", description.display()))?,
        Err(_) => Value::Null,
    };
    let strings = |key: &str| -> Vec<String> {
        let list = value[key].as_array().into_iter().flatten();
        list.filter_map(|item| item.as_str().map(str::to_string)).collect()
    };
    let mut flags = Vec::new();
    for dir in strings("dirs") {
        flags.extend([String::from("--dir"), dir]);
    }
    if let Some(root) = value["root"].as_str() {
        flags.extend([String::from("--dir"), format!("{root}::/")]);
    }
    for (name, value) in value["env"].as_object().into_iter().flatten() {
        flags.extend([String::from("--env"), format!("{name}={}", value.as_str().unwrap_or_default())]);
    }
    let folder = wasm.parent().unwrap_or(wasm);
    let suite = folder.components().rev().nth(2).map(|part| part.as_os_str().to_string_lossy().into_owned());
    let name = wasm.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Program {
        name: format!("{}/{name}", suite.unwrap_or_default()),
        wasm: wasm.to_path_buf(),
        fixture: Some(folder.to_path_buf()),
        case: Case {
            flags: Some(flags),
            arguments: strings("args"),
            exit: value["exit_code"].as_i64().unwrap_or(0) as i32,
            output: value["stdout"].as_str().map(str::to_string),
            errors: value["stderr"].as_str().map(str::to_string),
            ..Case::default()
        },
    })
}
