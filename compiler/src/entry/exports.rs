//! Exported functions, of which the program's arguments say which to call: those of a component, or those of a core module
//! that could be functions of a component, because they are of numbers.

use super::module_exports::{callable, initializer, only_module};
use super::row::Entry;
use crate::decode::{Component, ExportKind, InterfaceType, LiftedFunc, Module, Program};
use crate::error::{Error, Result, Stage};
use crate::plan::{ExportPlan, ExportRoot, ProgramPlan, Roots};
use aot_abi::{parts, symbols};

pub const EXPORTS: Entry = Entry {
    name: "exports",
    purpose: "a library of functions",
    fits,
    roots,
    main: Some(symbols::MAIN_PROGRAM),
    run: Some(parts::CALLS),
    server_limits: &[],
    exports: names,
};

fn fits(program: &Program<'_>) -> bool {
    match &program.component {
        Some(component) => of_component(component).next().is_some(),
        None => only_module(program).is_some_and(|module| !callable(program, module).0.is_empty()),
    }
}

/// All functions that a program exports.
pub(super) fn roots(program: &Program<'_>) -> Result<Roots> {
    match &program.component {
        Some(component) => {
            let exports: Vec<ExportRoot> = of_component(component).collect();
            exports.iter().try_for_each(|export| check_types(component, export))?;
            Ok(Roots { exports: Some(exports), ..Roots::default() })
        }
        None => only_module(program).map_or_else(|| Ok(Roots::default()), |module| of_module(program, module)),
    }
}

fn of_module(program: &Program<'_>, module: &Module<'_>) -> Result<Roots> {
    let (exports, uncallable) = callable(program, module);
    let initialize = initializer(program, module)?;
    Ok(Roots { exports: Some(exports), uncallable, initialize, ..Roots::default() })
}

/// The functions of a component, those in interfaces too.
fn of_component(component: &Component) -> impl Iterator<Item = ExportRoot> + '_ {
    component.exports.iter().flat_map(|export| {
        let root = |interface: &str, name: &str, lifted: &LiftedFunc| ExportRoot {
            interface: interface.to_string(),
            name: name.to_string(),
            lifted: lifted.clone(),
        };
        match &export.kind {
            ExportKind::Func(lifted) => vec![root("", &export.name, lifted)],
            ExportKind::Interface(functions) => {
                functions.iter().map(|(name, lifted)| root(&export.name, name, lifted)).collect()
            }
            ExportKind::Other => Vec::new(),
        }
    })
}

/// Refuses types that the runtime has no values for.
fn check_types(component: &Component, export: &ExportRoot) -> Result<()> {
    let ty = &export.lifted.ty;
    let params = ty.params.iter().map(|(_, ty)| *ty);
    for ty in component.types.reachable(params.chain(ty.result)) {
        if let InterfaceType::Other(kind) = component.types.get(ty) {
            let message = format!("the exported function {} has a {kind}", full_name(&export.interface, &export.name));
            return Err(Error::input(
                Stage::Plan,
                message,
                "this version of aot doesn't compile that part of the component model; export a function without it",
            ));
        }
    }
    Ok(())
}

pub(super) fn full_name(interface: &str, name: &str) -> String {
    let dot = if interface.is_empty() { "" } else { "." };
    format!("{interface}{dot}{name}")
}

pub(super) fn names(plan: &ProgramPlan) -> Vec<String> {
    let name = |export: &ExportPlan| full_name(&export.interface, &export.name);
    plan.exports.iter().flat_map(|exports| &exports.functions).map(name).collect()
}
