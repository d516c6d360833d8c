//! What a developer of aot runs: `cargo xtask SUBCOMMAND`. One file a subcommand; the rest are the
//! things that several of them need.

mod apt;
mod debian;
mod first_program;
mod guest_std;
mod places;
mod process;
mod python;
mod runtime;
mod rust_source;
mod setup;
mod steps;
mod targets;

use anyhow::{Result, bail};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask SUBCOMMAND

  setup                       install what is missing, build everything, run a first program
  runtime [--target NAME]...  build the run-time library of every target, or of these
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[String]) -> Result<()> {
    let Some((subcommand, arguments)) = words.split_first() else {
        bail!("which subcommand?\n{USAGE}");
    };
    match subcommand.as_str() {
        "setup" => setup::run(arguments),
        "runtime" => runtime::run(arguments),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        other => bail!("there is no subcommand `{other}`\n{USAGE}"),
    }
}
