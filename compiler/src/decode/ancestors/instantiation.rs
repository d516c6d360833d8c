//! Follows the instantiation of a component as far as adapters depend on it. The order of everything that gets a number
//! is that of the front end.

use super::definitions::{Definition, Definitions, Step};
use super::frame::{CoreInstance, Frame, Given, Modules};
use super::items::{Component, Item, Items, Scope, Trampoline};
use super::resources;
use crate::error::{Error, Result, Stage};
use std::collections::HashMap;
use std::rc::Rc;
use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::TypesRef;
use wasmparser::{ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, Instance};
use wasmtime_environ::component::{
    Adapter, ComponentTypesBuilder, ResourceIndex, ResourcesBuilder, RuntimeComponentInstanceIndex, TrampolineIndex,
    dfg,
};

/// The instantiation of the root, and of all in it.
pub(super) struct Instantiation<'d, 'm> {
    definitions: &'d [Definition<'d>],
    modules: &'m Modules<'m>,
    pub types: &'m mut ComponentTypesBuilder,
    /// The index of the next resource type that the host defines.
    pub next_imported_resource: u32,
    /// The index of the next resource type that a component defines: they follow those of the host.
    next_resource: usize,
    instances: u32,
    core_instances: u32,
    scopes: Vec<Scope>,
    /// The instantiations that are going on, each within the one before it.
    pub frames: Vec<Frame<'d>>,
    pub trampolines: dfg::Intern<TrampolineIndex, Trampoline>,
    pub adapters: dfg::Intern<dfg::AdapterId, Adapter>,
}

/// Finds the adapters of a component with this many resource types of the host, in the order of the front end.
pub(super) fn adapters<'d>(
    definitions: &'d Definitions<'d>,
    modules: &Modules<'_>,
    types: &mut ComponentTypesBuilder,
    imported_resources: usize,
) -> Result<Vec<Adapter>> {
    *types.resources_mut() = ResourcesBuilder::default();
    let mut instantiation = Instantiation {
        definitions: &definitions.components,
        modules,
        types,
        next_imported_resource: 0,
        next_resource: imported_resources,
        instances: 0,
        core_instances: 0,
        scopes: Vec::new(),
        frames: Vec::new(),
        trampolines: dfg::Intern::default(),
        adapters: dfg::Intern::default(),
    };
    let root = Component { definition: definitions.components.len() - 1, outer: None };
    instantiation.begin(root, None);
    instantiation
        .run()
        .ok_or_else(|| Error::defect(Stage::Decode, "a component isn't instantiated as it was before"))?;
    Ok(instantiation.adapters.iter().map(|(_, adapter)| adapter.clone()).collect())
}

impl<'d> Instantiation<'d, '_> {
    /// Performs all steps, in a loop because nesting has the depth that the input wants.
    fn run(&mut self) -> Option<()> {
        while let Some(frame) = self.frames.last_mut() {
            self.types.resources_mut().set_current_instance(frame.instance);
            let definition = frame.definition;
            match definition.steps.get(frame.next) {
                Some(step) => {
                    frame.next += 1;
                    self.step(step, definition.types.as_ref())?;
                }
                None => self.end()?,
            }
        }
        Some(())
    }

    fn begin(&mut self, component: Component, given: Option<Given>) {
        let instance = RuntimeComponentInstanceIndex::from_u32(self.instances);
        self.instances += 1;
        let scope = self.scopes.len();
        self.scopes.push(Scope { outer: component.outer, components: Vec::new(), modules: Vec::new() });
        let definition = &self.definitions[component.definition];
        self.frames.push(Frame::new(definition, instance, scope, given, self.types.resources_mut().clone()));
    }

    /// Ends the innermost instantiation: the instance gets known to the one around it.
    fn end(&mut self) -> Option<()> {
        let frame = self.frames.pop()?;
        *self.types.resources_mut() = frame.resources;
        let (Some(outer), Some(given)) = (self.frames.last_mut(), frame.given) else { return Some(()) };
        let types = outer.definition.types.as_ref();
        let items: Items = Rc::new(frame.exports);
        outer.instances.push(Rc::clone(&items));
        resources::register(self.types, types, ComponentEntityType::Instance(given.ty), &Item::Instance(items))
    }

    fn step(&mut self, step: &'d Step<'d>, types: TypesRef<'d>) -> Option<()> {
        match step {
            Step::Import(name) => self.import(name, types),
            Step::Module(module) => self.push(Item::Module(Some(*module))),
            Step::Component(definition) => {
                let outer = Some(self.frames.last()?.scope);
                self.push(Item::Component(Component { definition: *definition, outer }))
            }
            Step::CoreInstance(instance) => self.core_instance(instance),
            Step::Instance(instance) => self.instance(instance, types),
            Step::Alias(alias) => self.alias(alias),
            Step::Function(function) => self.function(function, types),
            Step::Resource(id) => {
                let index = ResourceIndex::from_u32(self.next_resource as u32);
                self.next_resource += 1;
                self.types.resources_mut().register_resource(*id, index);
                Some(())
            }
            Step::Export(export) => {
                let item = self.item(export.kind, export.index, types)?;
                self.frames.last_mut()?.exports.insert(export.name.name.to_string(), item.clone());
                self.push(item)
            }
        }
    }

    /// Puts an item into its index space. That of types is the validator's.
    pub fn push(&mut self, item: Item) -> Option<()> {
        let frame = self.frames.last_mut()?;
        match item {
            Item::Func(func) => frame.funcs.push(func),
            Item::Instance(items) => frame.instances.push(items),
            Item::Component(component) => self.scopes[frame.scope].components.push(component),
            Item::Module(module) => self.scopes[frame.scope].modules.push(module),
            Item::Resource(_) | Item::Type => {}
        }
        Some(())
    }

    /// The item at an index.
    fn item(&mut self, kind: ComponentExternalKind, index: u32, types: TypesRef<'_>) -> Option<Item> {
        let frame = self.frames.last()?;
        let (scope, at) = (&self.scopes[frame.scope], index as usize);
        Some(match kind {
            ComponentExternalKind::Func => Item::Func(frame.funcs.get(at)?.clone()),
            ComponentExternalKind::Instance => Item::Instance(frame.instances.get(at)?.clone()),
            ComponentExternalKind::Component => Item::Component(*scope.components.get(at)?),
            ComponentExternalKind::Module => Item::Module(*scope.modules.get(at)?),
            ComponentExternalKind::Type => resources::type_item(self.types, types.component_any_type_at(index)),
            ComponentExternalKind::Value => return None,
        })
    }

    fn core_instance(&mut self, instance: &Instance<'d>) -> Option<()> {
        let frame = self.frames.last_mut()?;
        frame.core_instances.push(match instance {
            Instance::Instantiate { module_index, .. } => {
                let module = (*self.scopes[frame.scope].modules.get(*module_index as usize)?)?;
                self.core_instances += 1;
                CoreInstance::Module(dfg::InstanceId::from_u32(self.core_instances - 1), module)
            }
            Instance::FromExports(exports) => CoreInstance::of_items(exports),
        });
        Some(())
    }

    fn instance(&mut self, instance: &ComponentInstance<'_>, types: TypesRef<'_>) -> Option<()> {
        let mut items = HashMap::new();
        match instance {
            ComponentInstance::Instantiate { component_index, args } => {
                for arg in args {
                    items.insert(arg.name.to_string(), self.item(arg.kind, arg.index, types)?);
                }
                let frame = self.frames.last()?;
                let ty = types.component_instance_at(frame.instances.len() as u32);
                let component = *self.scopes[frame.scope].components.get(*component_index as usize)?;
                self.begin(component, Some(Given { arguments: items, ty }));
                Some(())
            }
            ComponentInstance::FromExports(exports) => {
                for export in exports {
                    items.insert(export.name.name.to_string(), self.item(export.kind, export.index, types)?);
                }
                self.push(Item::Instance(Rc::new(items)))
            }
        }
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) -> Option<()> {
        let frame = self.frames.last_mut()?;
        match *alias {
            ComponentAlias::CoreInstanceExport { instance_index, name, .. } => {
                frame.alias_core(instance_index, name, self.modules)
            }
            ComponentAlias::InstanceExport { instance_index, name, .. } => {
                let item = frame.instances.get(instance_index as usize)?.get(name)?.clone();
                self.push(item)
            }
            ComponentAlias::Outer { kind, count, index } => {
                let mut scope = &self.scopes[frame.scope];
                for _ in 0..count {
                    scope = &self.scopes[scope.outer?];
                }
                let item = match kind {
                    ComponentOuterAliasKind::CoreModule => Item::Module(*scope.modules.get(index as usize)?),
                    ComponentOuterAliasKind::Component => Item::Component(*scope.components.get(index as usize)?),
                    ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Type => Item::Type,
                };
                self.push(item)
            }
        }
    }
}
