//! The functions that a component exports, for a program whose runtime calls them with values of its own.

use super::finish::Finished;
use super::liveness::Roots;
use super::resolve::{Draft, DraftOptions, FuncDef, resource_type};
use super::{ExportPlan, ExportsPlan, PlanOptions};
use crate::decode::{
    Component, ComponentFuncType, Entity, Export, ExportKind, FuncType, InterfaceType, InterfaceTypeId, InterfaceTypes,
    LiftedFunc, Program, Resource, ValType,
};
use crate::error::{Error, Result, Stage};
use aot_abi::exports::{FLAT_PARAMS_MAX, FLAT_RESULTS_MAX};
use aot_abi::host::STRING_UTF8;
use std::collections::HashSet;

/// An exported function before its number is known.
pub(super) struct DraftExport<'c> {
    interface: &'c str,
    name: &'c str,
    ty: ComponentFuncType,
    func: FuncDef,
    post_return: Option<FuncDef>,
    options: DraftOptions,
    /// Of the resources that its result may own, by their types: the runtime ends those that it was given.
    destructors: Vec<(InterfaceTypeId, FuncDef)>,
}

/// All functions that the component exports, those in interfaces too.
pub(super) fn find<'c>(
    draft: &mut Draft<'_, '_>,
    component: &'c Component,
    options: &PlanOptions,
) -> Result<Vec<DraftExport<'c>>> {
    let mut found = Vec::new();
    for export in &component.exports {
        match &export.kind {
            ExportKind::Func(lifted) => found.push(resolve(draft, component, options, ["", &export.name], lifted)?),
            ExportKind::Interface(functions) => {
                for (name, lifted) in functions {
                    found.push(resolve(draft, component, options, [&export.name, name], lifted)?);
                }
            }
            ExportKind::Other => {}
        }
    }
    Ok(found)
}

fn resolve<'c>(
    draft: &mut Draft<'_, '_>,
    component: &'c Component,
    options: &PlanOptions,
    [interface, name]: [&'c str; 2],
    lifted: &'c LiftedFunc,
) -> Result<DraftExport<'c>> {
    check_types(component, interface, name, lifted)?;
    let post_return = match lifted.options.post_return {
        Some(index) => Some(draft.function(component, &component.post_returns[index], options)?),
        None => None,
    };
    let mut destructors = Vec::new();
    for ty in reachable(&component.types, lifted.ty.result) {
        let InterfaceType::Own(Resource::Defined(resource)) = component.types.get(ty) else { continue };
        let defined = component.resources.get(*resource as usize);
        if let Some(destructor) = defined.and_then(|defined| defined.destructor.as_ref()) {
            destructors.push((ty, draft.function(component, destructor, options)?));
        }
    }
    Ok(DraftExport {
        interface,
        name,
        ty: lifted.ty.clone(),
        func: draft.function(component, &lifted.func, options)?,
        post_return,
        options: draft.options(component, &lifted.options, options)?,
        destructors,
    })
}

/// These types and all that they are made of, each once.
fn reachable(types: &InterfaceTypes, from: impl IntoIterator<Item = InterfaceTypeId>) -> Vec<InterfaceTypeId> {
    let mut work: Vec<InterfaceTypeId> = from.into_iter().collect();
    let (mut seen, mut found) = (HashSet::new(), Vec::new());
    while let Some(ty) = work.pop() {
        if seen.insert(ty) {
            found.push(ty);
            work.extend(types.get(ty).inner());
        }
    }
    found
}

/// Whether a program is no command, but has functions to call.
pub(super) fn are_the_program(program: &Program<'_>) -> bool {
    match &program.component {
        Some(component) => {
            let is_run = |export: &Export| {
                export.name.starts_with("wasi:cli/run@0.2") && matches!(export.kind, ExportKind::Interface(_))
            };
            let has_functions = |export: &Export| match &export.kind {
                ExportKind::Func(_) => true,
                ExportKind::Interface(functions) => !functions.is_empty(),
                ExportKind::Other => false,
            };
            !component.exports.iter().any(is_run) && component.exports.iter().any(has_functions)
        }
        None => program.modules.values().next().is_some_and(|module| {
            let callable = |(_, entity): &(String, Entity)| match entity {
                Entity::Func(func) => of_numbers(program.types.func(module.functions[*func])).is_some(),
                _ => false,
            };
            module.export(START).is_none() && module.exports.iter().filter(|(name, _)| name != INITIALIZE).any(callable)
        }),
    }
}

/// What a command exports.
const START: &str = "_start";
/// What a reactor exports, to be called before anything else.
const INITIALIZE: &str = "_initialize";

/// A core module's exported functions of numbers: those that could be functions of a component, too.
pub(super) fn of_module<'c>(draft: &Draft<'c, '_>) -> Vec<DraftExport<'c>> {
    let Some(instance) = draft.instances.values().next() else { return Vec::new() };
    let module = &draft.program.modules[instance.module];
    let export = |(name, entity): &'c (String, Entity)| {
        let Entity::Func(func) = entity else { return None };
        if name == INITIALIZE {
            return None;
        }
        Some(DraftExport {
            interface: "",
            name,
            ty: of_numbers(draft.program.types.func(module.functions[*func]))?,
            func: instance.functions[*func],
            post_return: None,
            options: DraftOptions { memory: None, realloc: None, component_instance: 0, string_encoding: STRING_UTF8 },
            destructors: Vec::new(),
        })
    };
    module.exports.iter().filter_map(export).collect()
}

/// The function that a reactor wants called first.
pub(super) fn initializer(draft: &Draft<'_, '_>) -> Option<FuncDef> {
    if draft.program.component.is_some() {
        return None;
    }
    let instance = draft.instances.values().next()?;
    let module = &draft.program.modules[instance.module];
    let Some(Entity::Func(func)) = module.export(INITIALIZE) else { return None };
    let ty = draft.program.types.func(module.functions[func]);
    (ty.params.is_empty() && ty.results.is_empty()).then(|| instance.functions[func])
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
fn check_types(component: &Component, interface: &str, name: &str, lifted: &LiftedFunc) -> Result<()> {
    let params = lifted.ty.params.iter().map(|(_, ty)| *ty);
    for ty in reachable(&component.types, params.chain(lifted.ty.result)) {
        if let InterfaceType::Other(kind) = component.types.get(ty) {
            let dot = if interface.is_empty() { "" } else { "." };
            let message = format!("the exported function {interface}{dot}{name} has a {kind}");
            return Err(Error::input(
                Stage::Plan,
                message,
                "this version of aot doesn't compile that part of the component model yet",
            ));
        }
    }
    Ok(())
}

/// What has to be there so that they can be called.
pub(super) fn add_roots(exports: &[DraftExport<'_>], roots: &mut Roots) {
    for export in exports {
        roots.functions.push(export.func);
        roots.functions.extend(export.post_return);
        roots.functions.extend(export.options.realloc);
        roots.functions.extend(export.destructors.iter().map(|(_, func)| *func));
    }
}

/// Puts them into the plan, with entries for whatever the runtime enters.
pub(super) fn finish(
    finished: &mut Finished,
    component: Option<&Component>,
    exports: &[DraftExport<'_>],
) -> Result<()> {
    let types = component.map_or_else(InterfaceTypes::of_numbers, |component| component.types.clone());
    let mut plan = ExportsPlan { types, ..ExportsPlan::default() };
    for export in exports {
        let func = finished.function(export.func)?;
        let post_return = export.post_return.map(|func| finished.function(func)).transpose()?;
        let options = finished.options(&export.options)?;
        finished.plan.entries.push(func);
        finished.plan.entries.extend(post_return.into_iter().chain(options.realloc));
        for (ty, destructor) in &export.destructors {
            let destructor = finished.function(*destructor)?;
            if plan.destructors.insert(*ty, destructor).is_none() {
                finished.plan.entries.push(destructor);
            }
        }
        plan.functions.push(ExportPlan {
            interface: export.interface.to_string(),
            name: export.name.to_string(),
            ty: export.ty.clone(),
            func,
            post_return,
            options,
        });
    }
    if let Some(component) = component {
        for (id, ty) in component.types.iter() {
            if let InterfaceType::Own(resource) | InterfaceType::Borrow(resource) = ty {
                plan.resources.insert(id, resource_type(component, resource));
            }
        }
    }
    finished.plan.exports = Some(plan);
    Ok(())
}
