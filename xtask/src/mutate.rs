//! `cargo xtask mutate`: makes small faults in the sources of the runtime's protection, one after another, and sees if a test
//! notices (tests/README.md). A fault that none notices needs a row with a reason in `tests/mutations.toml`.

mod faults;

use crate::{places, process, runtime, targets};
use anyhow::{Context, Result, bail};
use faults::Fault;
use serde::Deserialize;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{fmt, fs};

/// `tests/mutations.toml`.
#[derive(Deserialize)]
struct Plan {
    /// Files with the tests that have to notice faults in them.
    group: Vec<Group>,
    /// Faults that no test notices.
    #[serde(default)]
    survivor: Vec<Survivor>,
}

#[derive(Deserialize)]
struct Group {
    /// Files, from the repository's top folder.
    files: Vec<String>,
    /// Arguments of cargo for tests that need no new runtime, first the folder of the workspace.
    unit_tests: Vec<String>,
    /// Filters of `tests/cli`, and their targets: tests through executables.
    sessions: Vec<String>,
}

#[derive(Deserialize)]
struct Survivor {
    file: String,
    /// The line as it is, without the spaces around it.
    line: String,
    /// The line with the fault.
    fault: String,
    /// The reason why no test can notice.
    reason: String,
}

/// The end of a fault.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    NotCompiled,
    Noticed,
    Expected,
    Survived,
}

impl fmt::Display for End {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            End::NotCompiled => "doesn't compile",
            End::Noticed => "noticed",
            End::Expected => "not noticed, with a reason",
            End::Survived => "NOT NOTICED",
        })
    }
}

pub fn run(arguments: &[String]) -> Result<()> {
    let options = Options::read(arguments)?;
    let path = places::repository().join("tests/mutations.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let plan: Plan = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    let mut ends = Vec::new();
    for group in &plan.group {
        for file in &group.files {
            for fault in Fault::all(file)?.into_iter().filter(|fault| options.wants(fault)).step_by(options.every) {
                println!("{fault}");
                if options.list {
                    continue;
                }
                let end = plan.perform(group, &fault)?;
                println!("    {end}");
                ends.push(end);
            }
        }
    }
    let count = |end| ends.iter().filter(|one| **one == end).count();
    println!("{} noticed, {} with a reason, {} not", count(End::Noticed), count(End::Expected), count(End::Survived));
    if count(End::Survived) != 0 {
        bail!("tests don't notice every fault");
    }
    Ok(())
}

struct Options {
    list: bool,
    every: usize,
    words: Vec<String>,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Options> {
        let mut options = Options { list: false, every: 1, words: Vec::new() };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--list" => options.list = true,
                "--every" => options.every = arguments.next().context("--every N")?.parse()?,
                word if word.starts_with('-') => bail!("usage: cargo xtask mutate [--list] [--every N] [WORD]..."),
                word => options.words.push(word.to_string()),
            }
        }
        Ok(options)
    }

    fn wants(&self, fault: &Fault) -> bool {
        let text = fault.to_string();
        self.words.iter().all(|word| text.contains(word))
    }
}

impl Plan {
    /// Makes a fault, runs its tests, and takes it back.
    fn perform(&self, group: &Group, fault: &Fault) -> Result<End> {
        let source = Source::change(fault)?;
        let end = group.end();
        drop(source);
        Ok(match end? {
            End::Survived if self.survivor.iter().any(|row| row.is(fault)) => End::Expected,
            end => end,
        })
    }
}

impl Survivor {
    fn is(&self, fault: &Fault) -> bool {
        !self.reason.is_empty() && (&self.file, &*self.line, &*self.fault) == (&fault.file, fault.line(), fault.made())
    }
}

impl Group {
    /// Runs the quick tests first.
    fn end(&self) -> Result<End> {
        let (folder, words) = self.unit_tests.split_first().context("a folder for unit tests")?;
        let unit_tests = |further: &[&str]| {
            let mut cargo = process::cargo();
            cargo.arg("test").args(words).args(further).current_dir(places::repository().join(folder));
            succeeds(&mut cargo)
        };
        if !unit_tests(&["--no-run"])? {
            return Ok(End::NotCompiled);
        }
        let host = format!("{}-linux", std::env::consts::ARCH);
        if !unit_tests(&[])? || runtime::build(&targets::named(&[host])?).is_err() {
            return Ok(End::Noticed);
        }
        for session in &self.sessions {
            let mut cargo = process::cargo();
            cargo.args(["test", "--release", "--test", "cli", "--", session]).current_dir(places::repository());
            if !succeeds(&mut cargo)? {
                return Ok(End::Noticed);
            }
        }
        Ok(End::Survived)
    }
}

fn succeeds(command: &mut Command) -> Result<bool> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    Ok(status.context("starting cargo")?.success())
}

/// A source with a fault, which is as it was once this is dropped.
struct Source {
    path: PathBuf,
    before: String,
}

impl Source {
    fn change(fault: &Fault) -> Result<Source> {
        let path = places::repository().join(&fault.file);
        let before = fs::read_to_string(&path)?;
        fs::write(&path, fault.apply(&before))?;
        Ok(Source { path, before })
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let Err(error) = fs::write(&self.path, &self.before) {
            eprintln!("xtask: {} still has a fault: {error}", self.path.display());
        }
    }
}
