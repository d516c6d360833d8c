//! Calls across a component boundary, of several kinds: how many there are in a second, against the same composition under
//! wasmtime, compiled before. What a run takes that makes no calls is taken off.

use crate::arguments::Arguments;
use crate::build::{self, Cpu};
use crate::measure::Program;
use crate::places;
use crate::statistics::{median, median_ratio};
use crate::table::Table;
use anyhow::{Result, ensure};

const ROUNDS: usize = 11;

/// A call, the function of `calls.wat` that makes it, and how often: so that a run takes some tenths of a second.
const KINDS: [(&str, &str, u64); 7] = [
    ("(u32) -> u32", "numbers", 200_000_000),
    ("a string of 16 bytes", "short-texts", 10_000_000),
    ("a string of 1 MB", "long-texts", 4_000),
    ("1 MB of UTF-16 to UTF-8", "narrowed-texts", 4_000),
    ("0.5 MB of UTF-8 to UTF-16", "widened-texts", 4_000),
    ("a list of 1,000 records", "lists", 100_000),
    ("a method of a resource", "methods", 4_000_000),
];

pub fn run(arguments: &Arguments) -> Result<()> {
    let rounds = arguments.rounds.unwrap_or(ROUNDS);
    let source = places::source("programs/calls.wat");
    let (compiled, aot) = (build::wasmtime(&source, Cpu::Baseline)?, build::aot(&source, Cpu::Baseline)?);
    let mut table =
        Table::new(&["call", "aot, calls/s", "wasmtime, calls/s", "aot ns", "wasmtime ns", "ratio of times"]);
    for (name, function, calls) in KINDS {
        let programs = |calls: u64| -> Result<[Program; 2]> {
            let call = format!("{function}({calls})");
            let wasmtime = Program::new(&places::tool("wasmtime"))?.with("run")?.with("--allow-precompiled")?;
            Ok([Program::new(&aot)?.with(&call)?, wasmtime.with("--invoke")?.with(&call)?.with(&compiled)?])
        };
        let times = compare(&programs(calls)?, &programs(0)?, rounds)?;
        let of_call = times.each_ref().map(|times| median(times.iter().copied()) / calls as f64);
        table.row([
            name.to_owned(),
            format!("{:.0}", 1.0 / of_call[0]),
            format!("{:.0}", 1.0 / of_call[1]),
            format!("{:.2}", of_call[0] * 1e9),
            format!("{:.2}", of_call[1] * 1e9),
            format!("{:.2}", median_ratio(&times[0], &times[1])),
        ]);
    }
    println!("{rounds} alternated runs, medians:\n");
    table.print();
    Ok(())
}

/// Seconds of processor time of each run, without those of one that makes no calls.
fn compare(programs: &[Program; 2], idle: &[Program; 2], rounds: usize) -> Result<[Vec<f64>; 2]> {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        let mut results = Vec::new();
        for ((program, idle), times) in programs.iter().zip(idle).zip(&mut times) {
            let (run, result) = program.run_for_output()?;
            times.push((run.cpu.as_secs_f64() - idle.run()?.cpu.as_secs_f64()).max(0.0));
            results.push(result);
        }
        ensure!(results.windows(2).all(|pair| pair[0] == pair[1]), "the results differ: {results:?}");
    }
    Ok(times)
}
