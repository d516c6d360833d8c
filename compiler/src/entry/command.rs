//! A command: start-up, then an export that the runtime knows: the empty name or `_start` of a core module, or `run` of
//! `wasi:cli/run`. A reactor that exports nothing else that can be called is one too; `_initialize` is all that it does.

use super::known_interface;
use super::module_exports::{INITIALIZE, callable, command, initializer, item, only_module};
use super::reactor::has_initializer;
use super::row::Entry;
use crate::decode::{Command, Component, Entity, Module, Program};
use crate::error::{Error, Result, Stage};
use crate::plan::{MainRoot, ProgramPlan, Roots};
use aot_abi::known_exports::{KnownExport, RUN, RUN_OF_MODULE, RUN_OF_P3};
use aot_abi::symbols;

pub const COMMAND: Entry = Entry {
    name: "command",
    purpose: "a command",
    fits,
    roots,
    main: Some(symbols::MAIN_PROGRAM),
    run: None,
    server_limits: &[],
    exports: main_export,
};

fn fits(program: &Program<'_>) -> bool {
    match &program.component {
        Some(component) => run(component).is_some(),
        None => only_module(program).is_some_and(|module| {
            command(program, module).is_some() || has_initializer(module) && callable(program, module).0.is_empty()
        }),
    }
}

fn roots(program: &Program<'_>) -> Result<Roots> {
    if let Some(component) = &program.component {
        let of_module = |command: &Command| MainRoot {
            export: &RUN_OF_MODULE,
            func: command.func.clone(),
            instance: command.instance,
        };
        let known = run(component).unwrap_or(&RUN);
        if let Some(command) = &component.command
            && *known == RUN
        {
            return Ok(Roots { main: Some(of_module(command)), ..Roots::default() });
        }
        return known_interface::roots(component, known);
    }
    only_module(program).map_or_else(|| Ok(Roots::default()), |module| of_module(program, module))
}

/// The interface of a command that a component exports: the newer of two, since toolchains for 0.2 add theirs to what a program says.
fn run(component: &Component) -> Option<&'static KnownExport> {
    [&RUN_OF_P3, &RUN].into_iter().find(|known| known_interface::is_exported(component, known))
}

fn of_module(program: &Program<'_>, module: &Module<'_>) -> Result<Roots> {
    let main = match command(program, module) {
        Some((export, entity @ Entity::Func(_))) => Some(MainRoot { export, func: item(entity), instance: 0 }),
        Some((known, _)) => return Err(no_function(known)),
        None => None,
    };
    Ok(Roots { main, initialize: initializer(program, module)?, ..Roots::default() })
}

fn no_function(known: &KnownExport) -> Error {
    Error::input(
        Stage::Plan,
        format!("the module exports something as `{}` that isn't a function", known.function),
        "build it as a command (an executable)",
    )
}

pub(super) fn main_export(plan: &ProgramPlan) -> Vec<String> {
    let name = |export: &KnownExport| match export.interface {
        "" if export.function.is_empty() => "\"\"".to_string(),
        "" => export.function.to_string(),
        interface => format!("{interface}@{}#{}", export.version, export.function),
    };
    let named = plan.main.map_or_else(|| INITIALIZE.to_string(), |main| name(main.export));
    vec![named]
}
