//! `cargo xtask test`: runs every test there is, and ends with one line that counts them.

use crate::count::Count;
use crate::steps::step;
use crate::{lint, places, prepare, process, runtime, targets, tidy};
use anyhow::{Context, Result, bail};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

/// The variable by which the suites find the folder of corpora.
const CORPORA: &str = "TEST_CORPORA";

/// The line with the count is the last one, so a failed test shows in the exit code alone.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    let corpora = corpora(arguments)?;
    let mut total = Count::default();
    total.add(step("Rules for sources and documents", tidy::check)?);
    total.add(step("Clippy", lint::check_small)?);
    runtime::build(&targets::all()?)?;
    prepare::all()?;
    // A workspace of its own, because its product is built for the targets only.
    total.add(step("Unit tests of the run-time library", || {
        cargo_tests(&places::repository().join("runtime-lib"), &["--all-features"], None)
    })?);
    let all_others = || cargo_tests(places::repository(), &[], corpora.as_deref());
    total.add(step("Tests of all other crates", all_others)?);
    println!("{total}");
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The folder of corpora that the arguments name; without one, the suites look for it themselves.
fn corpora(arguments: &[String]) -> Result<Option<PathBuf>> {
    match arguments {
        [] => Ok(None),
        [option, folder] if option == "--corpora" => {
            fs::canonicalize(folder).map(Some).with_context(|| format!("finding {folder}"))
        }
        _ => bail!("usage: cargo xtask test [--corpora DIR]"),
    }
}

/// Cargo's tests of a workspace, all of them even when some fail. What doesn't compile counts as one failure.
fn cargo_tests(workspace: &Path, options: &[&str], corpora: Option<&Path>) -> Result<Count> {
    let mut cargo = process::cargo();
    cargo.args(["test", "--release", "--workspace", "--no-fail-fast"]).args(options).current_dir(workspace);
    cargo.stdout(Stdio::piped());
    cargo.envs(corpora.map(|folder| (CORPORA, folder)));
    let mut child = cargo.spawn().context("starting cargo")?;
    let output = child.stdout.take().context("cargo's output")?;
    let mut total = Count::default();
    for line in BufReader::new(output).lines() {
        let line = line.context("reading cargo's output")?;
        println!("{line}");
        if let Some(count) = result_line(&line) {
            total.add(count);
        }
    }
    let status = child.wait().context("waiting for cargo")?;
    if !status.success() && total.failed == 0 {
        total.add(Count::one(false));
    }
    Ok(total)
}

/// Reads `test result: ok. 5 passed; 0 failed; …`.
fn result_line(line: &str) -> Option<Count> {
    let rest = line.strip_prefix("test result: ")?;
    let number_before = |word: &str| -> Option<usize> {
        let (before, _) = rest.split_once(word)?;
        before.split_whitespace().next_back()?.parse().ok()
    };
    Some(Count {
        passed: number_before(" passed")?,
        failed: number_before(" failed")?,
        skipped: number_before(" ignored")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_line_is_counted_and_another_isnt() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured";
        assert_eq!(result_line(line), Some(Count { passed: 12, failed: 3, skipped: 1 }));
        assert_eq!(result_line("test a ... ok"), None);
    }
}
