//! Real programs that do real work: what compiling them costs, and how long the work takes, against wasmtime. Their
//! outputs must be the same to the byte.

use crate::arguments::Arguments;
use crate::build::{self, Cpu};
use crate::compile;
use crate::measure::{Program, Run};
use crate::places;
use crate::statistics::{median, median_ratio};
use crate::table::Table;
use anyhow::{Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

const ROUNDS: usize = 5;

/// A program with work to do in a folder that it is granted as `/`.
struct Work {
    name: &'static str,
    module: &'static str,
    arguments: &'static [&'static str],
    /// The file that is its output, where that isn't standard output.
    output: Option<&'static str>,
}

const WORKS: &[Work] = &[
    Work {
        name: "CPython 3.12: JSON, hashes, regular expressions, recursion",
        module: "python.wasm",
        arguments: &["work.py", "text.md"],
        output: None,
    },
    Work {
        name: "GCC's cc1: C to assembly",
        module: "cc1.wasm",
        arguments: &["-quiet", "-O2", "work.c", "-o", "-"],
        output: None,
    },
    Work {
        name: "yosys: a small design, synthesised",
        module: "yosys.wasm",
        arguments: &["-q", "-p", "read_verilog work.v; synth_ice40 -blif tmp/work.blif"],
        output: Some("tmp/work.blif"),
    },
    Work {
        name: "ripgrep: a pattern in a tree",
        module: "rg.wasm",
        arguments: &["--no-config", "--sort=path", "-j1", "-n", r"[a-z]+_(index|bytes)\b", "sources"],
        output: None,
    },
    Work { name: "Go: goroutines, timers, JSON, garbage", module: "go.wasm", arguments: &["text.md"], output: None },
];

/// A module that is only compiled: nothing here has the host functions that it imports.
const COMPILED: &str = "numpy.wasm";

pub fn run(arguments: &Arguments) -> Result<()> {
    let rounds = arguments.rounds.unwrap_or(ROUNDS);
    let folder = folder_with_inputs()?;
    std::env::set_current_dir(&folder)?;
    let mut table = Table::new(&["program", "wasm MB", "compile s", "peak MB", "executable MB", "run s", "/ wasmtime"]);
    for work in WORKS.iter().filter(|work| arguments.wants(work.module)) {
        let module = places::products().join("real").join(work.module);
        let executable = module.with_extension("aot");
        let compiler = Program::new(&places::aot())?.with(&module)?.with("--dir")?.with(".::/")?;
        let compiled = compiler.with("-o")?.with(&executable)?.run()?;
        let peer = build::wasmtime(&module, Cpu::Baseline)?;
        let aot = with_all(Program::new(&executable)?, work.arguments)?;
        let wasmtime = Program::new(&places::tool("wasmtime"))?.with("run")?.with("--allow-precompiled")?;
        let wasmtime = wasmtime.with("-W")?.with(build::PROPOSALS)?;
        let wasmtime = with_all(wasmtime.with("--dir")?.with(".::/")?.with(&peer)?, work.arguments)?;
        let (outputs, seconds) = compare(&aot, &wasmtime, work.output, rounds)?;
        ensure!(!outputs[0].is_empty() && outputs[0] == outputs[1], "{}: another output than wasmtime's", work.name);
        table.row([
            work.name.to_owned(),
            megabytes(fs::metadata(&module)?.len()),
            format!("{:.2}", compiled.wall.as_secs_f64()),
            megabytes(compiled.peak_bytes),
            megabytes(fs::metadata(&executable)?.len()),
            format!("{:.3}", median(seconds[0].iter().copied())),
            format!("{:.2}", median_ratio(&seconds[0], &seconds[1])),
        ]);
    }
    println!("outputs are wasmtime's; {rounds} alternated runs, medians:\n");
    table.print();
    if !arguments.wants(COMPILED) {
        return Ok(());
    }
    println!("\nCPython with numpy, pandas and scipy:\n");
    compile::compare(&[places::products().join("real").join(COMPILED)], 1)
}

fn with_all(program: Program, words: &[&str]) -> Result<Program> {
    words.iter().try_fold(program, Program::with)
}

/// The outputs of both, and the seconds that each run took.
fn compare(
    aot: &Program,
    wasmtime: &Program,
    file: Option<&str>,
    rounds: usize,
) -> Result<([String; 2], [Vec<f64>; 2])> {
    let mut outputs = [String::new(), String::new()];
    let mut seconds = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for ((program, output), seconds) in [aot, wasmtime].into_iter().zip(&mut outputs).zip(&mut seconds) {
            let (run, text): (Run, String) = program.run_for_output()?;
            seconds.push(run.wall.as_secs_f64());
            *output = match file {
                Some(file) => take(file)?,
                None => text,
            };
        }
    }
    Ok((outputs, seconds))
}

/// The contents of a file, which is removed: the next run must write it again.
fn take(file: &str) -> Result<String> {
    let text = fs::read_to_string(file)?;
    fs::remove_file(file)?;
    Ok(text)
}

/// The folder in which the programs work: sources of this project to read, and the files that yosys comes with.
fn folder_with_inputs() -> Result<PathBuf> {
    let folder = places::products().join("real/work");
    fs::create_dir_all(folder.join("sources"))?;
    fs::copy(places::source("programs/real/work.py"), folder.join("work.py"))?;
    fs::copy(places::repository().join("ARCHITECTURE.md"), folder.join("text.md"))?;
    fs::copy(places::source("programs/real/work.c"), folder.join("work.c"))?;
    fs::copy(places::source("programs/real/work.v"), folder.join("work.v"))?;
    fs::create_dir_all(folder.join("tmp"))?;
    copy_tree(&places::products().join("real/yosys.files"), &folder.join("share"))?;
    copy_tree(&places::repository().join("compiler/src"), &folder.join("sources"))?;
    Ok(folder)
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}
