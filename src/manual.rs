//! The commands `aot man` and `aot completions SHELL`: what packages install beside `aot`. Both are made from the description
//! of the command line, so they have every flag.

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::console;
use anyhow::{Result, bail};
use aot_compiler::nearest::did_you_mean;
use aot_compiler::target::targets;
use clap::builder::PossibleValuesParser;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use std::io::Write as _;

/// The products of `--emit` that completions offer.
const PRODUCTS: [&str; 12] =
    ["exe", "lib", "shared", "node", "python", "rust", "oci", "obj", "asm", "clif", "plan", "clif=translate"];

/// Runs `aot man [COMMAND]`.
pub fn man(args: &ManArgs) -> Result<()> {
    let mut command = Cli::command().disable_help_subcommand(true);
    // Makes the subcommands' names whole: `aot-run`.
    command.build();
    let page = match &args.command {
        None => command,
        Some(name) => match command.find_subcommand(name).filter(|command| !command.is_hide_set()) {
            Some(found) => found.clone(),
            None => {
                let names = command.get_subcommands().filter(|command| !command.is_hide_set()).map(Command::get_name);
                let names: Vec<&str> = names.collect();
                bail!(
                    "there is no command {name}{}; there are {}",
                    did_you_mean(name, names.iter().copied()),
                    names.join(", ")
                );
            }
        },
    };
    console::print(&String::from_utf8(roff(page)?)?)
}

/// Returns the page of a command. Its synopsis is that of the help: there are too many flags for a list of them.
fn roff(mut command: Command) -> Result<Vec<u8>> {
    let usage = command.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").lines().map(str::trim).collect::<Vec<_>>().join("\n.br\n");
    let (has_commands, has_more) = (command.has_subcommands(), command.get_after_help().is_some());
    let man = Man::new(command).manual("aot").source(concat!("aot ", env!("CARGO_PKG_VERSION")));
    let mut roff = Vec::new();
    man.render_title(&mut roff)?;
    man.render_name_section(&mut roff)?;
    writeln!(roff, ".SH SYNOPSIS\n{usage}")?;
    man.render_description_section(&mut roff)?;
    man.render_options_section(&mut roff)?;
    if has_commands {
        man.render_subcommands_section(&mut roff)?;
    }
    if has_more {
        man.render_extra_section(&mut roff)?;
    }
    Ok(roff)
}

/// Runs `aot completions SHELL`.
pub fn completions(args: &CompletionsArgs) -> Result<()> {
    let mut command = with_values(Cli::command());
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "aot", &mut script);
    console::print(&String::from_utf8(script)?)
}

/// Gives flags the values that shells offer, in a command and those below it.
fn with_values(command: Command) -> Command {
    let targets = || PossibleValuesParser::new(targets().iter().map(|target| target.name.as_str()));
    let command = command.mut_args(|arg| match arg.get_id().as_str() {
        "target" => arg.value_parser(targets()),
        "emit" => arg.value_parser(PossibleValuesParser::new(PRODUCTS)),
        "opt_level" => arg.value_parser(PossibleValuesParser::new(["0", "1", "2"])),
        _ => arg,
    });
    command.mut_subcommands(with_values)
}
