//! The command line of `aot`: parse, run, exit code.

mod args;
mod cache;
mod compile;
mod console;
mod embed;
mod http_grants;
mod inputs;
mod inspect;
mod licenses;
mod limits;
mod network_grants;
mod output;
mod policy_file;
mod progress;
mod run;
mod targets;

use args::{Cli, Command};
use clap::{CommandFactory, FromArgMatches, Parser};
use std::ffi::OsString;
use std::process::ExitCode;

/// Parses the command line, with the flags of a policy file.
fn parse() -> anyhow::Result<Cli> {
    let line: Vec<OsString> = std::env::args_os().collect();
    let command = Cli::command();
    let matches = command.clone().get_matches_from(&line);
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let (program, command, matches, words_before) = match (&cli.command, matches.subcommand()) {
        (Some(Command::Run(run)), Some((name, matches))) => {
            (&run.program, command.find_subcommand(name).unwrap_or(&command), matches, 2)
        }
        _ => (&cli.compile.program, &command, &matches, 1),
    };
    match &program.policy {
        Some(file) => {
            let words = policy_file::words(command, matches, file)?;
            let (before, after) = line.split_at(words_before.min(line.len()));
            Ok(Cli::parse_from([before, &words, after].concat()))
        }
        None => Ok(cli),
    }
}

fn run(cli: &Cli) -> anyhow::Result<()> {
    match &cli.command {
        Some(Command::Run(args)) => run::run(args),
        Some(Command::Inspect(args)) => inspect::run(args),
        Some(Command::Targets) => targets::run(),
        Some(Command::Licenses) => licenses::run(),
        None => compile::run(&cli.compile),
    }
}

/// Exit status if a program can't start, which executables use too.
const NOT_STARTED: u8 = 125;

fn main() -> ExitCode {
    let fail = |error: anyhow::Error, code: ExitCode| {
        console::tell!("aot: {error:#}");
        code
    };
    match parse() {
        Ok(cli) => match (run(&cli), &cli.command) {
            (Ok(()), _) => ExitCode::SUCCESS,
            // Statuses of the program itself pass through unchanged for the caller.
            (Err(error), Some(Command::Run(_))) => fail(error, ExitCode::from(NOT_STARTED)),
            (Err(error), _) => fail(error, ExitCode::FAILURE),
        },
        Err(error) => fail(error, ExitCode::FAILURE),
    }
}
