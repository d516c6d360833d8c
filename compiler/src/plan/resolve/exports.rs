//! Exported functions that the runtime calls with values of its own.

use super::resolver::Resolver;
use super::resources::ResourceNumbers;
use crate::decode::{Component, InterfaceType, InterfaceTypeId, InterfaceTypes, Resource};
use crate::error::Result;
use crate::plan::program::{ExportPlan, ExportsPlan, ResourceType};
use crate::plan::resolved::FuncDef;
use crate::plan::roots::{ExportRoot, UncallableExport};
use std::collections::HashMap;

/// Resolves the functions, and the destructors of the resources that their results may own: the runtime ends those that
/// it was given.
pub(super) fn resolve(
    resolver: &mut Resolver<'_, '_>,
    exports: &[ExportRoot],
    uncallable: &[UncallableExport],
) -> Result<ExportsPlan<FuncDef>> {
    let component = resolver.component;
    let numbers = component.map(|component| ResourceNumbers::new(component, resolver.options.host_imports.as_ref()));
    let mut plan = ExportsPlan {
        functions: Vec::new(),
        uncallable: uncallable.to_vec(),
        types: component.map_or_else(InterfaceTypes::of_numbers, |component| component.types.clone()),
        resources: component
            .zip(numbers.as_ref())
            .map(|(component, numbers)| resources(component, numbers))
            .unwrap_or_default(),
        of_host_program: numbers.map(|numbers| numbers.of_host_program()).unwrap_or_default(),
        destructors: HashMap::new(),
    };
    for export in exports {
        let lifted = &export.lifted;
        let post_return = match lifted.options.post_return {
            Some(index) => Some(resolver.function(&resolver.component()?.post_returns[index])?),
            None => None,
        };
        let callback = match lifted.options.callback {
            Some(index) => Some(resolver.function(&resolver.component()?.callbacks[index])?),
            None => None,
        };
        if let Some(component) = component {
            destructors(resolver, component, lifted.ty.result, &mut plan.destructors)?;
        }
        plan.functions.push(ExportPlan {
            interface: export.interface.clone(),
            name: export.name.clone(),
            ty: lifted.ty.clone(),
            func: resolver.function(&lifted.func)?,
            post_return,
            callback,
            is_async: lifted.options.is_async,
            result_number: lifted.result_number,
            memory_number: aot_abi::concurrency::memory(lifted.options.memory) as u32,
            options: resolver.canonical(&lifted.options)?,
        });
    }
    Ok(plan)
}

/// The resource types that the types of values name.
fn resources(component: &Component, numbers: &ResourceNumbers<'_>) -> HashMap<InterfaceTypeId, ResourceType> {
    let of_type = |(id, ty): (InterfaceTypeId, &InterfaceType)| match ty {
        InterfaceType::Own(resource) | InterfaceType::Borrow(resource) => Some((id, numbers.get(resource))),
        _ => None,
    };
    component.types.iter().filter_map(of_type).collect()
}

/// Adds the destructors of the resources that a result may own, by the types of the handles.
fn destructors(
    resolver: &mut Resolver<'_, '_>,
    component: &Component,
    result: Option<InterfaceTypeId>,
    destructors: &mut HashMap<InterfaceTypeId, FuncDef>,
) -> Result<()> {
    for ty in component.types.reachable(result) {
        let InterfaceType::Own(Resource::Defined(resource)) = component.types.get(ty) else { continue };
        let defined = component.resources.get(*resource as usize);
        if let Some(destructor) = defined.and_then(|defined| defined.destructor.as_ref()) {
            destructors.insert(ty, resolver.function(destructor)?);
        }
    }
    Ok(())
}
