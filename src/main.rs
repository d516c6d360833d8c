//! The command line of `aot`: parse, run, exit code.

mod args;
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
mod targets;

use args::{Cli, Command};
use clap::{CommandFactory, FromArgMatches, Parser};
use std::ffi::OsString;
use std::process::ExitCode;

/// The command line, with what a policy file adds to it.
fn parse() -> anyhow::Result<Cli> {
    let line: Vec<OsString> = std::env::args_os().collect();
    let command = Cli::command();
    let matches = command.clone().get_matches_from(&line);
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    match &cli.compile.policy {
        Some(file) => Ok(Cli::parse_from(policy_file::insert(&command, &line, &matches, file)?)),
        None => Ok(cli),
    }
}

fn run(cli: &Cli) -> anyhow::Result<()> {
    match &cli.command {
        Some(Command::Inspect(args)) => inspect::run(args),
        Some(Command::Targets) => targets::run(),
        Some(Command::Licenses) => licenses::run(),
        None => compile::run(&cli.compile),
    }
}

fn main() -> ExitCode {
    match parse().and_then(|cli| run(&cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console::tell!("aot: {error:#}");
            ExitCode::FAILURE
        }
    }
}
