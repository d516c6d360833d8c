//! Size of the executable of a program that prints a line, by kind of contents.

use crate::arguments::Arguments;
use crate::table::Table;
use crate::{build, places};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGETS: &[&str] = &["x86_64-linux", "aarch64-linux", "riscv64-linux"];

/// Kinds of contents, under the names of `aot inspect`.
const KINDS: &[&str] = &["guest code", "data", "names", "tables", "runtime, rest"];

pub fn run(_: &Arguments) -> Result<()> {
    let mut head = vec!["program", "target", "bytes"];
    head.extend(KINDS);
    let mut table = Table::new(&head);
    for (name, input) in programs()? {
        for target in TARGETS {
            let output = build::aot_for(&input, target)?;
            let mut row = vec![name.to_owned(), (*target).to_owned(), std::fs::metadata(&output)?.len().to_string()];
            for name in KINDS {
                row.push(part(&output, name)?.to_string());
            }
            table.row(row);
        }
    }
    table.print();
    Ok(())
}

fn programs() -> Result<[(&'static str, PathBuf); 3]> {
    let module = build::c_module(&places::source("programs/hello.c"))?;
    let component = build::component(&module)?;
    let rust = build::rust_component(&places::source("programs/hello.rs"))?;
    Ok([("C puts, core module", module), ("C puts, 0.2 component", component), ("Rust println!, 0.2 component", rust)])
}

/// Returns the bytes of one kind of contents of an executable.
pub fn part(executable: &Path, name: &str) -> Result<u64> {
    let text = build::run(Command::new(places::aot()).arg("inspect").arg(executable))?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .with_context(|| format!("`aot inspect` doesn't tell the size of the {name} of {}", executable.display()))?;
    let number = line.split_whitespace().next().unwrap_or_default();
    number.parse().with_context(|| format!("`{line}` of `aot inspect`"))
}
