//! The program of `tests/composed`, four components of three languages (Rust, Python, JavaScript): how long it takes to do
//! nothing, because its input is empty, and to do its work; against the same composition under wasmtime, compiled before.

use crate::arguments::Arguments;
use crate::build::{self, Cpu};
use crate::measure::{Program, Run};
use crate::places;
use crate::statistics::{median, median_ratio};
use crate::table::Table;
use anyhow::{Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};

const ROUNDS: usize = 21;

/// Exit status of the program if its input is empty.
const NOTHING_TO_DO: i32 = 1;

pub fn run(arguments: &Arguments) -> Result<()> {
    let rounds = arguments.rounds.unwrap_or(ROUNDS);
    let parts = places::repository().join("target/guests/composed");
    let app = parts.join("command.wasm");
    let links = ["parser.wasm", "rules.wasm", "render.wasm"].map(|name| parts.join(name));
    let peer = build::wasmtime(&build::composed("pipeline", &app, &links)?, Cpu::Baseline)?;
    let aot = build::aot_linked("pipeline", &app, &links)?;
    let programs = || -> Result<[Program; 2]> {
        let wasmtime = Program::new(&places::tool("wasmtime"))?.with("run")?.with("--allow-precompiled")?;
        Ok([Program::new(&aot)?, wasmtime.with(&peer)?])
    };
    let sources = places::repository().join("tests/composed");
    let expected = fs::read_to_string(sources.join("bills.json"))?;
    let mut table = Table::new(&["pipeline", "aot ms", "wasmtime ms", "ratio", "aot peak MB", "wasmtime peak MB"]);
    let idle = programs()?.map(|program| program.ending_with(NOTHING_TO_DO));
    let works: [(&str, [Program; 2], PathBuf, &str); 2] = [
        ("start-up: empty input", idle, PathBuf::from("/dev/null"), ""),
        ("three bills", programs()?, sources.join("visits.csv"), &expected),
    ];
    for (name, programs, input, output) in works {
        let runs = compare(programs, &input, output, rounds)?;
        table.row(row(name, &runs));
    }
    println!("{rounds} alternated runs, medians:\n");
    table.print();
    Ok(())
}

fn compare(programs: [Program; 2], input: &Path, expected: &str, rounds: usize) -> Result<[Vec<Run>; 2]> {
    let [aot, wasmtime] = programs;
    let programs = [aot.reading(input)?.quiet(), wasmtime.reading(input)?.quiet()];
    let mut runs = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (program, runs) in programs.iter().zip(&mut runs) {
            let (run, output) = program.run_for_output()?;
            ensure!(output == expected, "the pipeline printed something else: {output}");
            runs.push(run);
        }
    }
    Ok(runs)
}

fn row(name: &str, runs: &[Vec<Run>; 2]) -> [String; 6] {
    let walls = runs.each_ref().map(|runs| runs.iter().map(|run| run.wall.as_secs_f64() * 1e3).collect::<Vec<f64>>());
    let peaks = runs.each_ref().map(|runs| median(runs.iter().map(|run| run.peak_bytes as f64 / 1e6)));
    [
        name.to_owned(),
        format!("{:.1}", median(walls[0].iter().copied())),
        format!("{:.1}", median(walls[1].iter().copied())),
        format!("{:.2}", median_ratio(&walls[0], &walls[1])),
        format!("{:.1}", peaks[0]),
        format!("{:.1}", peaks[1]),
    ]
}
