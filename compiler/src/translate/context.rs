//! Input of translation: the context that all items share, and the buffers that a thread reuses.

use super::region::{Region, global_regions};
use super::stateless;
use super::types::{Kind, guest_signature, value_type};
use crate::decode::{CompositeType, DefinedType, FuncIndex, FuncType, ModuleIndex, Program, TypeId, ValType};
use crate::error::{Error, Stage};
use crate::isa::{self, IsaFacts};
use crate::plan::{FuncId, GlobalId, GroupId, ProgramPlan, RecordId, struct_layout};
use crate::profile::{Heat, Instruments};
use cranelift_codegen::ir::Signature;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::settings::OptLevel;
use cranelift_entity::{EntitySet, SecondaryMap};
use cranelift_frontend::FunctionBuilderContext;
use std::collections::{BTreeSet, HashMap};

/// The program, the plan, and data derived from them once.
pub struct Context<'a> {
    /// Decoded program with its core modules.
    pub program: &'a Program<'a>,
    /// Plan of the program.
    pub plan: &'a ProgramPlan,
    /// Target of the compilation.
    pub isa: &'a dyn TargetIsa,
    /// Facts of the target's instruction set.
    pub isa_facts: &'static IsaFacts,
    /// True if results must be the same on all targets.
    pub deterministic: bool,
    /// True if checks of bounds are guarded against speculation.
    pub spectre_guards: bool,
    /// True if debug information is wanted.
    pub debug: bool,
    /// Locals that are kept in the frame for debug information, by function.
    pub kept_locals: HashMap<(ModuleIndex, FuncIndex), BTreeSet<u32>>,
    /// Counters of the program, if it writes a profile.
    pub instruments: Option<Instruments>,
    /// Profiles of the program, if some were given.
    pub heat: Option<Heat>,
    /// Functions that don't get `vmctx`.
    pub(super) stateless: EntitySet<FuncId>,
    /// Function record of each function that has one.
    pub(super) records: HashMap<FuncId, RecordId>,
    /// The group that all functions of a type belong to, by the function types of the records; `None` if they belong to
    /// several.
    pub(super) record_groups: HashMap<TypeId, Option<GroupId>>,
    /// Field offsets and size of each structure type, in bytes.
    pub(super) structs: HashMap<TypeId, (Vec<u32>, u32)>,
    /// Alias region of each global in the slab.
    pub(super) global_regions: SecondaryMap<GlobalId, Option<Region>>,
}

impl<'a> Context<'a> {
    /// Makes the context for a program and a target.
    pub fn new(program: &'a Program<'a>, plan: &'a ProgramPlan, isa: &'a dyn TargetIsa) -> Self {
        let records = plan.records.iter().filter_map(|(record, func)| Some(((*func)?, record)));
        Self {
            program,
            plan,
            isa,
            isa_facts: isa::facts_of(isa),
            deterministic: false,
            spectre_guards: false,
            debug: false,
            kept_locals: HashMap::new(),
            instruments: None,
            heat: None,
            stateless: EntitySet::new(),
            records: records.collect(),
            record_groups: record_groups(program, plan),
            structs: structs(program, plan),
            global_regions: global_regions(plan),
        }
    }

    /// Finds the functions that need no `vmctx`, and has them compiled without.
    pub fn omit_vmctx(&mut self) {
        self.stateless = stateless::functions(self.program, self.plan);
    }

    /// Returns true if small code is wanted more than fast code.
    pub fn is_for_size(&self) -> bool {
        self.isa.flags().opt_level() == OptLevel::SpeedAndSize
    }

    /// The region of a global in the slab.
    pub(super) fn global_region(&self, global: GlobalId) -> Region {
        self.global_regions[global].unwrap_or(Region::Global(global))
    }

    /// Returns the signature of guest code with this type.
    pub(super) fn signature(&self, ty: &FuncType) -> Signature {
        guest_signature(ty, &self.isa_facts.quirks)
    }

    /// Returns the signature of a function of the plan.
    pub(super) fn signature_of(&self, func: FuncId) -> Signature {
        let mut signature = self.signature(self.program.types.func(self.plan.functions[func].ty));
        if self.stateless.contains(func) {
            signature.params.remove(0);
        }
        signature
    }

    /// Returns the kind of the values in code that have a type.
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

/// Makes an error that only a defect of an earlier stage can cause.
pub(super) fn defect(what: impl Into<String>) -> Error {
    Error::defect(Stage::Translate, what)
}

/// Makes an error of the parser, which has read the body before: a defect too.
pub(super) fn parse_error(error: wasmparser::BinaryReaderError) -> Error {
    Error::defect(Stage::Translate, error.message()).at(error.offset() as u64)
}
