//! Load: time and peak memory of an executable and of wasmtime.

mod files;
mod sockets;

use crate::arguments::Arguments;
use crate::measure::{Program, Run};
use crate::statistics::{median, median_ratio};
use crate::table::Table;
use anyhow::Result;

const ROUNDS: usize = 3;

pub fn run(arguments: &Arguments) -> Result<()> {
    let rounds = arguments.rounds.unwrap_or(ROUNDS);
    let mut table = Table::new(&["load", "form", "aot s", "wasmtime s", "ratio", "aot MB", "wasmtime MB"]);
    files::measure(&mut table, rounds)?;
    sockets::measure(&mut table, rounds)?;
    table.print();
    Ok(())
}

fn with_words(mut program: Program, words: &[&str]) -> Result<Program> {
    for word in words {
        program = program.with(word)?;
    }
    Ok(program)
}

fn row(name: &str, form: &str, ours: &[Run], theirs: &[Run]) -> Vec<String> {
    let seconds = |runs: &[Run]| runs.iter().map(|run| run.wall.as_secs_f64()).collect::<Vec<f64>>();
    let megabytes = |runs: &[Run]| median(runs.iter().map(|run| run.peak_bytes as f64 / 1e6));
    vec![
        name.to_owned(),
        form.to_owned(),
        format!("{:.2}", median(seconds(ours))),
        format!("{:.2}", median(seconds(theirs))),
        format!("{:.2}", median_ratio(&seconds(ours), &seconds(theirs))),
        format!("{:.1}", megabytes(ours)),
        format!("{:.1}", megabytes(theirs)),
    ]
}
