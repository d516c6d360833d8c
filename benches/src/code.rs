//! How fast compiled code is: kernels in C, compiled once to wasm, then by aot and by wasmtime for the same CPU
//! features, and natively. Every build of a kernel must print the same checksum.

use crate::arguments::Arguments;
use crate::build::{self, Cpu};
use crate::measure::Program;
use crate::places;
use crate::statistics::{geometric_mean, median, median_ratio};
use crate::table::Table;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};

const ROUNDS: usize = 7;

/// The kernel that does nothing: starting it is what the processor time of the others is measured from.
const EMPTY: &str = "empty";

/// Processor seconds of a kernel, a list of runs for each of its builds.
struct Times {
    aot: Vec<f64>,
    wasmtime: Vec<f64>,
    native: Vec<f64>,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let cpu = if arguments.native { Cpu::Native } else { Cpu::Baseline };
    let rounds = arguments.rounds.unwrap_or(ROUNDS);
    let start = measure(&places::source("kernels/empty.c"), cpu, rounds)?;
    let start = [&start.aot, &start.wasmtime, &start.native].map(|runs| median(runs.iter().copied()));
    let (mut to_wasmtime, mut to_native) = (Vec::new(), Vec::new());
    let mut table = Table::new(&["kernel", "aot, s", "aot / wasmtime", "aot / native"]);
    for kernel in kernels(&arguments.only)? {
        let mut times = measure(&kernel, cpu, rounds)?;
        for (runs, start) in [&mut times.aot, &mut times.wasmtime, &mut times.native].into_iter().zip(start) {
            runs.iter_mut().for_each(|run| *run -= start);
        }
        let wasmtime = median_ratio(&times.aot, &times.wasmtime);
        let native = median_ratio(&times.aot, &times.native);
        to_wasmtime.push(wasmtime);
        to_native.push(native);
        let seconds = median(times.aot.iter().copied());
        let row = [name(&kernel), format!("{seconds:.3}"), format!("{wasmtime:.2}"), format!("{native:.2}")];
        eprintln!("{}", row.join(" "));
        table.row(row);
    }
    let mean = |ratios: &[f64]| format!("{:.2}", geometric_mean(ratios));
    table.row([String::from("geometric mean"), String::new(), mean(&to_wasmtime), mean(&to_native)]);
    let features = if arguments.native { "this CPU's features" } else { "the baseline's features" };
    println!("{features}, {rounds} alternated runs, medians of ratios of processor time:\n");
    table.print();
    Ok(())
}

fn kernels(only: &[String]) -> Result<Vec<PathBuf>> {
    let folder = places::source("kernels");
    let mut kernels = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let wanted = only.is_empty() || only.iter().any(|part| name(&path).contains(part.as_str()));
        if path.extension().is_some_and(|extension| extension == "c") && name(&path) != EMPTY && wanted {
            kernels.push(path);
        }
    }
    kernels.sort();
    Ok(kernels)
}

fn name(kernel: &Path) -> String {
    kernel.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn measure(kernel: &Path, cpu: Cpu, rounds: usize) -> Result<Times> {
    let module = build::c_module(kernel)?;
    let aot = Program::new(&build::aot(&module, cpu)?)?;
    let wasmtime = Program::new(&places::tool("wasmtime"))?
        .with("run")?
        .with("--allow-precompiled")?
        .with(build::wasmtime(&module, cpu)?)?;
    let native = Program::new(&build::c_native(kernel, cpu)?)?;
    let mut times = Times { aot: Vec::new(), wasmtime: Vec::new(), native: Vec::new() };
    let mut checksum = None;
    for _ in 0..rounds {
        for (program, runs) in [(&aot, &mut times.aot), (&wasmtime, &mut times.wasmtime), (&native, &mut times.native)]
        {
            let (run, output) = program.run_for_output()?;
            runs.push(run.cpu.as_secs_f64());
            let first = checksum.get_or_insert_with(|| output.clone());
            ensure!(*first == output, "{} prints {first:?} and {output:?}", name(kernel));
        }
    }
    Ok(times)
}
