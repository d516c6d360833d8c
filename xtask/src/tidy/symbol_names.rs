//! Names of link symbols are written in the contract crate alone, so that compiler and runtime
//! can't disagree.

use super::Finding;
use super::files::Files;
use anyhow::Result;

const CONTRACT_FOLDER: &str = "runtime-lib/abi/";
/// The beginning of a literal that names one of our symbols.
const LITERAL: &str = concat!("\"aot", "_");
/// The function that compares a definition's own name with the contract's, at compile time.
const COMPARISON: &str = "same_name(";

pub fn check(files: &Files) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in files.with_extension("rs") {
        if file.path.starts_with(CONTRACT_FOLDER) {
            continue;
        }
        let named = |text: &str| text.contains(LITERAL) && !text.contains(COMPARISON);
        for (line, _) in file.code_lines().filter(|(_, text)| named(text)) {
            findings.push(Finding {
                path: file.path.clone(),
                line,
                rule: "symbol-name",
                advice: format!("define the name in {CONTRACT_FOLDER} and use it from there"),
            });
        }
    }
    Ok(findings)
}
