//! The functions that a component exports, for a program whose runtime calls them with values of its own.

use super::finish::Finished;
use super::liveness::Roots;
use super::resolve::{Draft, DraftOptions, FuncDef, resource_type};
use super::{ExportPlan, PlanOptions};
use crate::decode::{Component, ExportKind, InterfaceType, InterfaceTypeId, LiftedFunc};
use crate::error::{Error, Result, Stage};

/// An exported function before its number is known.
pub(super) struct DraftExport<'c> {
    interface: &'c str,
    name: &'c str,
    lifted: &'c LiftedFunc,
    func: FuncDef,
    post_return: Option<FuncDef>,
    options: DraftOptions,
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
    Ok(DraftExport {
        interface,
        name,
        lifted,
        func: draft.function(component, &lifted.func, options)?,
        post_return,
        options: draft.options(component, &lifted.options, options)?,
    })
}

/// Refuses types that the runtime has no values for.
fn check_types(component: &Component, interface: &str, name: &str, lifted: &LiftedFunc) -> Result<()> {
    let params = lifted.ty.params.iter().map(|(_, ty)| *ty);
    let mut work: Vec<InterfaceTypeId> = params.chain(lifted.ty.result).collect();
    let mut seen = std::collections::HashSet::new();
    while let Some(ty) = work.pop() {
        if !seen.insert(ty) {
            continue;
        }
        match component.types.get(ty) {
            InterfaceType::Other(kind) => {
                let dot = if interface.is_empty() { "" } else { "." };
                return Err(Error::new(
                    Stage::Plan,
                    format!("the exported function {interface}{dot}{name} has a {kind}"),
                )
                .help("this version of aot doesn't compile that part of the component model yet"));
            }
            ty => work.extend(ty.inner()),
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
    }
}

/// Puts them into the plan, with entries for whatever the runtime enters.
pub(super) fn finish(finished: &mut Finished, component: &Component, exports: &[DraftExport<'_>]) -> Result<()> {
    for export in exports {
        let func = finished.function(export.func)?;
        let post_return = export.post_return.map(|func| finished.function(func)).transpose()?;
        let options = finished.options(&export.options)?;
        let plan = &mut finished.plan;
        plan.entries.push(func);
        plan.entries.extend(post_return.into_iter().chain(options.realloc));
        plan.exports.push(ExportPlan {
            interface: export.interface.to_string(),
            name: export.name.to_string(),
            ty: export.lifted.ty.clone(),
            func,
            post_return,
            options,
        });
    }
    finished.plan.export_resources = component
        .types
        .iter()
        .filter_map(|(id, ty)| match ty {
            InterfaceType::Own(resource) | InterfaceType::Borrow(resource) => {
                Some((id, resource_type(component, resource)))
            }
            _ => None,
        })
        .collect();
    Ok(())
}
