//! Targets, and the runners of their executables on this machine.

use super::places::repository;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A target, from its file in `targets/`.
#[derive(Clone, Debug)]
pub struct Target {
    /// Name that `--target` takes.
    pub name: String,
    /// Program that runs the target's executables here, with arguments; empty for the host.
    pub runner: Vec<String>,
    /// Instruction set.
    pub isa: String,
}

impl Target {
    /// Returns the command that runs `executable` here.
    pub fn command(&self, executable: &Path) -> Command {
        let mut words = self.runner.iter();
        match words.next() {
            None => Command::new(executable),
            Some(runner) => {
                let mut command = Command::new(runner);
                command.args(words).arg(executable);
                command
            }
        }
    }

    /// Returns true if the kernel runs the target's executables.
    pub fn is_host(&self) -> bool {
        self.runner.is_empty()
    }
}

/// Returns all targets, the host's first.
pub fn targets() -> Vec<Target> {
    let folder = repository().join("targets");
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut targets: Vec<Target> = entries.map(|entry| read(&entry.unwrap().path())).collect();
    targets.sort_by_key(|target| (!target.is_host(), target.name.clone()));
    assert!(targets[0].is_host(), "tests run on x86_64");
    targets
}

/// Returns the host's target.
pub fn host() -> Target {
    targets().swap_remove(0)
}

fn read(path: &Path) -> Target {
    let text = fs::read_to_string(path).unwrap();
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let runner = table["tests"]["runner"].as_array().unwrap();
    Target {
        name: table["name"].as_str().unwrap().to_string(),
        runner: runner.iter().map(|word| word.as_str().unwrap().to_string()).collect(),
        isa: table["isa"].as_str().unwrap().to_string(),
    }
}
