//! The numbers and destructors of a world's resource types: functions have the same types in the world, with names, and in
//! the plan, with numbers.

use super::builder::{inner, origin};
use super::types::{Resource, UsedResource};
use crate::decode::{InterfaceType, InterfaceTypeId, World, WorldKind, WorldTypeId};
use crate::plan::ExportsPlan;
use std::collections::{HashMap, HashSet};

/// Finds what the plan has of the resource types that exported functions take or give.
pub(super) fn find(world: &World, exports: &ExportsPlan, resources: &mut [(WorldTypeId, Resource)]) {
    for (id, handle) in handles(world, exports) {
        let Some((_, resource)) = resources.iter_mut().find(|(known, _)| *known == id) else { continue };
        let Some(ty) = exports.resources.get(&handle) else { continue };
        let destructor = exports.destructors.get(&handle).copied();
        let before = resource.used.and_then(|used| used.destructor);
        resource.used = Some(UsedResource { ty: *ty, destructor: before.or(destructor) });
    }
}

/// The resource types of the world, and the types of handles that the plan has for them.
fn handles(world: &World, exports: &ExportsPlan) -> HashSet<(WorldTypeId, InterfaceTypeId)> {
    let of_world: HashMap<_, _> = world.exports.iter().map(|(name, ty)| (name.clone(), ty)).collect();
    let mut work = Vec::new();
    for export in &exports.functions {
        let Some(ty) = of_world.get(&(export.interface.clone(), export.name.clone())) else { continue };
        let params = ty.params.iter().map(|(_, ty)| *ty).zip(export.ty.params.iter().map(|(_, ty)| *ty));
        work.extend(params.chain(ty.result.zip(export.ty.result)));
    }
    let (mut seen, mut found) = (HashSet::new(), HashSet::new());
    while let Some((named, numbered)) = work.pop() {
        if !seen.insert((named, numbered)) {
            continue;
        }
        match (&world.types[named].kind, exports.types.get(numbered)) {
            (WorldKind::Alias(of), _) => work.push((*of, numbered)),
            (WorldKind::Own(resource), InterfaceType::Own(_))
            | (WorldKind::Borrow(resource), InterfaceType::Borrow(_)) => {
                found.insert((origin(world, *resource), numbered));
            }
            (kind, ty) => work.extend(inner(kind).into_iter().zip(ty.inner())),
        }
    }
    found
}
