//! Debug information: the guest's DWARF becomes the executable's.
//!
//! Each core module has its own DWARF, in custom sections, whose addresses are offsets in its code section. Code is
//! compiled once for each instance, so the units of a module are written once for each instance too, with the addresses
//! of its functions as relocations against the guest text. Malformed input is left out with a warning: debug
//! information is not validated, and a program is correct without it.

mod blocks;
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
    /// Debug sections of the object.
    pub sections: Vec<DebugSection>,
    /// Warnings about debug information that was left out.
    pub warnings: Vec<String>,
}

/// Returns the locals to keep in the frame, by function: all that variables and frames refer to, or, unless `all` is
/// set, only the bases of the guest's own frames.
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

/// Maximum number of locals of a function kept in its frame: frames must not grow without bound.
const KEPT_LOCALS_MAX: usize = 256;

/// Builds the debug information of a program.
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
