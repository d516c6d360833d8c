//! Every module opens with `//!` and says what it owns.

use super::Finding;
use super::files::Files;
use anyhow::Result;

pub fn check(files: &Files) -> Result<Vec<Finding>> {
    let undocumented = files.with_extension("rs").filter(|file| !file.text.starts_with("//! "));
    Ok(undocumented
        .map(|file| Finding {
            path: file.path.clone(),
            line: 1,
            rule: "module-docs",
            advice: String::from("begin the file with `//!` and what it owns"),
        })
        .collect())
}
