//! A server: each request is a call of the handler that the component exports, in an instance of its own. It comes before a
//! command, because toolchains add a `run` to handlers that does nothing but trap.

use super::command::main_export;
use super::known_interface;
use super::row::Entry;
use crate::decode::Program;
use crate::error::Result;
use crate::plan::Roots;
use aot_abi::known_exports::HANDLE;
use aot_abi::{parts, symbols};

pub const HANDLER: Entry = Entry {
    name: "handler",
    purpose: "a server",
    fits,
    roots,
    main: Some(symbols::MAIN_PROGRAM),
    run: Some(parts::SERVE),
    exports: main_export,
};

fn fits(program: &Program<'_>) -> bool {
    program.component.as_ref().is_some_and(|component| known_interface::is_exported(component, &HANDLE))
}

fn roots(program: &Program<'_>) -> Result<Roots> {
    let main = program.component.as_ref().map(|component| known_interface::root(component, &HANDLE)).transpose()?;
    Ok(Roots { main, ..Roots::default() })
}
