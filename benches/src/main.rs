//! Measurements of aot and of its executables against their peers, as tables of ratios. Runs of compared programs
//! alternate, because the load of a machine varies.
//!
//! `cargo xtask bench` builds what this needs and runs it; docs/benchmarks.md explains the tables.

mod arguments;
mod build;
mod calls;
mod code;
mod compile;
mod embed;
mod growth;
mod load;
mod measure;
mod modules;
mod pipeline;
mod places;
mod real;
mod reset;
mod serve;
mod size;
mod startup;
mod statistics;
mod table;

use anyhow::Result;
use arguments::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match Arguments::parse(&words).and_then(|arguments| run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    for (name, bench) in BENCHES {
        let by_default = arguments.benches.is_empty() && !["growth", "load", "serve"].contains(name);
        if by_default || arguments.benches.iter().any(|wanted| wanted == name) {
            println!("## {name}\n");
            bench(arguments)?;
            println!();
        }
    }
    Ok(())
}

/// Function of a bench, which prints its tables.
type Bench = fn(&Arguments) -> Result<()>;

const BENCHES: &[(&str, Bench)] = &[
    ("startup", startup::run),
    ("code", code::run),
    ("compile", compile::run),
    ("growth", growth::run),
    ("size", size::run),
    ("real", real::run),
    ("pipeline", pipeline::run),
    ("calls", calls::run),
    ("load", load::run),
    ("embed", embed::run),
    ("reset", reset::run),
    ("serve", serve::run),
];
