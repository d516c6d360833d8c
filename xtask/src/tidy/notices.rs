//! The notices of produced executables name what is in them now.

use super::Finding;
use super::files::Files;
use crate::{licenses, places};
use anyhow::Result;
use std::path::PathBuf;

pub fn check(_: &Files) -> Result<Vec<Finding>> {
    let stale = |(path, text): &(PathBuf, String)| std::fs::read_to_string(path).unwrap_or_default() != *text;
    let stale = licenses::files()?.into_iter().filter(stale);
    let finding = |(path, _): (PathBuf, String)| Finding {
        path: path.strip_prefix(places::repository()).unwrap_or(&path).display().to_string(),
        line: 1,
        rule: "notices",
        advice: String::from("out of date: run `cargo xtask licenses` and commit the result"),
    };
    Ok(stale.map(finding).collect())
}
