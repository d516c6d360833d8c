//! The command line of `aot`: parse, run, exit code.

mod args;
mod cache;
mod check;
mod compile;
mod console;
mod embed;
mod grantees;
mod help;
mod http_grants;
mod image;
mod inputs;
mod inspect;
mod library;
mod licenses;
mod limits;
mod manual;
mod network_grants;
mod output;
mod policy_file;
mod progress;
mod registry;
mod report;
mod run;
mod sbom;
mod serve_flags;
mod state_flags;
mod static_files;
mod targets;

use aot_compiler::display;
use args::{Cli, Command, CompileArgs, Product, ProgramArgs};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, CommandFactory, FromArgMatches};
use console::{Console, MessageFormat};
use grantees::Grantees;
use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

/// Exit status if a program can't start, which executables use too.
const NOT_STARTED: u8 = 125;
/// Exit status after an error of the command line, which is clap's.
const USAGE: u8 = 2;

/// Reason for which the command line isn't carried out.
enum Refusal {
    /// Clap's error, or what `--help` and `--version` ask for.
    Clap(clap::Error),
    /// An error of the policy file.
    Policy(anyhow::Error),
}

/// Parses the command line, with the flags of a policy file.
fn parse(line: &[OsString]) -> Result<Cli, Refusal> {
    let command = Cli::command();
    let matches = command.clone().try_get_matches_from(line).map_err(Refusal::Clap)?;
    let cli = read_cli(&matches)?;
    let Some(file) = program(&cli).and_then(|program| program.policy.as_ref()) else { return Ok(cli) };
    let (command, matches, words_before) = match matches.subcommand() {
        Some((name, matches)) => (command.find_subcommand(name).unwrap_or(&command), matches, 2),
        None => (&command, &matches, 1),
    };
    let words = policy_file::words(command, matches, file).map_err(Refusal::Policy)?;
    let (before, after) = line.split_at(words_before.min(line.len()));
    let matches = Cli::command().try_get_matches_from([before, &words, after].concat()).map_err(Refusal::Clap)?;
    read_cli(&matches)
}

/// Reads the values of a command line, and the order in which they stand.
fn read_cli(matches: &ArgMatches) -> Result<Cli, Refusal> {
    let mut cli = Cli::from_arg_matches(matches).map_err(Refusal::Clap)?;
    let matches = matches.subcommand().map_or(matches, |(_, matches)| matches);
    if let Some(program) = program_mut(&mut cli) {
        program.grants_of = Grantees::of(&mut Cli::command(), matches).map_err(Refusal::Clap)?;
    }
    Ok(cli)
}

/// Returns the flags of a program, for commands that have them.
fn program(cli: &Cli) -> Option<&ProgramArgs> {
    match &cli.command {
        Some(Command::Run(run)) => Some(&run.program),
        Some(Command::Build(build)) => Some(&build.program),
        Some(Command::Check(check)) => Some(&check.program),
        None => Some(&cli.compile.program),
        Some(
            Command::Inspect(_) | Command::Targets | Command::Licenses | Command::Man(_) | Command::Completions(_),
        ) => None,
    }
}

fn program_mut(cli: &mut Cli) -> Option<&mut ProgramArgs> {
    match &mut cli.command {
        Some(Command::Run(run)) => Some(&mut run.program),
        Some(Command::Build(build)) => Some(&mut build.program),
        Some(Command::Check(check)) => Some(&mut check.program),
        None => Some(&mut cli.compile.program),
        Some(
            Command::Inspect(_) | Command::Targets | Command::Licenses | Command::Man(_) | Command::Completions(_),
        ) => None,
    }
}

fn run(cli: &Cli, console: Console) -> anyhow::Result<()> {
    match &cli.command {
        Some(Command::Run(args)) => run::run(args, console),
        Some(Command::Inspect(args)) => inspect::run(args),
        Some(Command::Check(args)) => check::run(args),
        Some(Command::Targets) => targets::run(),
        Some(Command::Licenses) => licenses::run(),
        Some(Command::Man(args)) => manual::man(args),
        Some(Command::Completions(args)) => manual::completions(args),
        Some(Command::Build(args)) => make(args, console),
        None => make(&cli.compile, console),
    }
}

fn make(args: &CompileArgs, console: Console) -> anyhow::Result<()> {
    match &args.emit {
        Product::Compiled(emit) => compile::run(args, emit, console),
        Product::Image => image::run(args, console),
    }
}

/// Returns the error with words of the command line as messages show them: they may be names of files, which a shell has put there.
fn shown_error(line: &[OsString], error: clap::Error) -> clap::Error {
    let shown: Vec<OsString> = line.iter().map(|word| display::shown(word.as_bytes()).into()).collect();
    match parse(&shown) {
        Err(Refusal::Clap(shown)) if shown.kind() == error.kind() => shown,
        _ => error,
    }
}

/// Returns the error about a letter that is no further flag, behind a flag and the same dash, with what is nearest: `-g3` and
/// `-ggdb` are `-g`.
fn with_nearest(line: &[OsString], error: clap::Error) -> clap::Error {
    let unknown = error.get(ContextKind::InvalidArg);
    let is_repeated = error.kind() == ErrorKind::ArgumentConflict && error.get(ContextKind::PriorArg) == unknown;
    let (Some(ContextValue::String(flag)), true) = (unknown, is_repeated || error.kind() == ErrorKind::UnknownArgument)
    else {
        return error;
    };
    let Some(letter) = flag.strip_prefix('-').filter(|letter| letter.chars().count() == 1) else { return error };
    let with_flags_before = |word: &OsString| {
        let word = word.to_str().filter(|word| word.bytes().all(|byte| byte.is_ascii_graphic()))?;
        let is_short = word.starts_with('-') && !word.starts_with("--");
        let position = if is_repeated { word.match_indices(letter).nth(1)?.0 } else { word.find(letter)? };
        (is_short && position > 1)
            .then(|| [word, &word[..position]].map(|text| ContextValue::String(String::from(text))))
    };
    let Some([word, flags]) = line.iter().find_map(with_flags_before) else { return error };
    let mut nearest = clap::Error::new(ErrorKind::UnknownArgument).with_cmd(&Cli::command());
    nearest.insert(ContextKind::InvalidArg, word);
    nearest.insert(ContextKind::SuggestedArg, flags);
    if let Some(usage) = error.get(ContextKind::Usage) {
        nearest.insert(ContextKind::Usage, usage.clone());
    }
    nearest
}

/// Returns the form of messages that a command line asks for which can't be parsed.
fn message_format(line: &[OsString]) -> MessageFormat {
    let asks = |words: &[OsString]| words[0] == "--message-format" && words[1] == "json";
    let is_json = line.iter().any(|word| word == "--message-format=json") || line.windows(2).any(asks);
    if is_json { MessageFormat::Json } else { MessageFormat::Human }
}

fn main() -> ExitCode {
    let line: Vec<OsString> = std::env::args_os().collect();
    let early = Console { format: message_format(&line), quiet: false };
    let cli = match parse(&line) {
        Ok(cli) => cli,
        Err(Refusal::Policy(error)) => {
            early.error(&error);
            return ExitCode::FAILURE;
        }
        Err(Refusal::Clap(error)) if error.use_stderr() => {
            early.usage_error(&with_nearest(&line, shown_error(&line, error)));
            return ExitCode::from(USAGE);
        }
        Err(Refusal::Clap(help)) => match help::short(&line).filter(|_| help.kind() == ErrorKind::DisplayHelp) {
            Some(short) => {
                _ = write!(anstream::stdout(), "{short}");
                return ExitCode::SUCCESS;
            }
            None => help.exit(),
        },
    };
    let console =
        program(&cli).map_or(early, |program| Console { format: program.message_format, quiet: program.quiet });
    match (run(&cli, console), &cli.command) {
        (Ok(()), _) => ExitCode::SUCCESS,
        (Err(error), command) => {
            console.error(&error);
            // Statuses of the program itself pass through unchanged for the caller.
            if matches!(command, Some(Command::Run(_))) { ExitCode::from(NOT_STARTED) } else { ExitCode::FAILURE }
        }
    }
}
