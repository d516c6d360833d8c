//! Much of everything that has to do with files, and how fast files are copied, by an executable that may have three of
//! them open.

use super::{row, with_words};
use crate::measure::Program;
use crate::table::Table;
use crate::{build, places};
use anyhow::Result;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Bytes of the file that is copied.
const COPY_BYTES: u64 = 512 << 20;

/// Not measured with wasmtime, which reads a directory anew for each part that it returns: that takes minutes.
const ENTRIES: &str = "a directory of 100,000 entries";

/// Each load with the arguments of the program.
const LOADS: &[(&str, &[&str])] = &[
    ("4 GiB through a file", &["file", "4096"]),
    (ENTRIES, &["entries", "100000"]),
    ("1,000 pollables, a thousand times", &["pollables", "1000"]),
    ("a copy of 512 MiB", &["copy", "data/input", "data/output"]),
];

/// Adds the rows of files.
pub fn measure(table: &mut Table, rounds: usize) -> Result<()> {
    let module = build::c_module(&places::repository().join("tests/programs/c/load.c"))?;
    let component = build::component(&module)?;
    let folder = places::products().join("load");
    let data = folder.join("data");
    // What an interrupted run left.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&data)?;
    // Piece by piece: a process begins with the peak of memory of the one that starts it.
    io::copy(&mut io::repeat(7).take(COPY_BYTES), &mut File::create(data.join("input"))?)?;
    for (form, input) in [("core module", module), ("component", component)] {
        let executable = executable(&input, &data)?;
        let precompiled = build::wasmtime(&input, build::Cpu::Native)?;
        for (name, words) in LOADS {
            let ours = with_words(Program::new(&executable)?, words)?;
            let theirs = with_words(wasmtime(&precompiled, &data)?, words)?;
            let theirs = Some(theirs).filter(|_| *name != ENTRIES);
            let mut runs = (Vec::new(), Vec::new());
            for _ in 0..rounds {
                runs.0.push(ours.run()?);
                if let Some(theirs) = &theirs {
                    runs.1.push(theirs.run()?);
                }
            }
            table.row(row(name, form, &runs.0, &runs.1));
        }
    }
    Ok(fs::remove_dir_all(&folder)?)
}

/// More open files than it needs would be a leak.
fn executable(input: &Path, data: &Path) -> Result<PathBuf> {
    let output = input.with_extension("load");
    let grant = format!("{}::data", data.display());
    build::run(
        Command::new(places::aot()).arg(input).args(["--dir", &grant, "--max-open-files", "3", "-o"]).arg(&output),
    )?;
    Ok(output)
}

fn wasmtime(precompiled: &Path, data: &Path) -> Result<Program> {
    let grant = format!("{}::data", data.display());
    Program::new(&places::tool("wasmtime"))?
        .with("run")?
        .with("--allow-precompiled")?
        .with("--dir")?
        .with(grant)?
        .with(precompiled)
}
