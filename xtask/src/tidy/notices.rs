//! The notices of produced executables name what is in them now.

use super::Finding;
use super::files::Files;
use crate::licenses;
use anyhow::Result;

pub fn check(_: &Files) -> Result<Vec<Finding>> {
    let present = std::fs::read_to_string(licenses::file()).unwrap_or_default();
    if present == licenses::text()? {
        return Ok(Vec::new());
    }
    Ok(vec![Finding {
        path: String::from("runtime-lib/NOTICES.md"),
        line: 1,
        rule: "notices",
        advice: String::from("out of date: run `cargo xtask licenses` and commit the result"),
    }])
}
