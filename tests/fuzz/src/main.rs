//! `aot-fuzz`: compiles random modules and components, and compares what the modules do with wasmtime (tests/README.md).
//!
//! ```text
//! seed ─▶ random, generate, results, loops, dispatches, wide, expressions ─┬─▶ compile ◀─ worker
//!                                                                          ├─▶ subject, canonical, driver, fold ─▶ case ─▶ differential
//!                                                                          └─▶ value, echo ─▶ differential
//! ```

mod builder;
mod canonical;
mod case;
mod compile;
mod differential;
mod dispatches;
mod driver;
mod echo;
mod expressions;
mod fold;
mod generate;
mod loops;
mod random;
mod results;
mod subject;
mod tally;
mod types;
mod value;
mod wide;
mod worker;

use anyhow::{Result, ensure};
use case::Case;
use clap::{Parser, Subcommand};
use compile::Kind;
use std::ops::Range;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tally::Tally;

/// Compiles random modules and components, and compares what the modules do with wasmtime.
#[derive(Parser)]
#[command(name = "aot-fuzz")]
struct Arguments {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Compiles for this machine and a foreign one, and compares with wasmtime what modules do.
    Differential(Bounds),
    /// Does the same for functions with many results, at each level of optimisation in turn.
    Results(Bounds),
    /// Does the same for loops that count, and access memory at sums of what they count.
    Loops(Bounds),
    /// Does the same for interpreters of bytes, whose cases come back to a jump table.
    Dispatches(Bounds),
    /// Does the same for arithmetic of 128 bits by halves, and for what is almost such.
    Wide(Bounds),
    /// Does the same for long expressions, whose values are more than registers.
    Expressions(Bounds),
    /// Compares what components are given with what they return.
    Values(Bounds),
    /// Compiles valid modules.
    Modules(Bounds),
    /// Compiles valid components.
    Components(Bounds),
    /// Compiles damaged files.
    Bytes(Bounds),
    /// All of these, one after another.
    All(Bounds),
    /// Writes the file of a seed to standard output.
    Show {
        /// The kind of the inputs.
        kind: Kind,
        /// The seed of the first input.
        seed: u64,
    },
    /// Compiles a range of inputs, in a process of its own.
    #[command(hide = true)]
    Work { kind: Kind, first: u64, end: u64 },
}

/// The bounds of a run.
#[derive(clap::Args, Clone)]
struct Bounds {
    /// The first seed.
    #[arg(long, default_value = "0")]
    seed: u64,
    /// The number of seeds.
    #[arg(long, value_name = "N", default_value = "1000")]
    cases: u64,
    /// The time in seconds after which the run ends, whatever the number of seeds.
    #[arg(long, value_name = "N", conflicts_with = "cases")]
    seconds: Option<u64>,
    /// The number of workers at a time; by default as many as there are processors.
    #[arg(short, long, value_name = "N")]
    jobs: Option<usize>,
    /// The folder that keeps modules which differ.
    #[arg(long, value_name = "DIR", default_value = "target/fuzz")]
    keep: PathBuf,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Performs an action, and returns the number of faults that it found.
fn run(action: Action) -> Result<usize> {
    match action {
        Action::Differential(bounds) => differential(&bounds),
        Action::Results(bounds) => results(&bounds),
        Action::Loops(bounds) => loops(&bounds),
        Action::Dispatches(bounds) => dispatches(&bounds),
        Action::Wide(bounds) => wide(&bounds),
        Action::Expressions(bounds) => expressions(&bounds),
        Action::Values(bounds) => values(&bounds),
        Action::Modules(bounds) => compilations(Kind::Modules, &bounds),
        Action::Components(bounds) => compilations(Kind::Components, &bounds),
        Action::Bytes(bounds) => compilations(Kind::Bytes, &bounds),
        Action::All(bounds) => {
            let mut wrong = differential(&bounds)? + results(&bounds)? + loops(&bounds)?;
            wrong += dispatches(&bounds)? + wide(&bounds)? + expressions(&bounds)? + values(&bounds)?;
            for kind in [Kind::Modules, Kind::Components, Kind::Bytes] {
                wrong += compilations(kind, &bounds)?;
            }
            Ok(wrong)
        }
        Action::Show { kind, seed } => {
            let input = compile::input(kind, seed).unwrap_or_default();
            std::io::Write::write_all(&mut std::io::stdout(), &input)?;
            Ok(0)
        }
        Action::Work { kind, first, end } => worker::work(kind, first..end).map(|()| 0),
    }
}

fn differential(bounds: &Bounds) -> Result<usize> {
    campaign("differential", bounds, differential::BATCH, |seeds| differential::compare(seeds, &bounds.keep))
}

fn results(bounds: &Bounds) -> Result<usize> {
    campaign("results", bounds, differential::BATCH, |seeds| {
        differential::compare_kind(seeds, Case::of_results, &bounds.keep)
    })
}

fn loops(bounds: &Bounds) -> Result<usize> {
    campaign("loops", bounds, differential::BATCH, |seeds| {
        differential::compare_kind(seeds, Case::of_loops, &bounds.keep)
    })
}

fn dispatches(bounds: &Bounds) -> Result<usize> {
    campaign("dispatches", bounds, differential::BATCH, |seeds| {
        differential::compare_kind(seeds, Case::of_dispatches, &bounds.keep)
    })
}

fn wide(bounds: &Bounds) -> Result<usize> {
    campaign("wide", bounds, differential::BATCH, |seeds| {
        differential::compare_kind(seeds, Case::of_wide, &bounds.keep)
    })
}

fn expressions(bounds: &Bounds) -> Result<usize> {
    campaign("expressions", bounds, differential::BATCH, |seeds| {
        differential::compare_kind(seeds, Case::of_expressions, &bounds.keep)
    })
}

fn values(bounds: &Bounds) -> Result<usize> {
    campaign("values", bounds, 1, |seeds| differential::compare_values(seeds, &bounds.keep))
}

/// Seeds that one worker compiles.
const WORKER_SEEDS: u64 = 50;

fn compilations(kind: Kind, bounds: &Bounds) -> Result<usize> {
    campaign(&format!("{kind:?}").to_lowercase(), bounds, WORKER_SEEDS, |seeds| worker::run(kind, seeds))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Has seeds tried in batches, several at a time; prints what is wrong as it is found, and tells how much that is.
fn campaign(
    name: &str,
    bounds: &Bounds,
    size: u64,
    try_seeds: impl Fn(Range<u64>) -> Result<Tally> + Sync,
) -> Result<usize> {
    ensure!(bounds.seed.is_multiple_of(size), "the first seed is a multiple of {size}: batches stay the same");
    let deadline = bounds.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let end = if deadline.is_some() { u64::MAX } else { bounds.seed + bounds.cases };
    let next = AtomicU64::new(bounds.seed);
    let total = Mutex::new(Tally::default());
    let work = || {
        loop {
            let first = next.fetch_add(size, Ordering::Relaxed);
            if first >= end || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return anyhow::Ok(());
            }
            let tally = try_seeds(first..end.min(first + size))?;
            tally.faults.iter().for_each(|fault| println!("{fault}"));
            lock(&total).add(tally);
        }
    };
    let jobs = match bounds.jobs {
        Some(jobs) => jobs.max(1),
        None => std::thread::available_parallelism()?.get(),
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    let total = lock(&total);
    println!("{name}: {total}");
    Ok(total.faults.len())
}
