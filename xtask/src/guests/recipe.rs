//! Builds a file where what it is made from has changed.

use crate::steps::detail;
use crate::{places, process};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Changes when the way of building changes in anything that the recipe doesn't contain.
const VERSION: u32 = 1;

/// Runs `command`, which makes `output` from a source with this text, unless that was done before.
pub fn make(output: &Path, text: &str, mut command: Command) -> Result<()> {
    // Without the repository's own place: a copy of `target/` is as good in another checkout.
    let command_text = format!("{command:?}").replace(&format!("{}/", places::repository().display()), "");
    let recipe = format!("version {VERSION}\n{command_text}\n{text}");
    let recipe_file = output.with_extension("recipe");
    if output.exists() && fs::read_to_string(&recipe_file).is_ok_and(|present| present == recipe) {
        return Ok(());
    }
    detail(&output.display().to_string());
    if let Some(folder) = output.parent() {
        fs::create_dir_all(folder)?;
    }
    process::output(&mut command)?;
    fs::write(&recipe_file, recipe).with_context(|| format!("writing {}", recipe_file.display()))
}
