//! A command: start-up, then an export that the runtime knows: the empty name or `_start` of a core module, or `run` of
//! `wasi:cli/run`. A reactor that exports nothing else that can be called is one too; `_initialize` is all that it does.

use super::module_exports::{INITIALIZE, callable, command, initializer, item, only_module};
use super::reactor::has_initializer;
use super::row::Entry;
use crate::decode::{Component, CoreDef, Entity, Export, ExportKind, Module, Program};
use crate::error::{Error, Result, Stage};
use crate::plan::{ProgramPlan, Roots};
use crate::versions;
use aot_abi::known_exports::{KnownExport, RUN};
use aot_abi::symbols;

pub const COMMAND: Entry =
    Entry { name: "command", fits, roots, main: symbols::MAIN_PROGRAM, run: None, exports: main_export };

fn fits(program: &Program<'_>) -> bool {
    match &program.component {
        Some(component) => component.exports.iter().any(|export| is_interface_of(export, &RUN)),
        None => only_module(program).is_some_and(|module| {
            command(program, module).is_some() || has_initializer(module) && callable(program, module).0.is_empty()
        }),
    }
}

fn roots(program: &Program<'_>) -> Result<Roots> {
    if let Some(component) = &program.component {
        return Ok(Roots { main: Some((&RUN, function_of(component, &RUN)?)), ..Roots::default() });
    }
    only_module(program).map_or_else(|| Ok(Roots::default()), |module| of_module(program, module))
}

fn of_module(program: &Program<'_>, module: &Module<'_>) -> Result<Roots> {
    let main = match command(program, module) {
        Some((known, entity @ Entity::Func(_))) => Some((known, item(entity))),
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

/// The function of an interface that a component exports.
fn function_of(component: &Component, known: &KnownExport) -> Result<CoreDef> {
    let of_interface = |export: &&Export| is_interface_of(export, known);
    let functions = component.exports.iter().filter(of_interface).filter_map(|export| match &export.kind {
        ExportKind::Interface(functions) => Some(functions),
        ExportKind::Func(_) | ExportKind::Other => None,
    });
    let function = functions.flatten().find(|(name, _)| name == known.function);
    let (_, function) = function.ok_or_else(|| {
        Error::input(
            Stage::Plan,
            format!("the component exports {} without its function `{}`", known.interface, known.function),
            "make it again from the interface's own definition",
        )
    })?;
    Ok(function.func.clone())
}

fn is_interface_of(export: &Export, known: &KnownExport) -> bool {
    matches!(export.kind, ExportKind::Interface(_)) && versions::is_of(&export.name, known.interface, known.version)
}

fn main_export(plan: &ProgramPlan) -> Vec<String> {
    let name = |export: &KnownExport| match export.interface {
        "" if export.function.is_empty() => "\"\"".to_string(),
        "" => export.function.to_string(),
        interface => format!("{interface}@{}#{}", export.version, export.function),
    };
    let named = plan.main.map_or_else(|| INITIALIZE.to_string(), |main| name(main.export));
    vec![named]
}
