//! Removal of instances that nothing needs any more.

use super::wiring::{all_defs, lifted, other_defs};
use crate::decode::component::{Component, CoreDef, Options, Trampoline};
use std::collections::{HashMap, HashSet};

/// An instance that only has a use for those that use it.
pub struct Removable {
    pub instance: usize,
    /// The instance that has to be there if this one is.
    pub filler: Option<usize>,
}

/// Removes the instances of this list to which nothing leads from any other.
pub fn remove(component: &mut Component, removable: &[Removable]) {
    let named: Vec<CoreDef> = other_defs(component).map(|def| def.clone()).collect();
    let lifted = component.exports.iter_mut().flat_map(|export| lifted(&mut export.kind));
    let options: Vec<Options> = lifted.map(|func| func.options.clone()).collect();
    let fillers = removable.iter().map(|removable| (removable.instance, removable.filler)).collect();
    let mut needed = Needed { component, fillers, instances: HashSet::new(), work: Vec::new() };
    for index in 0..component.instances.len() {
        if !needed.fillers.contains_key(&index) {
            needed.instance(index);
        }
    }
    let command = component.command.iter().map(|command| &command.func);
    named.iter().chain(command).for_each(|def| needed.def(def));
    options.iter().for_each(|options| needed.options(options));
    while let Some(instance) = needed.work.pop() {
        component.instances[instance].arguments.iter().for_each(|def| needed.def(def));
    }
    let needed = needed.instances;
    if needed.len() < component.instances.len() {
        renumber(component, &needed);
    }
}

/// The instances that are needed, as far as they are found.
struct Needed<'c> {
    component: &'c Component,
    /// The instances that can be removed, with what has to be there if one is.
    fillers: HashMap<usize, Option<usize>>,
    instances: HashSet<usize>,
    /// Needed instances whose arguments haven't been looked at.
    work: Vec<usize>,
}

impl Needed<'_> {
    fn instance(&mut self, instance: usize) {
        if self.instances.insert(instance) {
            self.work.push(instance);
            let filler = self.fillers.get(&instance).copied().flatten();
            filler.into_iter().for_each(|filler| self.instance(filler));
        }
    }

    fn def(&mut self, def: &CoreDef) {
        let component = self.component;
        match def {
            CoreDef::Export { instance, .. } => self.instance(*instance),
            CoreDef::Trampoline(index) => match &component.trampolines[*index].0 {
                Trampoline::LowerImport { options, .. } | Trampoline::Preview1 { options, .. } => self.options(options),
                Trampoline::Builtin(call) => {
                    call.memories.iter().for_each(|memory| self.def(&component.memories[*memory]));
                    call.destructor.iter().for_each(|destructor| self.def(destructor));
                    call.references.iter().flatten().for_each(|function| self.def(function));
                    call.options.iter().for_each(|options| self.options(options));
                }
                Trampoline::Trap | Trampoline::Unsupported(_) => {}
            },
            CoreDef::InstanceFlags(_) | CoreDef::TaskMayBlock | CoreDef::Context { .. } => {}
        }
    }

    fn options(&mut self, options: &Options) {
        let component = self.component;
        let memory = options.memory.map(|index| &component.memories[index]);
        let realloc = options.realloc.map(|index| &component.reallocs[index]);
        let post_return = options.post_return.map(|index| &component.post_returns[index]);
        let callback = options.callback.map(|index| &component.callbacks[index]);
        memory.into_iter().chain(realloc).chain(post_return).chain(callback).for_each(|def| self.def(def));
    }
}

/// Removes all other instances, and gives those that stay new numbers. Nothing that is used names one that is removed.
fn renumber(component: &mut Component, needed: &HashSet<usize>) {
    let mut next = 0;
    let mut numbers = Vec::new();
    for index in 0..component.instances.len() {
        numbers.push(next);
        next += usize::from(needed.contains(&index));
    }
    for def in all_defs(component) {
        if let CoreDef::Export { instance, .. } = def {
            *instance = if needed.contains(instance) { numbers[*instance] } else { usize::MAX };
        }
    }
    let mut index = 0..;
    component.instances.retain(|_| index.next().is_some_and(|index| needed.contains(&index)));
}
