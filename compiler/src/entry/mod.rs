//! Entries: the purposes of programs, as rows of one table. An entry decides what has to be in a program, how it starts,
//! and which functions of the runtime run it; the stages ask for that and know no entry by name.

mod command;
mod exports;
mod handler;
mod known_interface;
mod module_exports;
mod parts;
mod reactor;
mod row;
mod script;

pub use parts::parts;
pub use row::Entry;
pub use script::{COMPONENT_SCRIPT, SCRIPT};

use crate::decode::{Component, Program};
use crate::error::{Error, Result, Stage};
use crate::hosts;

/// All entries. A program has the purpose of the first that it fits.
pub const ENTRIES: &[Entry] = &[handler::HANDLER, command::COMMAND, reactor::REACTOR, exports::EXPORTS, SCRIPT, COMPONENT_SCRIPT];

/// The entry that a program fits.
///
/// # Errors
/// The program is of a world that isn't built, or it is no command and exports no function that can be called.
pub fn of(program: &Program<'_>) -> Result<&'static Entry> {
    if let Some(world) = hosts::world_of_program(program).filter(|world| !world.is_built) {
        return Err(hosts::not_built(&world));
    }
    let entry = ENTRIES.iter().find(|entry| (entry.fits)(program));
    entry.ok_or_else(|| match &program.component {
        Some(component) => nothing_in_component(component),
        None => nothing_in_module(program),
    })
}

fn nothing_in_module(program: &Program<'_>) -> Error {
    if let Some(host) = hosts::foreign_host_of_program(program) {
        let message = format!("the module exports no function `_start`; it is {}", host.made);
        return Error::input(Stage::Plan, message, host.help);
    }
    let uncallable = module_exports::only_module(program).map(|module| module_exports::callable(program, module).1);
    let mut help = "build it as a command (an executable), or let it export functions of numbers".to_string();
    if let Some(uncallable) = uncallable.filter(|uncallable| !uncallable.is_empty()) {
        help += &format!("; these can't be called: {}", module_exports::describe(&uncallable));
    }
    Error::input(Stage::Plan, "the module exports no function `_start`", help)
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
