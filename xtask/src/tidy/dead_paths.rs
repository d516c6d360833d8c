//! Documents name files that exist: in links, and in code spans that begin with one of the
//! repository's folders.

use super::Finding;
use super::files::{Files, TextFile};
use crate::places;
use anyhow::Result;
use std::collections::BTreeSet;
use std::path::Path;

pub fn check(files: &Files) -> Result<Vec<Finding>> {
    let folders: BTreeSet<&str> = files.all.iter().filter_map(|file| Some(file.path.split_once('/')?.0)).collect();
    let mut findings = Vec::new();
    for file in files.with_extension("md") {
        check_document(file, &folders, places::repository(), &mut findings);
    }
    Ok(findings)
}

fn check_document(file: &TextFile, folders: &BTreeSet<&str>, repository: &Path, findings: &mut Vec<Finding>) {
    let beside = repository.join(&file.path);
    let beside = beside.parent().unwrap_or(repository);
    for (line, text) in prose(file) {
        let links = links(text).filter(|path| !beside.join(path).exists());
        let spans = code_spans(text).filter(|span| is_path(span, folders) && !repository.join(span).exists());
        for path in links.chain(spans) {
            findings.push(Finding {
                path: file.path.clone(),
                line,
                rule: "dead-path",
                advice: format!("`{path}` doesn't exist: name what has taken its place"),
            });
        }
    }
}

/// The lines outside fenced blocks.
fn prose(file: &TextFile) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    file.lines().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// The files that a line links to, relative to the document.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| {
        let target = rest.split(')').next()?;
        let path = target.split('#').next()?;
        (!path.is_empty() && !path.contains("://") && !path.starts_with("mailto:")).then_some(path)
    })
}

fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Returns whether a code span is meant as a path in this repository.
fn is_path(span: &str, folders: &BTreeSet<&str>) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    span.split_once('/').is_some_and(|(first, _)| folders.contains(first)) && span.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_meant_as_a_path_is_looked_up() {
        let folders = BTreeSet::from(["src", "docs"]);
        assert!(is_path("src/main.rs", &folders));
        for span in ["main.rs", "src/{a,b}.rs", "wasi:io/streams", "other/main.rs", "src/*.rs"] {
            assert!(!is_path(span, &folders), "{span}");
        }
    }

    #[test]
    fn links_to_other_places_are_left_alone() {
        let line = "[a](docs/a.md#top) [b](https://example.org) [c](#here)";
        assert_eq!(links(line).collect::<Vec<_>>(), ["docs/a.md"]);
    }
}
