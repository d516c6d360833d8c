//! The speed of compiled code: kernels in C, compiled once to wasm, then by aot and by wasmtime for the same CPU
//! features, as C (wasm2c), natively, and by aot with guards against speculation; and such in wasm's text, for what no compiler of C makes. Every build of a kernel
//! must print the same checksum.

use crate::arguments::Arguments;
use crate::build::{self, Cpu};
use crate::measure::Program;
use crate::places;
use crate::statistics::{geometric_mean, median, median_ratio};
use crate::table::Table;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};

const ROUNDS: usize = 7;

/// Kernel that does nothing: its processor time is subtracted from that of the others.
const EMPTY: &str = "empty";

/// Text in each line that is a branch hint.
const HINT: &str = "@metadata.code.branch_hint";

/// The compilers of a kernel: aot first, with which the others are compared.
const COMPILERS: [&str; 5] = ["aot", "wasmtime", "wasm2c", "native", "aot --spectre on"];

/// Processor seconds of a kernel: a list of runs for each compiler, empty if it can't compile the kernel.
type Times = [Vec<f64>; COMPILERS.len()];

pub fn run(arguments: &Arguments) -> Result<()> {
    let cpu = if arguments.native { Cpu::Native } else { Cpu::Baseline };
    let rounds = arguments.rounds.unwrap_or(ROUNDS);
    let start = measure(&places::source("kernels/empty.c"), cpu, rounds)?.map(|runs| median(runs.iter().copied()));
    let mut all_ratios: [Vec<f64>; COMPILERS.len()] = Default::default();
    let ratios = COMPILERS[1..].iter().map(|peer| format!("aot / {peer}"));
    let head: Vec<String> = [String::from("kernel"), String::from("aot, s")].into_iter().chain(ratios).collect();
    let mut table = Table::new(&head.iter().map(String::as_str).collect::<Vec<_>>());
    for kernel in kernels(arguments)? {
        let mut times = measure(&kernel, cpu, rounds)?;
        for (runs, start) in times.iter_mut().zip(start) {
            runs.iter_mut().for_each(|run| *run -= start);
        }
        let row = row(&kernel, &times, &mut all_ratios);
        eprintln!("{}", row.join(" "));
        table.row(row);
    }
    let mean = |ratios: &Vec<f64>| if ratios.is_empty() { String::new() } else { two_digits(geometric_mean(ratios)) };
    let means = all_ratios[1..].iter().map(mean);
    table.row([String::from("geometric mean"), String::new()].into_iter().chain(means));
    let features = if arguments.native { "this CPU's features" } else { "the baseline's features" };
    println!("{features}, {rounds} alternated runs, medians of ratios of processor time:\n");
    table.print();
    Ok(())
}

/// The row of a kernel; adds its ratios to those of all.
fn row(kernel: &Path, times: &Times, all_ratios: &mut [Vec<f64>; COMPILERS.len()]) -> Vec<String> {
    let mut row = vec![String::new(); 1 + COMPILERS.len()];
    row[0] = name(kernel);
    row[1] = format!("{:.3}", median(times[0].iter().copied()));
    for (peer, runs) in times.iter().enumerate().skip(1).filter(|(_, runs)| !runs.is_empty()) {
        let ratio = median_ratio(&times[0], runs);
        all_ratios[peer].push(ratio);
        row[peer + 1] = two_digits(ratio);
    }
    row
}

fn two_digits(number: f64) -> String {
    format!("{number:.2}")
}

fn kernels(arguments: &Arguments) -> Result<Vec<PathBuf>> {
    let folder = places::source("kernels");
    let mut kernels = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let wanted = arguments.wants(&name(&path));
        if path.extension().is_some_and(|it| it == "c" || it == "wat") && name(&path) != EMPTY && wanted {
            kernels.extend(without_hints(&path)?);
            kernels.push(path);
        }
    }
    kernels.sort_by_key(|kernel| name(kernel));
    Ok(kernels)
}

/// Returns a copy of a kernel without its branch hints, or `None` if it has none.
fn without_hints(kernel: &Path) -> Result<Option<PathBuf>> {
    let text = std::fs::read_to_string(kernel)?;
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains(HINT)).collect();
    if lines.len() == text.lines().count() {
        return Ok(None);
    }
    let copy = places::products().join(format!("{}_removed.wat", name(kernel)));
    std::fs::write(&copy, lines.join("\n"))?;
    Ok(Some(copy))
}

fn name(kernel: &Path) -> String {
    kernel.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn measure(kernel: &Path, cpu: Cpu, rounds: usize) -> Result<Times> {
    let programs = programs(kernel, cpu)?;
    let mut times = Times::default();
    let mut checksum = None;
    for _ in 0..rounds {
        for (program, runs) in programs.iter().zip(&mut times) {
            let Some(program) = program else { continue };
            let (run, output) = program.run_for_output()?;
            runs.push(run.cpu.as_secs_f64());
            let first = checksum.get_or_insert_with(|| output.clone());
            ensure!(*first == output, "{} prints {first:?} and {output:?}", name(kernel));
        }
    }
    Ok(times)
}

/// The program of each compiler; wasm2c and the native one are for kernels in C.
fn programs(kernel: &Path, cpu: Cpu) -> Result<[Option<Program>; COMPILERS.len()]> {
    let is_c = kernel.extension().is_some_and(|extension| extension == "c");
    let module = if is_c { build::c_module(kernel)? } else { kernel.to_path_buf() };
    let aot = Program::new(&build::aot(&module, cpu)?)?;
    let wasmtime = Program::new(&places::tool("wasmtime"))?
        .with("run")?
        .with("--allow-precompiled")?
        .with("-W")?
        .with(build::PROPOSALS)?
        .with(build::wasmtime(&module, cpu)?)?;
    let if_c = |build: &dyn Fn() -> Result<PathBuf>| -> Result<Option<Program>> {
        if is_c { Program::new(&build()?).map(Some) } else { Ok(None) }
    };
    let wasm2c = if_c(&|| build::wasm2c(&module, cpu))?;
    let native = if_c(&|| build::c_native(kernel, cpu))?;
    let guarded = Program::new(&build::aot_with_guards(&module, cpu)?)?;
    Ok([Some(aot), Some(wasmtime), wasm2c, native, Some(guarded)])
}
