//! Entries: the purposes of programs, as rows of one table. An entry decides what has to be in a program, how it starts,
//! and which functions of the runtime run it; the stages ask for that and know no entry by name.

mod command;
mod exports;
mod parts;
mod row;
mod script;

pub use parts::parts;
pub use row::Entry;
pub use script::{COMPONENT_SCRIPT, SCRIPT};

use crate::decode::{Component, Program};
use crate::error::{Error, Result, Stage};

/// All entries. A program has the purpose of the first that it fits.
pub const ENTRIES: &[Entry] = &[command::COMMAND, exports::EXPORTS, SCRIPT, COMPONENT_SCRIPT];

/// The entry that a program fits.
///
/// # Errors
/// The program is no command and exports no function that can be called.
pub fn of(program: &Program<'_>) -> Result<&'static Entry> {
    let entry = ENTRIES.iter().find(|entry| (entry.fits)(program));
    entry.ok_or_else(|| match &program.component {
        Some(component) => nothing_in_component(component),
        None => Error::input(
            Stage::Plan,
            "the module exports no function `_start`",
            "build it as a command (an executable), or let it export functions of numbers",
        ),
    })
}

fn nothing_in_component(component: &Component) -> Error {
    let mut exports: Vec<&str> = component.exports.iter().map(|export| export.name.as_str()).collect();
    if exports.is_empty() {
        exports.push("nothing");
    }
    Error::input(
        Stage::Plan,
        "the component doesn't export wasi:cli/run of WASI 0.2",
        format!("build it as a command, or let it export functions; it exports: {}", exports.join(", ")),
    )
}
