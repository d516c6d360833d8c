//! The memories that a library exports: those of a core module, which its host program may read and write.

use super::names::core_name;
use super::{OWN_FUNCTIONS, STRING_FUNCTIONS};
use crate::decode::{Entity, Module, Program};
use crate::plan::{InstanceId, InstancePlan, ProgramPlan};
use cranelift_entity::EntityRef;

/// An exported memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The symbol of the function that tells where it is.
    pub symbol: String,
    /// The name of the export.
    pub export: String,
    /// The number of the memory in the plan.
    pub number: u32,
}

/// The memories that a core module exports, of a library with this name; none of a component.
pub fn memories(library: &str, program: &Program<'_>, plan: &ProgramPlan) -> Vec<Memory> {
    let Some((module, instance)) = core_module(program, plan) else { return Vec::new() };
    let memory = |(name, entity): &(String, Entity)| match entity {
        Entity::Memory(memory) => Some(Memory {
            symbol: symbol(library, &core_name(name)),
            export: name.clone(),
            number: instance.memories.get(*memory)?.index() as u32,
        }),
        _ => None,
    };
    module.exports.iter().filter_map(memory).collect()
}

/// The core module that a program is, and its instance; none of a component.
pub(super) fn core_module<'m>(
    program: &'m Program<'_>,
    plan: &'m ProgramPlan,
) -> Option<(&'m Module<'m>, &'m InstancePlan)> {
    let module = program.modules.values().next().filter(|_| program.component.is_none());
    module.zip(plan.instances.get(InstanceId::from_u32(0)))
}

/// The symbol of a memory. A name that is taken gets an underscore.
fn symbol(library: &str, name: &str) -> String {
    let is_taken = OWN_FUNCTIONS.iter().chain(&STRING_FUNCTIONS).any(|own| *own == name);
    format!("{library}_{name}{}", if is_taken { "_" } else { "" })
}
