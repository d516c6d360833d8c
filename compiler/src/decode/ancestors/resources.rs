//! The resource types behind the types that components see.

use super::items::Item;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};
use wasmparser::types::TypesRef;
use wasmtime_environ::component::{ComponentTypesBuilder, ResourceIndex, TypeResourceTable};

/// A type of the current component as an item.
pub(super) fn type_item(types: &mut ComponentTypesBuilder, ty: ComponentAnyTypeId) -> Item {
    let ComponentAnyTypeId::Resource(id) = ty else { return Item::Type };
    let table = types.resource_id(id.resource());
    match &types.resources_mut_and_types().1[table] {
        TypeResourceTable::Concrete { ty, .. } => Item::Resource(*ty),
        TypeResourceTable::Abstract(_) => Item::Type,
    }
}

/// Makes the resource types of an item known, whose type in the current component is this.
pub(super) fn register(
    types: &mut ComponentTypesBuilder,
    known: TypesRef<'_>,
    ty: ComponentEntityType,
    item: &Item,
) -> Option<()> {
    let mut complete = true;
    types.resources_mut().register_component_entity_type(&known, ty, &mut Vec::new(), &mut |path| {
        item.resource(path).unwrap_or_else(|| {
            complete = false;
            ResourceIndex::from_u32(0)
        })
    });
    complete.then_some(())
}
