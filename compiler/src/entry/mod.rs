//! Entries: the purposes of programs, as rows of one table. An entry decides what has to be in a program, how it starts,
//! and which functions of the runtime run it; the stages ask for that and know no entry by name.

mod command;
mod exports;
mod handler;
mod known_interface;
mod library;
mod module_exports;
mod parts;
mod reactor;
mod row;
mod script;

pub use library::{LIBRARY, needs_state};
pub use parts::parts;
pub use row::Entry;
pub use script::{COMPONENT_SCRIPT, SCRIPT};

use crate::decode::{Component, Program};
use crate::driver::Options;
use crate::error::{Error, Result, Stage};
use crate::hosts;
use crate::plan::ProgramPlan;
use crate::policy::Policy;
use crate::policy::serve::ServerLimit;

/// All entries. A program has the purpose of the first that it fits.
pub const ENTRIES: &[Entry] = &[
    handler::HANDLER,
    handler::SERVICE,
    command::COMMAND,
    reactor::REACTOR,
    exports::EXPORTS,
    LIBRARY,
    SCRIPT,
    COMPONENT_SCRIPT,
];

/// Returns true for the name of the entry of servers.
pub fn is_server(name: &str) -> bool {
    name == handler::HANDLER.name
}

/// Returns true for the name of the entry of libraries.
pub fn is_library(name: &str) -> bool {
    name == LIBRARY.name
}

/// Checks that the runtime has what the plan for an entry needs, and does what the options say.
///
/// # Errors
/// Something that it doesn't.
pub fn check_plan(entry: &Entry, plan: &ProgramPlan, options: &Options) -> Result<()> {
    let is_alone = is_library(entry.name) || entry.run == handler::HANDLER.run;
    if plan.concurrency.is_some() && is_alone {
        return Err(Error::input(
            Stage::Plan,
            "the program has asynchronous functions, streams or futures",
            "this version of aot has them in commands, in services of WASI 0.3 and in programs that call exports; build others without them",
        ));
    }
    if is_library(entry.name) { library::check(plan, options) } else { Ok(()) }
}

/// The entry with this name, or without one the first that a program fits.
///
/// # Errors
/// The program doesn't fit the entry, is of a world that isn't built, or is no command and exports no function that can
/// be called.
pub fn of(program: &Program<'_>, name: Option<&str>) -> Result<&'static Entry> {
    if let Some(name) = name {
        let entry = ENTRIES.iter().find(|entry| entry.name == name && (entry.fits)(program));
        return entry.ok_or_else(|| other_entry(program, name));
    }
    let entry = ENTRIES.iter().find(|entry| (entry.fits)(program));
    entry.ok_or_else(|| match &program.component {
        Some(component) => nothing_in_component(component),
        None => nothing_in_module(program),
    })
}

/// Checks that a program has no settings of a server unless it is one, and no grant that servers have anyway.
///
/// # Errors
/// A setting doesn't fit the entry.
pub fn check_settings(entry: &Entry, policy: &Policy) -> Result<()> {
    let flags = policy.serve.flags();
    if entry.run == handler::HANDLER.run && policy.serve.limits.chosen(ServerLimit::Concurrent).is_some() {
        let message = "a handler of WASI 0.2 serves one request at a time";
        return Err(Error::input(Stage::Plan, message, "leave --concurrent out, or build a handler of WASI 0.3"));
    }
    if is_server(entry.name) {
        let grant = "a server has the sockets that a service manager hands in without --inherit-sockets";
        let error = Error::input(Stage::Plan, grant, "leave the flag out");
        return if policy.grants.network.inherit_sockets { Err(error) } else { Ok(()) };
    }
    if flags.is_empty() {
        return Ok(());
    }
    let (flags, are) = (flags.join(", "), if flags.len() == 1 { "is" } else { "are" });
    Err(Error::input(
        Stage::Plan,
        format!("{flags} {are} for servers, and the input is {}", entry.purpose),
        "a server is a component that exports wasi:http/incoming-handler of WASI 0.2 or wasi:http/handler of WASI 0.3, compiled without --entry run",
    ))
}

/// The error of a program that doesn't fit the entry that was asked for.
fn other_entry(program: &Program<'_>, name: &str) -> Error {
    let export = match name {
        name if is_server(name) => "wasi:http/incoming-handler or wasi:http/handler",
        _ if program.component.is_some() => "wasi:cli/run",
        _ => "_start",
    };
    let fits = of(program, None).map_or_else(|_| String::new(), |entry| format!("; the input is {}", entry.purpose));
    Error::input(
        Stage::Plan,
        format!("the input exports no {export}{fits}"),
        "leave --entry out, or build the input with that export",
    )
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
        "the component doesn't export wasi:cli/run of WASI 0.2 or 0.3",
        format!("build it as a command, or let it export functions; it exports: {}", exports.join(", ")),
    )
}
