//! Every crate takes part in its workspace's lints, and both workspaces have the same.

use super::Finding;
use super::files::{Files, TextFile};
use anyhow::{Context, Result};
use toml::{Table, Value};

/// Folders of crates that are compiled for WebAssembly, with generated code in them.
const GUESTS: [&str; 6] =
    ["tests/composed/", "tests/grants/", "tests/p3/guest/", "tests/serve/guest/", "tests/state/guest/", "examples/"];

pub fn check(files: &Files) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut common: Option<Value> = None;
    let is_guest = |file: &TextFile| GUESTS.iter().any(|folder| file.path.starts_with(folder));
    for file in files.all.iter().filter(|file| file.path.ends_with("Cargo.toml") && !is_guest(file)) {
        let manifest: Table = file.text.parse().with_context(|| format!("reading {}", file.path))?;
        if let Some(workspace) = manifest.get("workspace") {
            let lints = workspace.get("lints").cloned().unwrap_or(Value::Boolean(false));
            if *common.get_or_insert_with(|| lints.clone()) != lints {
                findings.push(finding(file, "have the same lints as the other workspace"));
            }
        }
        if manifest.contains_key("package") && !takes_part(&manifest) {
            findings.push(finding(file, "take part in the lints: `[lints] workspace = true`"));
        }
    }
    Ok(findings)
}

fn takes_part(manifest: &Table) -> bool {
    manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(Value::as_bool) == Some(true)
}

fn finding(file: &TextFile, advice: &str) -> Finding {
    Finding { path: file.path.clone(), line: file.line_of("lints"), rule: "lints", advice: advice.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(texts: &[&str]) -> usize {
        let file = |text: &&str| TextFile { path: String::from("a/Cargo.toml"), text: (*text).to_owned() };
        check(&Files { all: texts.iter().map(file).collect() }).expect("manifests").len()
    }

    #[test]
    fn a_crate_takes_part() {
        assert_eq!(found(&["[package]\nname = \"a\"\n[lints]\nworkspace = true"]), 0);
        assert_eq!(found(&["[package]\nname = \"a\""]), 1);
    }

    #[test]
    fn workspaces_have_the_same_lints() {
        let [one, other] = ["[workspace.lints.rust]\na = \"warn\"", "[workspace.lints.rust]\na = \"deny\""];
        assert_eq!([found(&[one, one]), found(&[one, other])], [0, 1]);
    }
}
