//! A doc comment stands alone in a hover: its first words have a subject or a verb.

use super::Finding;
use super::files::{Files, TextFile};
use anyhow::Result;

/// First words that refer to something which a hover doesn't show, or that leave out what is meant.
const WORDS: &[&str] = &[
    "As", "Here", "Here.", "How", "It", "Its", "No.", "None.", "Nothing", "Nothing.", "Of", "That", "Their", "They",
    "This", "Those", "What", "When", "Where", "Whether", "Which", "Who", "Why", "Yes.",
];
const BEGINNINGS: &[&str] = &["The same"];

pub fn check(files: &Files) -> Result<Vec<Finding>> {
    Ok(files.with_extension("rs").flat_map(headless).collect())
}

fn headless(file: &TextFile) -> Vec<Finding> {
    let docs = first_lines(file).into_iter().filter(|(_, text)| is_headless(text));
    docs.map(|(line, text)| finding(file, line, text)).collect()
}

fn finding(file: &TextFile, line: usize, text: &str) -> Finding {
    Finding {
        path: file.path.clone(),
        line,
        rule: "doc-head",
        advice: format!("begin with a noun or a verb, so that it can be read alone: {text}"),
    }
}

/// The first line of each doc comment that has text.
fn first_lines(file: &TextFile) -> Vec<(usize, &str)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (line, text) in file.lines() {
        let text = text.trim();
        let doc = text.strip_prefix("///").or_else(|| text.strip_prefix("//!")).map(str::trim);
        if let Some(text) = doc.filter(|text| !inside && !text.is_empty()) {
            found.push((line, text));
        }
        inside = doc.is_some();
    }
    found
}

fn is_headless(text: &str) -> bool {
    text.split_whitespace().next().is_some_and(|word| WORDS.contains(&word))
        || BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_has_one_first_line() {
        let text = "//! None.\n\n/// One.\n/// What of it.\nfn a() {}\n    /// Two.\n// Its.\n".to_owned();
        let file = TextFile { path: String::from("a.rs"), text };
        assert_eq!(first_lines(&file), [(1, "None."), (3, "One."), (6, "Two.")]);
    }

    #[test]
    fn a_pronoun_or_a_clause_is_no_head() {
        for text in ["Its size.", "Whether it is open.", "Here.", "The same with an offset."] {
            assert!(is_headless(text), "{text}");
        }
        for text in ["The size of a page.", "Whatsoever.", "Returns none.", "Items."] {
            assert!(!is_headless(text), "{text}");
        }
    }
}
