//! How large the executable of a program is that only prints a line, and what takes how much of it.

use crate::arguments::Arguments;
use crate::build::{self, Cpu};
use crate::places;
use crate::table::Table;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGETS: &[&str] = &["x86_64-linux", "aarch64-linux", "riscv64-linux"];

/// The parts, as `aot inspect` calls them.
const PARTS: &[&str] = &["guest code", "data", "names", "tables", "runtime, rest"];

pub fn run(_: &Arguments) -> Result<()> {
    let mut head = vec!["program", "target", "bytes"];
    head.extend(PARTS);
    let mut table = Table::new(&head);
    for (name, input) in programs()? {
        for target in TARGETS {
            let output = build::aot_for(&input, target)?;
            let mut row = vec![name.to_owned(), (*target).to_owned(), fs::metadata(&output)?.len().to_string()];
            for name in PARTS {
                row.push(part(&output, name)?.to_string());
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

fn programs() -> Result<[(&'static str, PathBuf); 3]> {
    let module = build::c_module(&places::source("programs/hello.c"))?;
    let component = build::component(&module)?;
    let rust = build::rust_component(&places::source("programs/hello.rs"))?;
    Ok([("C puts, core module", module), ("C puts, 0.2 component", component), ("Rust println!, 0.2 component", rust)])
}

/// The bytes of a part of an executable.
pub fn part(executable: &Path, name: &str) -> Result<u64> {
    let text = build::run(Command::new(places::aot()).arg("inspect").arg(executable))?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .with_context(|| format!("`aot inspect` doesn't tell the size of the {name} of {}", executable.display()))?;
    let number = line.split_whitespace().next().unwrap_or_default();
    number.parse().with_context(|| format!("`{line}` of `aot inspect`"))
}
