//! A component's core instances and the items with which they are wired.

use crate::decode::component::{
    Component, CoreDef, DefinedResource, Export, ExportItem, ExportKind, LiftedFunc, Trampoline, TrampolineIndex,
};
use crate::decode::indices::ModuleIndex;
use crate::decode::module::{Entity, Module};
use crate::decode::types::{TypeId, Types};
use cranelift_entity::PrimaryMap;

/// A component whose wires can be changed.
pub struct Wiring<'w, 'a> {
    pub component: &'w mut Component,
    pub modules: &'w PrimaryMap<ModuleIndex, Module<'a>>,
    pub types: &'w Types,
}

impl<'w, 'a> Wiring<'w, 'a> {
    /// The module of an instance.
    pub fn module(&self, instance: usize) -> &'w Module<'a> {
        &self.modules[self.component.instances[instance].module]
    }

    /// The instance that defines or imports an item under a name, and the item.
    pub fn entity(&self, def: &CoreDef) -> Option<(usize, Entity)> {
        let CoreDef::Export { instance, item } = def else { return None };
        let entity = match item {
            ExportItem::Index(entity) => Some(*entity),
            ExportItem::Name(name) => self.module(*instance).export(name),
        };
        entity.map(|entity| (*instance, entity))
    }
}

/// The uses of the items of core instances. They are found once, so that instances are recognised in a time that follows the size
/// of the component.
pub struct Uses {
    /// For each instance, the arguments that are items of it.
    pub arguments: Vec<Vec<Argument>>,
    /// For each instance, its items that the component names elsewhere, besides canonical options.
    pub others: Vec<Vec<Entity>>,
}

/// An argument of a core instance that is an item of another.
pub struct Argument {
    /// The item of the other instance.
    pub item: Entity,
    /// The instance that has the argument.
    pub user: usize,
    /// The place among its arguments.
    pub place: usize,
}

impl Uses {
    /// Finds the uses of all instances.
    pub fn find(wiring: &mut Wiring<'_, '_>) -> Self {
        let named: Vec<CoreDef> = other_defs(wiring.component).map(|def| def.clone()).collect();
        let count = wiring.component.instances.len();
        let mut uses = Self { arguments: Vec::new(), others: vec![Vec::new(); count] };
        uses.arguments.resize_with(count, Vec::new);
        for (instance, item) in named.iter().filter_map(|def| wiring.entity(def)) {
            uses.others[instance].push(item);
        }
        for (user, instance) in wiring.component.instances.iter().enumerate() {
            for (place, argument) in instance.arguments.iter().enumerate() {
                if let Some((instance, item)) = wiring.entity(argument) {
                    uses.arguments[instance].push(Argument { item, user, place });
                }
            }
        }
        uses
    }
}

/// Every item that a component names, besides the arguments of its instances, its command and what canonical options name.
pub fn other_defs(component: &mut Component) -> impl Iterator<Item = &mut CoreDef> {
    other_defs_of(&mut component.resources, &mut component.trampolines, &mut component.exports)
}

fn other_defs_of<'c>(
    resources: &'c mut [DefinedResource],
    trampolines: &'c mut PrimaryMap<TrampolineIndex, (Trampoline, TypeId)>,
    exports: &'c mut [Export],
) -> impl Iterator<Item = &'c mut CoreDef> {
    let destructors = resources.iter_mut().filter_map(|resource| resource.destructor.as_mut());
    let builtins = trampolines.values_mut().filter_map(|(trampoline, _)| match trampoline {
        Trampoline::Builtin(call) => Some(call.destructor.iter_mut().chain(call.references.iter_mut().flatten())),
        _ => None,
    });
    let exported = exports.iter_mut().flat_map(|export| lifted(&mut export.kind));
    destructors.chain(builtins.flatten()).chain(exported.map(|func| &mut func.func))
}

/// Every item that a component names anywhere.
pub fn all_defs(component: &mut Component) -> impl Iterator<Item = &mut CoreDef> {
    let arguments = component.instances.iter_mut().flat_map(|instance| &mut instance.arguments);
    let options = component.memories.iter_mut().chain(&mut component.reallocs).chain(&mut component.post_returns);
    let options = options.chain(&mut component.callbacks);
    let others = other_defs_of(&mut component.resources, &mut component.trampolines, &mut component.exports);
    let command = component.command.as_mut().map(|command| &mut command.func);
    arguments.chain(options).chain(others).chain(command)
}

/// The functions of an export.
pub fn lifted(kind: &mut ExportKind) -> Vec<&mut LiftedFunc> {
    match kind {
        ExportKind::Func(func) => vec![func],
        ExportKind::Interface(functions) => functions.iter_mut().map(|(_, func)| func).collect(),
        ExportKind::Other => Vec::new(),
    }
}
