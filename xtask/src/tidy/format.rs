//! Rust sources are as rustfmt writes them.

use super::Finding;
use super::files::Files;
use crate::{places, process};
use anyhow::{Context, Result, ensure};
use std::path::Path;

/// The folders of all workspaces.
const WORKSPACES: &[&str] = &[
    "",
    "runtime-lib",
    "tests/composed",
    "tests/grants",
    "tests/p3/guest",
    "tests/serve/guest",
    "tests/state/guest",
    "examples/service",
];

pub fn check(_: &Files) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for workspace in WORKSPACES {
        let files = unformatted(&places::repository().join(workspace))?;
        findings.extend(files.lines().map(|file| finding(file, workspace)));
    }
    Ok(findings)
}

/// The paths of the files that rustfmt would change, a line each.
fn unformatted(workspace: &Path) -> Result<String> {
    let mut cargo = process::cargo();
    cargo.args(["fmt", "--all", "--", "--check", "--files-with-diff"]).current_dir(workspace);
    let output = cargo.output().context("starting cargo fmt")?;
    let message = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success() || !output.stdout.is_empty(), "cargo fmt: {}", message.trim_end());
    String::from_utf8(output.stdout).context("the output of cargo fmt isn't text")
}

fn finding(file: &str, workspace: &str) -> Finding {
    let path = Path::new(file);
    let folder = if workspace.is_empty() { "the top folder" } else { workspace };
    Finding {
        path: path.strip_prefix(places::repository()).unwrap_or(path).display().to_string(),
        line: 1,
        rule: "format",
        advice: format!("run `cargo fmt --all` in {folder}"),
    }
}
