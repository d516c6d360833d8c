//! The command `aot check INPUT`: what a program needs, without compiling it.

mod grants;

use crate::args::CheckArgs;
use crate::compile;
use crate::console;
use crate::inputs::Sources;
use crate::inspect::{list, print_json};
use anyhow::{Context, Result};
use aot_compiler::display::shown;
use aot_compiler::driver::{self, Check};
use aot_compiler::target::Target;
use grants::Suggestion;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

/// Runs `aot check INPUT`. An input that wouldn't compile is an error, after what is known of it.
pub fn run(args: &CheckArgs) -> Result<()> {
    let sources = Sources::read(args.input.as_deref(), &args.program)?;
    let name = sources.path.display().to_string();
    let mut options = compile::options(&args.program, Target::host(), &sources.path)?;
    let program = sources.program()?;
    options.source_files = program.files;
    let checked = driver::check(&program.bytes, &options);
    let mut check = checked.map_err(|error| sources.locate(error)).with_context(|| name.clone())?;
    let error = check.error.take().map(|error| sources.locate(error));
    let report = Report::new(&name, &check, grants::suggestions(&check, &args.program));
    if args.json {
        print_json(&report)?;
    } else {
        console::print(&text(&report, &check, error.is_none())?)?;
    }
    error.map_or(Ok(()), |error| Err(error).context(name))
}

/// Report on a program, which is also its form as JSON.
#[derive(Serialize)]
struct Report<'c> {
    file: &'c str,
    kind: &'c str,
    #[serde(skip_serializing_if = "Option::is_none")]
    world: Option<&'c str>,
    entry: &'c str,
    /// The interfaces of the runtime that the program uses.
    interfaces: Vec<&'c str>,
    host_functions: &'c [String],
    missing: &'c [String],
    proposals: &'c [String],
    grants: Vec<Suggestion>,
    targets: Vec<TargetNeeds<'c>>,
}

/// A target, and what it needs of a CPU beyond its baseline.
#[derive(Serialize)]
struct TargetNeeds<'c> {
    name: &'c str,
    cpu_features: &'c [String],
}

impl<'c> Report<'c> {
    fn new(file: &'c str, check: &'c Check, grants: Vec<Suggestion>) -> Self {
        let interface = |symbol: &'c String| symbol.split_once('#').map(|(interface, _)| interface);
        let interfaces: BTreeSet<&str> = check.host_functions.iter().filter_map(interface).collect();
        Self {
            file,
            kind: check.kind,
            world: check.world.as_deref(),
            entry: check.entry,
            interfaces: interfaces.into_iter().collect(),
            host_functions: &check.host_functions,
            missing: &check.missing,
            proposals: &check.proposals,
            grants,
            targets: check.targets.iter().map(|(name, cpu_features)| TargetNeeds { name, cpu_features }).collect(),
        }
    }
}

/// The command line that compiles the program with all that it may want, for a shell: the words of this one, and more flags.
fn command(words: &[String], grants: &[Suggestion]) -> String {
    let words = words.iter().filter(|word| *word != "--json").map(|word| format!(" {}", quoted(word)));
    let flags = grants.iter().map(|grant| match grant.value {
        "" => format!(" {}", grant.flag),
        value => format!(" {} {}", grant.flag, quoted(value)),
    });
    format!("aot{}", words.chain(flags).collect::<String>())
}

fn text(report: &Report<'_>, check: &Check, compiles: bool) -> Result<String, fmt::Error> {
    let mut out = String::new();
    let world = report.world.map_or_else(String::new, |world| format!(" of the world {world}"));
    writeln!(out, "{}: {}{}, {}", shown(report.file), report.kind, shown(world), check.purpose)?;
    let interfaces: Vec<String> = report.interfaces.iter().copied().map(String::from).collect();
    list(&mut out, "interfaces", &interfaces)?;
    list(&mut out, "missing imports", report.missing)?;
    list(&mut out, "proposals", report.proposals)?;
    let grants = report.grants.iter().map(|grant| format!("{:<24} {}", grant.words(), grant.reason));
    list(&mut out, "it may want", &grants.collect::<Vec<_>>())?;
    let targets = report.targets.iter().map(|target| match target.cpu_features {
        [] => target.name.to_string(),
        features => format!("{}, on a CPU with {}, and not as a library", target.name, features.join(" and ")),
    });
    list(&mut out, "targets", &targets.collect::<Vec<_>>())?;
    for warning in &check.warnings {
        writeln!(out, "warning: {}", shown(warning))?;
    }
    if compiles {
        let words: Vec<String> = std::env::args_os().skip(2).map(|word| word.to_string_lossy().into_owned()).collect();
        writeln!(out, "to compile it with all that it may want:\n  {}", shown(command(&words, &report.grants)))?;
    }
    Ok(out)
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("a/b-c.wasm"), "a/b-c.wasm");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted("*:8080"), "'*:8080'");
        assert_eq!(quoted(""), "''");
    }
}
