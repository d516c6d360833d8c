//! The command line of `aot`: parse, run, exit code.

mod args;
mod compile;
mod console;
mod inputs;
mod inspect;
mod licenses;
mod limits;
mod progress;
mod targets;

use args::{Cli, Command};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.command {
        Some(Command::Inspect(args)) => inspect::run(args),
        Some(Command::Targets) => targets::run(),
        Some(Command::Licenses) => licenses::run(),
        None => compile::run(&cli.compile),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console::tell!("aot: {error:#}");
            ExitCode::FAILURE
        }
    }
}
