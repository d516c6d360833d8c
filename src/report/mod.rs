//! Reports: one page about an executable, which needs nothing else and no network. `aot --report FILE.html` writes it beside the
//! executable, `aot inspect APP --report FILE.html` makes it from one.

mod duties;
mod graph;
mod page;
mod text;

use crate::output;
use anyhow::{Result, anyhow};
use aot_compiler::describe::{Binary, Contents, Executable, Grants};
use page::Page;
use std::path::Path;
use std::time::Duration;

/// Facts that an executable doesn't have itself, and that are known when it is made.
#[derive(Default)]
pub struct Making<'m> {
    /// The components and modules of the program, with the wiring of their imports.
    pub binaries: &'m [Binary],
    /// The time of each stage.
    pub timings: &'m [(&'static str, Duration)],
}

/// Writes the report of an executable.
///
/// # Errors
/// The bytes aren't an executable of this version of aot, or the report can't be written.
pub fn write(path: &Path, name: &str, file: &[u8], making: &Making<'_>) -> Result<()> {
    let executable = Executable::read(file).map_err(|why| anyhow!("{name} {why}"))?;
    let page = Page {
        name,
        bytes: file.len() as u64,
        note: &executable.note,
        alarms: &executable.alarms,
        duties: duties::of(&Grants::of(&executable.policy, &executable.note)),
        contents: Contents::of(&executable, file),
        binaries: if making.binaries.is_empty() { &executable.note.binaries } else { making.binaries },
        timings: making.timings,
    };
    output::write(path, page.html()?.as_bytes(), false)
}
