//! What every item is translated from, and what a thread keeps from one item to the next.

use super::region::{Region, global_regions};
use crate::decode::{FuncIndex, ModuleIndex, Program, TypeId};
use crate::error::{Error, Stage};
use crate::plan::{FuncId, GlobalId, GroupId, ProgramPlan, RecordId};
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
    /// For each type of function that has records: the group of all of them, if it is one.
    pub(super) record_groups: HashMap<TypeId, Option<GroupId>>,
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
            record_groups: record_groups(plan),
            global_regions: global_regions(plan),
        }
    }
}

fn record_groups(plan: &ProgramPlan) -> HashMap<TypeId, Option<GroupId>> {
    let mut groups = HashMap::new();
    for func in plan.records.values().flatten() {
        let func = &plan.functions[*func];
        let group = groups.entry(func.ty).or_insert(Some(func.group));
        if *group != Some(func.group) {
            *group = None;
        }
    }
    groups
}

/// Buffers that the items of one thread reuse.
#[derive(Default)]
pub struct Scratch {
    pub(super) builder: FunctionBuilderContext,
}

/// An error that only a defect of an earlier stage can cause.
pub(super) fn defect(what: impl Into<String>) -> Error {
    Error::new(Stage::Translate, what).help("this is a defect of aot; please report it")
}
