//! Imports of components.

use super::instantiation::Instantiation;
use super::items::{Func, Item};
use super::resources;
use std::collections::HashMap;
use std::rc::Rc;
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::TypesRef;
use wasmtime_environ::component::ResourceIndex;

impl Instantiation<'_, '_> {
    /// Takes an argument, or at the root what the host has.
    pub fn import(&mut self, name: &str, types: TypesRef<'_>) -> Option<()> {
        let ty = types.component_item_for_import(name)?.ty;
        let item = match &self.frames.last()?.given {
            Some(given) => match given.arguments.get(name) {
                Some(item) => item.clone(),
                // A type that needs no argument.
                None => return Some(()),
            },
            None => {
                let next = &mut self.next_imported_resource;
                let resources = self.types.resources_mut();
                resources.register_component_entity_type(&types, ty, &mut Vec::new(), &mut |_| {
                    *next += 1;
                    ResourceIndex::from_u32(*next - 1)
                });
                self.of_host(ty, types, &mut vec![name.to_string()])
            }
        };
        resources::register(self.types, types, ty, &item)?;
        self.push(item)
    }

    /// The item of the host that these names lead to.
    fn of_host(&mut self, ty: ComponentEntityType, types: TypesRef<'_>, path: &mut Vec<String>) -> Item {
        match ty {
            ComponentEntityType::Func(_) => Item::Func(Func::Host(path.as_slice().into())),
            ComponentEntityType::Module(_) => Item::Module(None),
            ComponentEntityType::Instance(id) => {
                let mut items = HashMap::new();
                for (name, item) in &types[id].exports {
                    path.push(name.clone());
                    items.insert(name.clone(), self.of_host(item.ty, types, path));
                    path.pop();
                }
                Item::Instance(Rc::new(items))
            }
            ComponentEntityType::Type { created, .. } => resources::type_item(self.types, created),
            ComponentEntityType::Component(_) | ComponentEntityType::Value(_) => Item::Type,
        }
    }
}
