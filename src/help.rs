//! The help of `-h`, which fits on a screen: the common flags, each with the beginning of what `--help` says of it.

use crate::args::Cli;
use clap::{Arg, Command, CommandFactory};
use std::ffi::OsString;

/// The flags that `-h` shows, by their names in the code.
const COMMON: &[&str] = &[
    "output",
    "target",
    "emit",
    "links",
    "opt_level",
    "debug",
    "directories",
    "net",
    "http",
    "environment",
    "timeout",
    "serve",
    "verbose",
];
const MORE: &str = "`--help` shows all flags, and examples.";

/// Returns the short help, if a command line asks for it: with `-h` and without `--help`.
pub fn short(line: &[OsString]) -> Option<String> {
    let has = |flag: &str| line.iter().skip(1).take_while(|word| *word != "--").any(|word| word == flag);
    if !has("-h") || has("--help") {
        return None;
    }
    let mut command = Cli::command();
    command.build();
    let named = line.get(1).and_then(|word| command.find_subcommand(word.to_str()?));
    let command = named.cloned().unwrap_or(command);
    // A command with few flags shows all of them.
    if !command.get_arguments().any(|arg| arg.get_id() == "directories") {
        return None;
    }
    Some(shortened(command).render_help().ansi().to_string())
}

fn shortened(command: Command) -> Command {
    let is_shown = |arg: &Arg| {
        let id = arg.get_id().as_str();
        arg.is_positional() || COMMON.contains(&id) || id == "help" || id == "version"
    };
    let shorten = |arg: Arg| {
        if !is_shown(&arg) {
            return arg.hide(true);
        }
        let text = arg.get_help().map(|help| beginning(&help.to_string()).to_string());
        match text {
            Some(text) => arg.help(text).help_heading(None).hide_default_value(true),
            None => arg,
        }
    };
    let narrow = |arg: Arg| match arg.get_id().as_str() {
        // Its form is so wide that all other texts would be narrow.
        "directories" => arg.value_name("DIR"),
        _ => arg,
    };
    command.mut_args(shorten).mut_args(narrow).after_help(MORE)
}

/// Returns the part of a text that says the main thing: up to its first colon, semicolon or full stop.
fn beginning(text: &str) -> &str {
    let ends = ["; ", ": ", ". "].iter().filter_map(|end| text.find(end));
    &text[..ends.min().unwrap_or(text.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_that_are_shown_exist() {
        let command = Cli::command();
        for id in COMMON {
            assert!(command.get_arguments().any(|arg| arg.get_id() == *id), "{id}");
        }
    }

    #[test]
    fn help_begins_with_the_main_thing() {
        assert_eq!(beginning("Grant a directory: HOST; more"), "Grant a directory");
        assert_eq!(beginning("Say what is done"), "Say what is done");
    }
}
