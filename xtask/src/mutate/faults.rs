//! Small faults of a source: one word of a line is another, or a check is left out.

use crate::places;
use anyhow::{Context, Result};
use std::{fmt, fs};

/// A word, and what it becomes.
const WORDS: &[(&str, &str)] = &[
    (" == ", " != "),
    (" != ", " == "),
    (" < ", " <= "),
    (" <= ", " < "),
    (" > ", " >= "),
    (" >= ", " > "),
    (" && ", " || "),
    (" || ", " && "),
    (" | ", " & "),
    (" & ", " | "),
    (" + ", " - "),
    ("true", "false"),
    ("false", "true"),
    (".any(", ".all("),
    (".all(", ".any("),
    (".min(", ".max("),
    (".is_err()", ".is_ok()"),
    (".is_ok()", ".is_err()"),
];

/// A fault of a line.
pub struct Fault {
    /// The file, from the repository's top folder.
    pub file: String,
    number: usize,
    before: String,
    after: String,
}

impl Fault {
    /// Returns all faults of a file, without those of its tests and comments.
    pub fn all(file: &str) -> Result<Vec<Fault>> {
        let path = places::repository().join(file);
        let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let mut faults = Vec::new();
        for (number, line) in code.lines().enumerate() {
            let made = changed(line);
            faults.extend(made.into_iter().map(|after| Fault {
                file: file.to_string(),
                number,
                before: line.to_string(),
                after,
            }));
        }
        Ok(faults)
    }

    /// Returns the file's text with the fault.
    pub fn apply(&self, text: &str) -> String {
        let lines = text.lines().enumerate();
        lines.flat_map(|(number, line)| [if number == self.number { &self.after } else { line }, "\n"]).collect()
    }

    /// Returns the line as it is.
    pub fn line(&self) -> &str {
        self.before.trim()
    }

    /// Returns the line with the fault.
    pub fn made(&self) -> &str {
        self.after.trim()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {} => {}", self.file, self.number + 1, self.line(), self.made())
    }
}

/// Returns the lines that can come of a line.
fn changed(line: &str) -> Vec<String> {
    let trimmed = line.trim();
    let is_code =
        !["//", "#", "use ", "pub use ", "mod ", "impl", "where"].iter().any(|word| trimmed.starts_with(word));
    if !is_code || trimmed.contains("const _") {
        return Vec::new();
    }
    let code = line.split(" // ").next().unwrap_or(line);
    let mut lines: Vec<String> = WORDS
        .iter()
        .flat_map(|(word, other)| code.match_indices(word).map(move |(at, _)| replaced(line, at, word, other)))
        .collect();
    let is_check = trimmed.ends_with("?;") && !trimmed.starts_with("let ") && !trimmed.starts_with('}');
    let is_whole = trimmed.matches('(').count() == trimmed.matches(')').count() && !trimmed.starts_with('.');
    if is_check && is_whole {
        lines.push(String::new());
    }
    lines
}

fn replaced(line: &str, at: usize, word: &str, other: &str) -> String {
    [&line[..at], other, &line[at + word.len()..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_others_and_checks_are_left_out() {
        assert_eq!(changed("    if a < b && c {"), ["    if a <= b && c {", "    if a < b || c {"]);
        assert_eq!(changed("    self.check(path)?;"), [""]);
        assert_eq!(changed("    let file = open(path)?;"), [""; 0]);
        assert_eq!(changed("    // if a < b"), [""; 0]);
    }
}
