//! Exported functions, of which the program's arguments say which to call: those of a component, or those of a core module
//! that could be functions of a component, because they are of numbers.

use super::row::Entry;
use crate::decode::{
    Component, ComponentFuncType, CoreDef, Entity, ExportItem, ExportKind, FuncType, InterfaceType, InterfaceTypes,
    LiftedFunc, Module, Options, Program, ValType,
};
use crate::error::{Error, Result, Stage};
use crate::plan::{ExportPlan, ExportRoot, ProgramPlan, Roots};
use aot_abi::exports::{FLAT_PARAMS_MAX, FLAT_RESULTS_MAX};
use aot_abi::host::STRING_UTF8;
use aot_abi::{parts, symbols};

pub const EXPORTS: Entry =
    Entry { name: "exports", fits, roots, main: symbols::MAIN_PROGRAM, run: Some(parts::CALLS), exports: names };

/// The export of a reactor that has to be called before anything else.
const INITIALIZE: &str = "_initialize";

fn fits(program: &Program<'_>) -> bool {
    match &program.component {
        Some(component) => of_component(component).next().is_some(),
        None => program.modules.values().next().is_some_and(|module| of_module(program, module).next().is_some()),
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
        None => {
            let module = program.modules.values().next();
            let exports = module.into_iter().flat_map(|module| of_module(program, module)).collect();
            let initialize = module.and_then(|module| initializer(program, module));
            Ok(Roots { exports: Some(exports), initialize, ..Roots::default() })
        }
    }
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

/// The functions of numbers of a core module.
fn of_module<'m>(program: &'m Program<'_>, module: &'m Module<'_>) -> impl Iterator<Item = ExportRoot> + 'm {
    module.exports.iter().filter(|(name, _)| name != INITIALIZE).filter_map(|(name, entity)| {
        let Entity::Func(func) = *entity else { return None };
        let lifted = LiftedFunc {
            func: item(*entity),
            options: Options {
                instance: 0,
                memory: None,
                realloc: None,
                post_return: None,
                string_encoding: STRING_UTF8,
            },
            ty: of_numbers(program.types.func(module.functions[func]))?,
        };
        Some(ExportRoot { interface: String::new(), name: name.clone(), lifted })
    })
}

/// The function that a reactor wants called first.
fn initializer(program: &Program<'_>, module: &Module<'_>) -> Option<CoreDef> {
    let entity = module.export(INITIALIZE)?;
    let Entity::Func(func) = entity else { return None };
    let ty = program.types.func(module.functions[func]);
    (ty.params.is_empty() && ty.results.is_empty()).then(|| item(entity))
}

/// An item of the only instance.
fn item(entity: Entity) -> CoreDef {
    CoreDef::Export { instance: 0, item: ExportItem::Index(entity) }
}

/// The type of a core function of numbers, as a component's function would have it.
fn of_numbers(ty: &FuncType) -> Option<ComponentFuncType> {
    if ty.params.len() > FLAT_PARAMS_MAX || ty.results.len() > FLAT_RESULTS_MAX {
        return None;
    }
    let number = |ty: &ValType| InterfaceTypes::of_number(*ty);
    let params = ty.params.iter().enumerate().map(|(index, ty)| Some((format!("p{index}"), number(ty)?)));
    let result = match ty.results.first() {
        Some(result) => Some(number(result)?),
        None => None,
    };
    Some(ComponentFuncType { params: params.collect::<Option<_>>()?, result })
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

fn full_name(interface: &str, name: &str) -> String {
    let dot = if interface.is_empty() { "" } else { "." };
    format!("{interface}{dot}{name}")
}

fn names(plan: &ProgramPlan) -> Vec<String> {
    let name = |export: &ExportPlan| full_name(&export.interface, &export.name);
    plan.exports.iter().flat_map(|exports| &exports.functions).map(name).collect()
}
