//! The flag `--policy FILE.toml`: flags in a file, by their own names.
//!
//! A key is the name of a flag without its hyphens. The value is the flag's: a string or a number, `true` for a flag
//! without a value, an array for a flag that can be repeated. Each entry becomes words of a command line before the
//! real one, so a file can say exactly what flags can. A table `[component.NAME]` has the grants of one component, as they
//! stand behind `--for NAME`.

use crate::grantees::GRANTS;
use anyhow::{Context, Result, anyhow, bail};
use aot_compiler::nearest::did_you_mean;
use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Flags that a file can't have: the file itself, and those that aren't about a program.
const NOT_IN_A_FILE: &[&str] = &["policy", "for", "help", "version", "cache", "cache-size", "quiet", "message-format"];

/// Converts the entries of `file` to words for `command`, to be parsed before those of the command line. If a flag with
/// one value is on the command line too, the command line wins.
pub fn words(command: &Command, matches: &ArgMatches, file: &Path) -> Result<Vec<OsString>> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file).with_context(|| format!("can't read {name}"))?;
    let place = |start: usize| place(&name, &text, start);
    let table = DeTable::parse(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        anyhow!("{}: {}", place(start), error.message())
    })?;
    let mut entries: Vec<(&Spanned<_>, &Spanned<DeValue<'_>>)> = table.get_ref().iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let (mut words, mut of_components) = (Vec::new(), Vec::new());
    for (key, value) in entries {
        if key.get_ref() == COMPONENT {
            let components =
                components(command, value).map_err(|(start, error)| anyhow!("{}: {error}", place(start)))?;
            of_components.extend(components);
            continue;
        }
        let (flag, entry) =
            flag_and_words(command, key, value).map_err(|(start, error)| anyhow!("{}: {error}", place(start)))?;
        let several = matches!(flag.get_action(), ArgAction::Append);
        if several || matches.value_source(flag.get_id().as_str()) != Some(ValueSource::CommandLine) {
            words.extend(entry.into_iter().map(OsString::from));
        }
    }
    words.extend(of_components.into_iter().map(OsString::from));
    Ok(words)
}

/// The key of the tables of components.
const COMPONENT: &str = "component";

/// An error with its offset in the file.
type Placed<T> = std::result::Result<T, (usize, String)>;

/// Returns a flag and the words of an entry, which the flag takes.
fn flag_and_words<'c>(
    command: &'c Command,
    key: &Spanned<DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
) -> Placed<(&'c Arg, Vec<String>)> {
    let flag = find(command, key.get_ref()).map_err(|error| (key.span().start, error.to_string()))?;
    let entry = entry(flag, value)?;
    for (start, word) in &entry {
        check(command, word).map_err(|error| (*start, error.to_string()))?;
    }
    Ok((flag, entry.into_iter().map(|(_, word)| word).collect()))
}

/// Returns the words of the tables of components, behind which the command line goes on with the grants of the rest.
fn components(command: &Command, tables: &Spanned<DeValue<'_>>) -> Placed<Vec<String>> {
    let mut words = Vec::new();
    for (name, grants) in sorted(tables)? {
        if name.get_ref().is_empty() {
            return Err((name.span().start, String::from("a component has an empty name")));
        }
        words.push(format!("--for={}", name.get_ref()));
        for (key, value) in sorted(grants)? {
            let (flag, entry) = flag_and_words(command, key, value)?;
            if !GRANTS.contains(&flag.get_id().as_str()) {
                let message = format!("`{}` is for the whole program, and not for one component", key.get_ref());
                return Err((key.span().start, message));
            }
            words.extend(entry);
        }
    }
    words.push(String::from("--for="));
    Ok(words)
}

/// Returns the entries of a table in the order of the file.
fn sorted<'t, 'a>(
    table: &'t Spanned<DeValue<'a>>,
) -> Placed<Vec<(&'t Spanned<DeString<'a>>, &'t Spanned<DeValue<'a>>)>> {
    let DeValue::Table(table) = table.get_ref() else {
        let message = "a component's grants are a table: [component.NAME]";
        return Err((table.span().start, String::from(message)));
    };
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    Ok(entries)
}

fn find<'c>(command: &'c Command, key: &str) -> Result<&'c Arg> {
    let known = |flag: &&Arg| {
        let name = flag.get_long().filter(|name| !NOT_IN_A_FILE.contains(name));
        name == Some(key) && !flag.is_hide_set()
    };
    command.get_arguments().find(known).ok_or_else(|| {
        let flags = command.get_arguments().filter(|flag| !flag.is_hide_set()).filter_map(Arg::get_long);
        let meant = did_you_mean(key, flags.filter(|name| !NOT_IN_A_FILE.contains(name)));
        anyhow!("`{key}` isn't the name of a flag that can be in a file{meant}")
    })
}

/// Returns the words of an entry with their offsets in the file, or the offset and text of an error.
fn entry(flag: &Arg, value: &Spanned<DeValue<'_>>) -> Result<Vec<(usize, String)>, (usize, String)> {
    let name = flag.get_long().unwrap_or_default();
    let start = value.span().start;
    match (flag.get_action(), value.get_ref()) {
        (ArgAction::SetTrue, DeValue::Boolean(true)) => Ok(vec![(start, format!("--{name}"))]),
        (ArgAction::SetTrue, DeValue::Boolean(false)) => Ok(Vec::new()),
        (ArgAction::SetTrue, _) => Err((start, format!("`{name}` takes true or false"))),
        (ArgAction::Append, DeValue::Array(values)) => values
            .iter()
            .map(|value| match value.get_ref() {
                DeValue::String(text) => Ok((value.span().start, format!("--{name}={text}"))),
                _ => Err((value.span().start, format!("`{name}` takes an array of strings"))),
            })
            .collect(),
        (ArgAction::Append, _) => Err((start, format!("`{name}` takes an array of strings"))),
        (_, DeValue::String(text)) => Ok(vec![(start, format!("--{name}={text}"))]),
        (_, DeValue::Integer(number)) => Ok(vec![(start, format!("--{name}={}", number.as_str()))]),
        _ => Err((start, format!("`{name}` takes a string or a number"))),
    }
}

/// Checks that the flag takes the value; the error names the place in the file.
fn check(command: &Command, word: &str) -> Result<()> {
    let Err(error) = command.clone().try_get_matches_from(["aot", word, "input"]) else { return Ok(()) };
    let told = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    let why = std::error::Error::source(&error).map(ToString::to_string);
    match (told(ContextKind::InvalidArg), told(ContextKind::InvalidValue), why) {
        (Some(flag), Some(value), Some(why)) => bail!("invalid value '{value}' for '{flag}': {why}"),
        (Some(flag), Some(value), None) => bail!("invalid value '{value}' for '{flag}'"),
        // Only the whole command line can show errors of flags that depend on each other.
        _ => Ok(()),
    }
}

/// Formats a byte offset as FILE:LINE:COLUMN.
fn place(name: &str, text: &str, start: usize) -> String {
    let before = text.get(..start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{name}:{line}:{column}")
}
