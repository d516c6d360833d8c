//! The types and functions of an interface by their owners, for languages with namespaces.

use super::{Function, Interface, Kind, TypeId};
use crate::decode::Owner;
use std::collections::BTreeMap;

/// The owner of what a program exports itself.
pub(super) const WORLD: &Owner = &Owner::World;

/// A namespace: what an interface has, or what the program has itself.
#[derive(Default)]
pub(super) struct Scope<'i> {
    pub types: Vec<TypeId>,
    /// The functions, with their numbers.
    pub functions: Vec<(usize, &'i Function)>,
}

/// The namespaces of all owners that have something.
pub(super) fn scopes(interface: &Interface) -> BTreeMap<&Owner, Scope<'_>> {
    let mut scopes: BTreeMap<&Owner, Scope<'_>> = BTreeMap::new();
    for (number, function) in interface.functions.iter().enumerate() {
        scopes.entry(function.owner()).or_default().functions.push((number, function));
    }
    for (id, ty) in &interface.types {
        if let Some((owner, _)) = &ty.definition {
            scopes.entry(owner).or_default().types.push(id);
        }
    }
    scopes
}

impl<'i> Scope<'i> {
    /// The types that are defined here, with their names and kinds. Handles that are lent have the type of those that own.
    pub fn definitions<'s>(
        &'s self,
        interface: &'i Interface,
    ) -> impl Iterator<Item = (TypeId, &'i str, &'i Kind)> + use<'s, 'i> {
        let definition = |id: &TypeId| {
            let ty = &interface.types[*id];
            let is_lent = matches!(ty.kind, Kind::Handle { is_own: false, .. });
            ty.definition.as_ref().filter(|_| !is_lent).map(|(_, name)| (*id, name.as_str(), &ty.kind))
        };
        self.types.iter().filter_map(definition)
    }
}

impl Function {
    /// The owner of the function.
    pub(super) fn owner(&self) -> &Owner {
        self.owner.as_ref().unwrap_or(WORLD)
    }
}
