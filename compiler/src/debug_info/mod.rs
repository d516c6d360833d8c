//! Debug information: the guest's DWARF becomes the executable's.
//!
//! Each core module has its own DWARF, in custom sections, whose addresses are offsets in its code section. Code is
//! compiled once an instance, so that the units of a module are written once an instance too, with the addresses of its
//! functions as relocations against the guest text. What is malformed is left out, with a warning: debug information
//! comes from the input and is not validated, and a program is correct without it.

mod budget;
mod entries;
mod frames;
mod inlined;
mod kept;
mod lines;
mod locations;
mod native;
mod pointers;
mod positions;
mod script;
mod sections;
mod source;
mod units;

pub(super) use positions::{Positions, positions};
pub(super) use sections::{AddressOf, DebugSection};

use crate::codegen::Code;
use crate::decode::{FuncIndex, ModuleIndex, Program};
use crate::translate::Context;
use budget::Budget;
use gimli::write;
use native::Instance;
use source::Source;
use std::collections::{BTreeSet, HashMap};

/// Debug information of a program.
#[derive(Default)]
pub(super) struct DebugInfo {
    /// The sections of the object.
    pub sections: Vec<DebugSection>,
    /// What had to be left out.
    pub warnings: Vec<String>,
}

/// The locals to keep in the frame, by function: all that variables and frames refer to, or only those on which all
/// variables in a frame of the guest's own depend.
pub fn locals(program: &Program<'_>, all: bool) -> HashMap<(ModuleIndex, FuncIndex), BTreeSet<u32>> {
    let mut locals = HashMap::new();
    for (index, module) in &program.modules {
        if let Some(source) = Source::read(module) {
            kept::locals(&source, all, &mut Budget::new(source.bytes), &mut |func, local| {
                let of_func: &mut BTreeSet<u32> = locals.entry((index, func)).or_default();
                if of_func.len() < KEPT_LOCALS_MAX {
                    of_func.insert(local);
                }
            });
        }
    }
    locals
}

/// How many locals of a function are kept in its frame: frames must not grow without a bound.
const KEPT_LOCALS_MAX: usize = 256;

/// Makes the debug information of a program.
pub(super) fn build(context: &Context<'_>, code: &Code) -> DebugInfo {
    let mut dwarf = write::Dwarf::new();
    let mut warnings = Vec::new();
    let mut found = false;
    let mut memories = script::Memories::default();
    for (id, plan) in &context.plan.instances {
        let module = &context.program.modules[plan.module];
        let Some(source) = Source::read(module) else {
            continue;
        };
        found = true;
        let mut budget = Budget::new(source.bytes);
        let instance = Instance::new(context, code, id);
        memories.add(&instance);
        if let Err(problem) = units::convert(&mut dwarf, &source, &instance, &mut budget) {
            warnings.push(format!("debug information of module {} is incomplete: {problem}", module.display_name()));
        }
    }
    if !found {
        warnings.push("there is no debug information in the input; build the program with -g".to_string());
    }
    warnings.dedup();
    match sections::write(&mut dwarf, &frames::table(context, code)) {
        Ok(mut sections) => {
            sections.extend(memories.section());
            DebugInfo { sections, warnings }
        }
        Err(error) => {
            warnings.push(format!("the debug information can't be written: {error}"));
            DebugInfo { sections: Vec::new(), warnings }
        }
    }
}
