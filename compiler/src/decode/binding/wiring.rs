//! A component's core instances and the items with which they are wired.

use crate::decode::component::{Component, CoreDef, ExportItem, ExportKind, LiftedFunc, Trampoline};
use crate::decode::indices::{FuncIndex, ModuleIndex};
use crate::decode::module::{Entity, Module};
use crate::decode::types::{FuncType, Types};
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

    /// A function among the items of this instance.
    pub fn func_of(&self, instance: usize, def: &CoreDef) -> Option<FuncIndex> {
        match self.entity(def)? {
            (of, Entity::Func(func)) if of == instance => Some(func),
            _ => None,
        }
    }

    /// The type of a function of an instance.
    pub fn func_type(&self, instance: usize, func: FuncIndex) -> &'w FuncType {
        self.types.func(self.module(instance).functions[func])
    }
}

/// Every item that a component names, besides the arguments of its instances and what canonical options name.
pub fn other_defs(component: &Component) -> impl Iterator<Item = &CoreDef> {
    let destructors = component.resources.iter().filter_map(|resource| resource.destructor.as_ref());
    let builtins = component.trampolines.values().filter_map(|(trampoline, _)| match trampoline {
        Trampoline::Builtin(call) => call.destructor.as_ref(),
        _ => None,
    });
    destructors.chain(builtins).chain(component.exports.iter().flat_map(|export| lifted(&export.kind)).map(|f| &f.func))
}

/// The functions of an export.
pub fn lifted(kind: &ExportKind) -> Vec<&LiftedFunc> {
    match kind {
        ExportKind::Func(func) => vec![func],
        ExportKind::Interface(functions) => functions.iter().map(|(_, func)| func).collect(),
        ExportKind::Other => Vec::new(),
    }
}

/// Every item that a component names anywhere.
pub fn all_defs_mut(component: &mut Component) -> impl Iterator<Item = &mut CoreDef> {
    let arguments = component.instances.iter_mut().flat_map(|instance| &mut instance.arguments);
    let destructors = component.resources.iter_mut().filter_map(|resource| resource.destructor.as_mut());
    let builtins = component.trampolines.values_mut().filter_map(|(trampoline, _)| match trampoline {
        Trampoline::Builtin(call) => call.destructor.as_mut(),
        _ => None,
    });
    let options = component.memories.iter_mut().chain(&mut component.reallocs).chain(&mut component.post_returns);
    let lifted = component.exports.iter_mut().flat_map(|export| lifted_mut(&mut export.kind)).map(|f| &mut f.func);
    arguments
        .chain(destructors)
        .chain(builtins)
        .chain(options)
        .chain(lifted)
        .chain(component.command.as_mut().map(|command| &mut command.func))
}

fn lifted_mut(kind: &mut ExportKind) -> Vec<&mut LiftedFunc> {
    match kind {
        ExportKind::Func(func) => vec![func],
        ExportKind::Interface(functions) => functions.iter_mut().map(|(_, func)| func).collect(),
        ExportKind::Other => Vec::new(),
    }
}
