//! Speed of compiled code: kernels in C, compiled once to wasm, then by aot and by wasmtime for the same CPU features,
//! and natively; and kernels in wasm's text for code that no C compiler makes. Every build of a kernel must print the
//! same checksum.

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

/// Processor seconds of a kernel: the runs of each of its builds.
struct Times {
    aot: Vec<f64>,
    wasmtime: Vec<f64>,
    /// Runs of the native build; empty if the kernel isn't C.
    native: Vec<f64>,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let cpu = if arguments.native { Cpu::Native } else { Cpu::Baseline };
    let rounds = arguments.rounds.unwrap_or(ROUNDS);
    let start = measure(&places::source("kernels/empty.c"), cpu, rounds)?;
    let start = [&start.aot, &start.wasmtime, &start.native].map(|runs| median(runs.iter().copied()));
    let (mut to_wasmtime, mut to_native) = (Vec::new(), Vec::new());
    let mut table = Table::new(&["kernel", "aot, s", "aot / wasmtime", "aot / native"]);
    for kernel in kernels(arguments)? {
        let mut times = measure(&kernel, cpu, rounds)?;
        for (runs, start) in [&mut times.aot, &mut times.wasmtime, &mut times.native].into_iter().zip(start) {
            runs.iter_mut().for_each(|run| *run -= start);
        }
        let wasmtime = median_ratio(&times.aot, &times.wasmtime);
        to_wasmtime.push(wasmtime);
        let mut native = String::new();
        if !times.native.is_empty() {
            to_native.push(median_ratio(&times.aot, &times.native));
            native = format!("{:.2}", to_native[to_native.len() - 1]);
        }
        let seconds = median(times.aot.iter().copied());
        let row = [name(&kernel), format!("{seconds:.3}"), format!("{wasmtime:.2}"), native];
        eprintln!("{}", row.join(" "));
        table.row(row);
    }
    let mean = |ratios: &[f64]| match ratios {
        [] => String::new(),
        ratios => format!("{:.2}", geometric_mean(ratios)),
    };
    table.row([String::from("geometric mean"), String::new(), mean(&to_wasmtime), mean(&to_native)]);
    let features = if arguments.native { "this CPU's features" } else { "the baseline's features" };
    println!("{features}, {rounds} alternated runs, medians of ratios of processor time:\n");
    table.print();
    Ok(())
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
    let is_c = kernel.extension().is_some_and(|extension| extension == "c");
    let module = if is_c { build::c_module(kernel)? } else { kernel.to_path_buf() };
    let aot = Program::new(&build::aot(&module, cpu)?)?;
    let wasmtime = Program::new(&places::tool("wasmtime"))?
        .with("run")?
        .with("--allow-precompiled")?
        .with("-W")?
        .with(build::PROPOSALS)?
        .with(build::wasmtime(&module, cpu)?)?;
    let native = if is_c { Some(Program::new(&build::c_native(kernel, cpu)?)?) } else { None };
    let mut times = Times { aot: Vec::new(), wasmtime: Vec::new(), native: Vec::new() };
    let mut checksum = None;
    for _ in 0..rounds {
        let programs = [
            (Some(&aot), &mut times.aot),
            (Some(&wasmtime), &mut times.wasmtime),
            (native.as_ref(), &mut times.native),
        ];
        for (program, runs) in programs {
            let Some(program) = program else { continue };
            let (run, output) = program.run_for_output()?;
            runs.push(run.cpu.as_secs_f64());
            let first = checksum.get_or_insert_with(|| output.clone());
            ensure!(*first == output, "{} prints {first:?} and {output:?}", name(kernel));
        }
    }
    Ok(times)
}
