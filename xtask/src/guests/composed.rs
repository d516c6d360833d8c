//! The parts of the program of `tests/composed`, in three languages, into `target/guests/composed`.

use super::{interpreted, workspace};
use crate::places;
use anyhow::{Context, Result};
use std::fs;

/// Builds what has changed since the last time.
pub fn build() -> Result<()> {
    let sources = places::repository().join("tests/composed");
    let folder = places::guests().join("composed");
    fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let parts = [("harbor_parser.wasm", "parser.wasm"), ("harbor-command.wasm", "command.wasm")];
    workspace::build(&sources, "composed-build", &folder, &parts)?;
    let wit = sources.join("wit");
    interpreted::build(&sources.join("rules/app.py"), "charging", &wit, &folder.join("rules.wasm"))?;
    interpreted::build(&sources.join("render/app.js"), "rendering", &wit, &folder.join("render.wasm"))
}
