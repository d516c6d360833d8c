//! Servers: each request is a call of the handler that the component exports. They come before a command, because toolchains add a
//! `run` to handlers that does nothing but trap.

use super::command::main_export;
use super::known_interface;
use super::row::Entry;
use crate::decode::Program;
use crate::error::{Error, Result, Stage};
use crate::plan::Roots;
use crate::policy::serve::ServerLimit;
use aot_abi::known_exports::{HANDLE, HANDLE_OF_P3, KnownExport};
use aot_abi::{parts, symbols};

/// A handler of 0.2, which has an instance of the program for itself.
pub const HANDLER: Entry = Entry {
    name: "handler",
    purpose: "a server",
    fits: |program| exports(program, &HANDLE),
    roots: |program| roots(program, &HANDLE),
    main: Some(symbols::MAIN_PROGRAM),
    run: Some(parts::SERVE),
    server_limits: &[],
    exports: main_export,
};

/// A handler of 0.3, whose instances serve several requests at once, as its guests expect.
pub const SERVICE: Entry = Entry {
    name: "handler",
    purpose: "a server",
    fits: |program| exports(program, &HANDLE_OF_P3),
    roots: |program| roots(program, &HANDLE_OF_P3),
    main: Some(symbols::MAIN_PROGRAM),
    run: Some(parts::SERVICE),
    server_limits: &[(ServerLimit::Reuse, 128), (ServerLimit::Concurrent, 16)],
    exports: main_export,
};

fn exports(program: &Program<'_>, known: &KnownExport) -> bool {
    program.component.as_ref().is_some_and(|component| known_interface::is_exported(component, known))
}

fn roots(program: &Program<'_>, known: &'static KnownExport) -> Result<Roots> {
    let Some(component) = &program.component else { return Ok(Roots::default()) };
    if *known == HANDLE_OF_P3 && !component.is_concurrent {
        let message =
            "the function `handle` of the component isn't asynchronous, as that of wasi:http/handler of WASI 0.3 is";
        return Err(Error::input(Stage::Plan, message, "make the component again from the interface's own definition"));
    }
    known_interface::roots(component, known)
}
