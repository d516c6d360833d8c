//! The front end's library stays behind the decode stage: no other folder names its types.

use super::Finding;
use super::files::Files;
use anyhow::Result;

const LIBRARY: &str = "wasmtime_environ";
const FOLDER: &str = "compiler/src/decode/";
/// The folder of this rule, which names the library itself.
const OURSELVES: &str = "xtask/";

pub fn check(files: &Files) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in files.with_extension("rs") {
        if file.path.starts_with(FOLDER) || file.path.starts_with(OURSELVES) {
            continue;
        }
        for (line, _) in file.code_lines().filter(|(_, text)| text.contains(LIBRARY)) {
            findings.push(Finding {
                path: file.path.clone(),
                line,
                rule: "front-end",
                advice: format!("only {FOLDER} names {LIBRARY}: use the types of decode instead"),
            });
        }
    }
    Ok(findings)
}
