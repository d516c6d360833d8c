//! Expected outcomes of compiling strange input, and the check that nothing else happens.

use crate::support::{self, Folder, Limits, Outcome, Target};
use libtest_mimic::{Failed, Trial};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Expected outcome of an input.
#[derive(Clone, Debug)]
pub enum Expect {
    /// An executable that exits with this code.
    Runs(i32),
    /// An error that contains this text.
    Fails(&'static str),
    /// An error, or an executable that does not crash.
    Any,
}

type Generate = Box<dyn FnOnce() -> Vec<u8> + Send>;

/// An input with its expected outcome.
pub struct Case {
    name: String,
    arguments: &'static [&'static str],
    expect: Expect,
    limits: Limits,
    output_bytes_max: u64,
    targets: Vec<Target>,
    input: Generate,
}

const SECONDS: u64 = 60;
const MEMORY_BYTES: u64 = 1 << 30;

/// Returns true for exit codes of the guest, of an executable that can't start, of a trap (134) and of the time limit
/// (137).
fn is_orderly(code: i32) -> bool {
    (0..=125).contains(&code) || [134, 137].contains(&code)
}

impl Case {
    pub fn new(name: impl Into<String>, expect: Expect, input: impl FnOnce() -> Vec<u8> + Send + 'static) -> Self {
        let limits = Limits { seconds: SECONDS, memory_bytes: MEMORY_BYTES };
        let targets = vec![support::host()];
        let output_bytes_max = u64::MAX;
        Self { name: name.into(), arguments: &[], expect, limits, output_bytes_max, targets, input: Box::new(input) }
    }

    /// Sets further arguments besides the input.
    pub fn arguments(mut self, arguments: &'static [&'static str]) -> Self {
        self.arguments = arguments;
        self
    }

    /// Sets other bounds of time and memory.
    pub fn bounds(mut self, seconds: u64, memory_bytes: u64) -> Self {
        self.limits = Limits { seconds, memory_bytes };
        self
    }

    /// Sets the most bytes that the executable may have.
    pub fn output_max(mut self, bytes: u64) -> Self {
        self.output_bytes_max = bytes;
        self
    }

    /// Tests every target, not only this machine's.
    pub fn everywhere(mut self) -> Self {
        self.targets = support::targets();
        self
    }

    pub fn into_trial(self) -> Trial {
        let name = self.name.clone();
        Trial::test(name, move || self.check())
    }

    fn check(self) -> Result<(), Failed> {
        let folder = Folder::new("robustness", &self.name);
        fs::write(folder.join("input"), (self.input)())?;
        for target in &self.targets {
            check_on(&folder, target, self.arguments, self.limits, &self.expect)?;
            check_size(&folder, self.output_bytes_max)?;
        }
        folder.remove();
        Ok(())
    }
}

fn check_on(folder: &Path, target: &Target, arguments: &[&str], limits: Limits, expect: &Expect) -> Result<(), Failed> {
    let outcome = compile(folder, &[&["--target", &target.name], arguments].concat(), limits);
    check_compilation(&outcome)?;
    match expect {
        Expect::Fails(text) if outcome.code == 0 => Err(format!("compiled instead of: {text}").into()),
        Expect::Fails(text) => contains(&outcome, text),
        Expect::Runs(code) => same_code(*code, &run(folder, target, &outcome)?),
        Expect::Any if outcome.code == 0 => check_run(&run(folder, target, &outcome)?),
        Expect::Any => Ok(()),
    }
}

/// Checks the size of `output`, if there is one.
fn check_size(folder: &Path, max: u64) -> Result<(), Failed> {
    match fs::metadata(folder.join("output")) {
        Ok(output) if output.len() > max => Err(format!("an executable of {} bytes", output.len()).into()),
        _ => Ok(()),
    }
}

/// Compiles `input` in `folder` to `output`.
pub fn compile(folder: &Path, arguments: &[&str], limits: Limits) -> Outcome {
    let mut command = Command::new(support::aot());
    command.current_dir(folder).args(["input", "-o", "output"]).args(arguments);
    support::run(&command, limits)
}

/// Runs another command of aot about `input` in `folder`.
pub fn ask(folder: &Path, command_words: &[&str], limits: Limits) -> Outcome {
    let mut command = Command::new(support::aot());
    command.current_dir(folder).args(command_words).arg("input");
    support::run(&command, limits)
}

/// Checks that a compilation gave a result, or an error with its location and help.
pub fn check_compilation(outcome: &Outcome) -> Result<(), Failed> {
    let text = outcome.stderr_text();
    let bad = ["panicked at", "defect of aot", "internal contradiction"].into_iter().find(|words| text.contains(words));
    if let Some(words) = bad {
        return Err(format!("{words}: {text}").into());
    }
    match outcome.code {
        0 => Ok(()),
        1 if names_stage(&text) && text.contains("\n  help: ") => Ok(()),
        1 => Err(format!("an error without stage or help: {text}").into()),
        137 => Err(format!("killed after {:?}: {text}", outcome.time).into()),
        code => Err(format!("ended with {code}: {text}").into()),
    }
}

fn names_stage(text: &str) -> bool {
    let stages = ["decode", "plan", "translate", "emit", "link"];
    stages.iter().any(|stage| text.contains(&format!("aot: input: {stage}: ")))
}

/// Runs `output` in `folder`.
fn run(folder: &Path, target: &Target, compiled: &Outcome) -> Result<Outcome, Failed> {
    if compiled.code != 0 {
        return Err(format!("not compiled for {}: {}", target.name, compiled.stderr_text()).into());
    }
    Ok(run_output(folder, target, 60))
}

pub fn run_output(folder: &Path, target: &Target, seconds: u64) -> Outcome {
    let mut command = target.command(&folder.join("output"));
    command.current_dir(folder);
    support::run(&command, Limits { seconds, memory_bytes: 0 })
}

/// Checks that the runtime didn't crash.
pub fn check_run(outcome: &Outcome) -> Result<(), Failed> {
    let text = outcome.stderr_text();
    if is_orderly(outcome.code) && !text.contains("aot: defect") {
        return Ok(());
    }
    Err(format!("the program ended with {}: {text}", outcome.code).into())
}

fn same_code(expected: i32, outcome: &Outcome) -> Result<(), Failed> {
    if outcome.code == expected {
        return Ok(());
    }
    Err(format!("the program ended with {} instead of {expected}: {}", outcome.code, outcome.stderr_text()).into())
}

fn contains(outcome: &Outcome, text: &str) -> Result<(), Failed> {
    let errors = outcome.stderr_text();
    if errors.contains(text) { Ok(()) } else { Err(format!("instead of `{text}`: {errors}").into()) }
}
