//! The targets, read from `targets/*.toml`: the fields that building and testing need.

use crate::places;
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A target; `targets/x86_64-linux.toml` explains the fields.
#[derive(Clone, Debug, Deserialize)]
pub struct Target {
    pub name: String,
    pub triple: String,
    pub isa: String,
    pub setup: Setup,
    pub tests: Tests,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Setup {
    pub debian_architecture: String,
    pub musl_folder: String,
    pub rustc_flags: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Tests {
    pub runner: Vec<String>,
    pub debian_packages: Vec<String>,
}

impl Target {
    /// The command that runs `executable` on this host.
    pub fn command(&self, executable: &Path) -> Command {
        match self.tests.runner.split_first() {
            None => Command::new(executable),
            Some((runner, arguments)) => {
                let mut command = Command::new(runner);
                command.args(arguments).arg(executable);
                command
            }
        }
    }
}

/// All targets, by name.
pub fn all() -> Result<Vec<Target>> {
    let folder = places::repository().join("targets");
    let mut targets = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = fs::read_to_string(&path)?;
            let target: Target = toml::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
            targets.push(target);
        }
    }
    targets.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(targets)
}

/// The targets with these names; all of them when there are no names.
pub fn named(names: &[String]) -> Result<Vec<Target>> {
    let all = all()?;
    if names.is_empty() {
        return Ok(all);
    }
    names
        .iter()
        .map(|name| match all.iter().find(|target| target.name == *name) {
            Some(target) => Ok(target.clone()),
            None => bail!("there is no target `{name}`: see the names in targets/"),
        })
        .collect()
}
