//! A command: start-up, then an export that the runtime knows, `_start` of a core module or `run` of `wasi:cli/run`.

use super::row::Entry;
use crate::decode::{Component, CoreDef, Entity, Export, ExportItem, ExportKind, Program};
use crate::error::{Error, Result, Stage};
use crate::plan::{ProgramPlan, Roots};
use crate::versions;
use aot_abi::known_exports::{KnownExport, RUN, START};
use aot_abi::symbols;

pub const COMMAND: Entry =
    Entry { name: "command", fits, roots, main: symbols::MAIN_PROGRAM, run: None, exports: main_export };

fn fits(program: &Program<'_>) -> bool {
    match &program.component {
        Some(component) => component.exports.iter().any(|export| is_interface_of(export, &RUN)),
        None => program.modules.values().next().is_some_and(|module| module.export(START.function).is_some()),
    }
}

fn roots(program: &Program<'_>) -> Result<Roots> {
    let main = match &program.component {
        Some(component) => (&RUN, function_of(component, &RUN)?),
        None => (&START, start(program)?),
    };
    Ok(Roots { main: Some(main), ..Roots::default() })
}

/// The function `_start` of a core module.
fn start(program: &Program<'_>) -> Result<CoreDef> {
    let export = program.modules.values().next().and_then(|module| module.export(START.function));
    match export {
        Some(entity @ Entity::Func(_)) => Ok(CoreDef::Export { instance: 0, item: ExportItem::Index(entity) }),
        _ => Err(Error::input(
            Stage::Plan,
            "the module exports something as `_start` that isn't a function",
            "build it as a command (an executable)",
        )),
    }
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
        "" => export.function.to_string(),
        interface => format!("{interface}@{}#{}", export.version, export.function),
    };
    plan.main.iter().map(|main| name(main.export)).collect()
}
