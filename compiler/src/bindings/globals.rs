//! The globals of numbers that a library exports: those of a core module, which its host program may read, and write if they are
//! mutable.

use super::memories::core_module;
use super::names::core_name;
use crate::decode::{Entity, Program, Scalar, ValType};
use crate::plan::{GlobalPlace, ProgramPlan};

/// An exported global.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Global {
    /// The symbol of the function that reads it.
    pub get: String,
    /// The symbol of the function that writes it, if it is mutable.
    pub set: Option<String>,
    /// The name of the export.
    pub export: String,
    /// The type of the value.
    pub scalar: Scalar,
    /// The place, as a slab offset.
    pub offset: u64,
}

/// The globals of numbers that a core module exports, of a library with this name; none of a component.
pub fn globals(library: &str, program: &Program<'_>, plan: &ProgramPlan) -> Vec<Global> {
    let Some((module, instance)) = core_module(program, plan) else { return Vec::new() };
    let global = |(name, entity): &(String, Entity)| {
        let Entity::Global(global) = entity else { return None };
        let planned = &plan.globals[*instance.globals.get(*global)?];
        let GlobalPlace::Slab { offset } = planned.place else { return None };
        let symbol = |action| format!("{library}_{}_{action}", core_name(name));
        Some(Global {
            get: symbol("get"),
            set: planned.ty.mutable.then(|| symbol("set")),
            export: name.clone(),
            scalar: number(planned.ty.value)?,
            offset,
        })
    };
    module.exports.iter().filter_map(global).collect()
}

fn number(ty: ValType) -> Option<Scalar> {
    Some(match ty {
        ValType::I32 => Scalar::S32,
        ValType::I64 => Scalar::S64,
        ValType::F32 => Scalar::F32,
        ValType::F64 => Scalar::F64,
        ValType::V128 | ValType::Ref(_) => return None,
    })
}
