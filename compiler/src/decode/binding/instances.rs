//! Removal of instances that nothing needs any more.

use super::wiring::{all_defs_mut, lifted, other_defs};
use crate::decode::component::{Component, CoreDef, Options, Trampoline};
use std::collections::HashSet;

/// An instance that only has a use for those that use it.
pub struct Removable {
    pub instance: usize,
    /// The instance that has to be there if this one is.
    pub filler: Option<usize>,
}

/// Removes the instances of this list to which nothing leads from any other.
pub fn remove(component: &mut Component, removable: &[Removable]) {
    let mut needed = Needed { component, removable, instances: HashSet::new(), work: Vec::new() };
    for index in 0..component.instances.len() {
        if !removable.iter().any(|removable| removable.instance == index) {
            needed.instance(index);
        }
    }
    let command = component.command.iter().map(|command| &command.func);
    other_defs(component).chain(command).for_each(|def| needed.def(def));
    let lifted = component.exports.iter().flat_map(|export| lifted(&export.kind));
    lifted.for_each(|func| needed.options(&func.options));
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
    removable: &'c [Removable],
    instances: HashSet<usize>,
    /// Needed instances whose arguments haven't been looked at.
    work: Vec<usize>,
}

impl Needed<'_> {
    fn instance(&mut self, instance: usize) {
        if self.instances.insert(instance) {
            self.work.push(instance);
            let removable = self.removable.iter().find(|removable| removable.instance == instance);
            removable.and_then(|removable| removable.filler).into_iter().for_each(|filler| self.instance(filler));
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
                }
                Trampoline::Trap | Trampoline::Unsupported(_) => {}
            },
            CoreDef::InstanceFlags(_) => {}
        }
    }

    fn options(&mut self, options: &Options) {
        let component = self.component;
        let memory = options.memory.map(|index| &component.memories[index]);
        let realloc = options.realloc.map(|index| &component.reallocs[index]);
        let post_return = options.post_return.map(|index| &component.post_returns[index]);
        memory.into_iter().chain(realloc).chain(post_return).for_each(|def| self.def(def));
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
    for def in all_defs_mut(component) {
        if let CoreDef::Export { instance, .. } = def {
            *instance = if needed.contains(instance) { numbers[*instance] } else { usize::MAX };
        }
    }
    let mut index = 0..;
    component.instances.retain(|_| index.next().is_some_and(|index| needed.contains(&index)));
}
