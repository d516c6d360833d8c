//! What every item is translated from, and what a thread keeps from one item to the next.

use super::region::{Region, global_regions};
use super::types::{Kind, value_type};
use crate::decode::{CompositeType, DefinedType, FuncIndex, ModuleIndex, Program, TypeId, ValType};
use crate::error::{Error, Stage};
use crate::plan::{FuncId, GlobalId, GroupId, ProgramPlan, RecordId, struct_layout};
use cranelift_codegen::isa::TargetIsa;
use cranelift_entity::SecondaryMap;
use cranelift_frontend::FunctionBuilderContext;
use std::collections::{BTreeSet, HashMap};

/// The program, and what has been derived from it once.
pub struct Context<'a> {
    /// The modules.
    pub program: &'a Program<'a>,
    /// The plan.
    pub plan: &'a ProgramPlan,
    /// The target.
    pub isa: &'a dyn TargetIsa,
    /// Whether results must be the same on all targets.
    pub deterministic: bool,
    /// Whether debug information is wanted.
    pub debug: bool,
    /// The locals that are kept in the frame for debug information, by function.
    pub kept_locals: HashMap<(ModuleIndex, FuncIndex), BTreeSet<u32>>,
    /// The record of each function that has one.
    pub(super) records: HashMap<FuncId, RecordId>,
    /// For each type that functions with records have: the group of all of them, if it is one.
    pub(super) record_groups: HashMap<TypeId, Option<GroupId>>,
    /// Where the fields of structures lie, and the bytes of all.
    pub(super) structs: HashMap<TypeId, (Vec<u32>, u32)>,
    /// The alias region of each global in the slab.
    pub(super) global_regions: SecondaryMap<GlobalId, Option<Region>>,
}

impl<'a> Context<'a> {
    /// For this program and target.
    pub fn new(program: &'a Program<'a>, plan: &'a ProgramPlan, isa: &'a dyn TargetIsa) -> Self {
        let records = plan.records.iter().filter_map(|(record, func)| Some(((*func)?, record)));
        Self {
            program,
            plan,
            isa,
            deterministic: false,
            debug: false,
            kept_locals: HashMap::new(),
            records: records.collect(),
            record_groups: record_groups(program, plan),
            structs: structs(program, plan),
            global_regions: global_regions(plan),
        }
    }

    /// The region of a global in the slab.
    pub(super) fn global_region(&self, global: GlobalId) -> Region {
        self.global_regions[global].unwrap_or(Region::Global(global))
    }

    /// How code has values of a type.
    pub(super) fn kind(&self, ty: ValType) -> Kind {
        Kind { ty: value_type(ty), traced: self.plan.heap.is_some() && self.program.types.is_traced(ty) }
    }
}

fn record_groups(program: &Program<'_>, plan: &ProgramPlan) -> HashMap<TypeId, Option<GroupId>> {
    let mut groups = HashMap::new();
    for func in plan.records.values().flatten() {
        let func = &plan.functions[*func];
        for ty in program.types.and_above(func.ty) {
            let group = groups.entry(ty).or_insert(Some(func.group));
            if *group != Some(func.group) {
                *group = None;
            }
        }
    }
    groups
}

fn structs(program: &Program<'_>, plan: &ProgramPlan) -> HashMap<TypeId, (Vec<u32>, u32)> {
    if plan.heap.is_none() {
        return HashMap::new();
    }
    let layout = |(id, ty): (TypeId, &DefinedType)| match &ty.composite {
        CompositeType::Struct(fields) => Some((id, struct_layout(fields))),
        _ => None,
    };
    program.types.iter().filter_map(layout).collect()
}

/// Buffers that the items of one thread reuse.
#[derive(Default)]
pub struct Scratch {
    pub(super) builder: FunctionBuilderContext,
}

/// An error that only a defect of an earlier stage can cause.
pub(super) fn defect(what: impl Into<String>) -> Error {
    Error::defect(Stage::Translate, what)
}
