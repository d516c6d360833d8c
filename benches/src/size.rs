//! Size of the executable of a program that prints a line, by kind of contents.

use crate::arguments::Arguments;
use crate::build::{self, Cpu};
use crate::places;
use crate::table::Table;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Kinds of contents, under the names of `aot inspect`.
const KINDS: &[&str] = &["guest code", "data", "names", "tables", "runtime, rest"];

pub fn run(_: &Arguments) -> Result<()> {
    let mut head = vec!["program", "target", "bytes"];
    head.extend(KINDS);
    let mut table = Table::new(&head);
    let targets = targets()?;
    for (name, input) in programs()? {
        for target in &targets {
            let output = build::aot_for(&input, target)?;
            let mut row = vec![name.to_owned(), target.clone(), fs::metadata(&output)?.len().to_string()];
            for name in KINDS {
                row.push(bytes_of(&output, name)?.to_string());
            }
            table.row(row);
        }
    }
    table.print();
    peers()
}

/// The files of peers that do the same, and are no use without others where the table says so.
fn peers() -> Result<()> {
    let module = build::c_module(&places::source("programs/hello.c"))?;
    let c = build::c_native(&places::source("programs/hello.c"), Cpu::Baseline)?;
    let files = [
        ("C, static musl", c, ""),
        ("wasm2c, core module", build::wasm2c(&module, Cpu::Baseline)?, ""),
        ("wasmtime, core module", build::wasmtime(&module, Cpu::Baseline)?, "wasmtime"),
        ("wasmtime", fs::canonicalize(places::tool("wasmtime"))?, ""),
    ];
    let mut table = Table::new(&["peer, x86_64", "bytes", "needs"]);
    for (name, file, needs) in files {
        table.row([name.to_owned(), fs::metadata(&file)?.len().to_string(), needs.to_owned()]);
    }
    println!();
    table.print();
    Ok(())
}

/// The names of all targets: those of the files in `targets/`.
fn targets() -> Result<Vec<String>> {
    let folder = places::repository().join("targets");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
    let files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    let names = files.iter().filter_map(|file| file.file_name()?.to_str()?.strip_suffix(".toml"));
    let mut names: Vec<String> = names.map(String::from).collect();
    names.sort();
    Ok(names)
}

fn programs() -> Result<[(&'static str, PathBuf); 3]> {
    let module = build::c_module(&places::source("programs/hello.c"))?;
    let component = build::component(&module)?;
    let rust = build::rust_component(&places::source("programs/hello.rs"))?;
    Ok([("C puts, core module", module), ("C puts, 0.2 component", component), ("Rust println!, 0.2 component", rust)])
}

/// Returns the bytes of one kind of contents of an executable.
pub fn bytes_of(executable: &Path, name: &str) -> Result<u64> {
    let text = build::run(Command::new(places::aot()).arg("inspect").arg(executable))?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .with_context(|| format!("`aot inspect` doesn't tell the size of the {name} of {}", executable.display()))?;
    let number = line.split_whitespace().next().unwrap_or_default();
    number.parse().with_context(|| format!("`{line}` of `aot inspect`"))
}
