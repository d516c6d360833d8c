//! The time of a program that only prints a line: from `posix_spawn` until its end is known. The peers are the
//! same program in C, linked statically with musl, the module as C (wasm2c), linked so too, and wasmtime with a module
//! compiled before.
//!
//! wasmtime runs in a group of its own: it fills the caches so much that the next program, aot's or C's, takes twice as
//! long.

use crate::arguments::Arguments;
use crate::build::{self, Cpu};
use crate::measure::{Program, Run};
use crate::places;
use crate::statistics::{median, median_ratio};
use crate::table::Table;
use anyhow::Result;

const ROUNDS: usize = 1000;
/// Number of rounds for the group with wasmtime, whose runs are long.
const SLOW_ROUNDS: usize = 200;
/// Number of warm-up runs.
const ROUNDS_BEFORE: usize = 20;

type Named = (&'static str, Program);

pub fn run(arguments: &Arguments) -> Result<()> {
    let source = places::source("programs/hello.c");
    let module = build::c_module(&source)?;
    let component = build::component(&module)?;
    let c = Program::new(&build::c_native(&source, Cpu::Baseline)?)?;
    let aot = |input| -> Result<Program> { Program::new(&build::aot(input, Cpu::Baseline)?) };
    let wasmtime = |input| -> Result<Program> {
        let compiled = build::wasmtime(input, Cpu::Baseline)?;
        Program::new(&places::tool("wasmtime"))?.with("run")?.with("--allow-precompiled")?.with(compiled)
    };
    let alone = |input| -> Result<Program> { Program::new(&build::aot_without_sandbox(input)?) };
    let executables = [
        ("C, static musl", c),
        ("wasm2c, core module", Program::new(&build::wasm2c(&module, Cpu::Baseline)?)?),
        ("aot, core module", aot(&module)?),
        ("aot, core module, --no-sandbox", alone(&module)?),
        ("aot, 0.2 component", aot(&component)?),
        ("aot, 0.2 component, --no-sandbox", alone(&component)?),
    ];
    compare(&executables, arguments.rounds.unwrap_or(ROUNDS))?;
    let core = [("aot, core module", aot(&module)?), ("wasmtime, core module", wasmtime(&module)?)];
    compare(&core, arguments.rounds.unwrap_or(SLOW_ROUNDS))?;
    let component = [("aot, 0.2 component", aot(&component)?), ("wasmtime, 0.2 component", wasmtime(&component)?)];
    compare(&component, arguments.rounds.unwrap_or(SLOW_ROUNDS))
}

/// Runs programs alternately and prints a table, with ratios to the first.
fn compare(programs: &[Named], rounds: usize) -> Result<()> {
    let mut runs: Vec<Vec<Run>> = programs.iter().map(|_| Vec::new()).collect();
    for round in 0..ROUNDS_BEFORE + rounds {
        for ((_, program), runs) in programs.iter().zip(&mut runs) {
            let run = program.run()?;
            if round >= ROUNDS_BEFORE {
                runs.push(run);
            }
        }
    }
    let walls: Vec<Vec<f64>> = runs.iter().map(|runs| microseconds(runs)).collect();
    let mut table = Table::new(&["hello", "µs", "ratio", "page faults"]);
    for (((name, _), runs), walls_of_program) in programs.iter().zip(&runs).zip(&walls) {
        table.row([
            (*name).to_owned(),
            format!("{:.0}", median(walls_of_program.iter().copied())),
            format!("{:.2}", median_ratio(walls_of_program, &walls[0])),
            format!("{:.0}", median(runs.iter().map(|run| run.faults as f64))),
        ]);
    }
    println!("{rounds} alternated runs, medians:\n");
    table.print();
    println!();
    Ok(())
}

fn microseconds(runs: &[Run]) -> Vec<f64> {
    runs.iter().map(|run| run.wall.as_secs_f64() * 1e6).collect()
}
