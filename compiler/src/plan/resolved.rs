//! The program with all imports resolved, before anything is dropped or has a place.

use super::program::{
    Computation, ConstValue, ExportsPlan, FuncKind, GlobalId, GroupId, GroupPlan, InstanceId, InstancePlan, MainPlan,
    MemoryId, OptionsPlan, StartStep, TableId, TagId, TagPlan,
};
use crate::decode::{DataIndex, ElementIndex, FuncIndex, GlobalType, MemoryType, Module, Program, TableType, TypeId};
use cranelift_entity::PrimaryMap;
use std::collections::BTreeSet;

/// The definition of a function. The order is that of the guest text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum FuncDef {
    /// A function of a module, in an instance of the module.
    Wasm(InstanceId, FuncIndex),
    /// Generated: an index in [`Resolved::generated`].
    Generated(usize),
}

/// A data segment of an instance.
pub(super) type DataKey = (InstanceId, DataIndex);
/// An element segment of an instance.
pub(super) type ElementKey = (InstanceId, ElementIndex);
/// A constant before functions have records.
pub(super) type Value = ConstValue<FuncDef>;
/// A step of start-up before functions and segments have numbers.
pub(super) type Step = StartStep<FuncDef, DataKey, ElementKey>;

/// The program with all imports resolved.
#[derive(Debug)]
pub(super) struct Resolved<'p, 'a> {
    pub program: &'p Program<'a>,
    pub instances: PrimaryMap<InstanceId, InstancePlan<FuncDef>>,
    /// The start-up function that each instance belongs to, if there are several.
    pub starts: PrimaryMap<InstanceId, u32>,
    /// The component instances that stand for the parts of start-up functions, from the second on.
    pub parts: Vec<u32>,
    pub groups: PrimaryMap<GroupId, GroupPlan>,
    pub tables: PrimaryMap<TableId, TableDef>,
    pub memories: PrimaryMap<MemoryId, MemoryDef>,
    pub globals: PrimaryMap<GlobalId, GlobalDef>,
    pub tags: PrimaryMap<TagId, TagPlan>,
    pub generated: Vec<Generated>,
    /// Interfaces that this version lacks, whole or in part.
    pub missing_interfaces: BTreeSet<String>,
}

/// A generated function.
#[derive(Debug)]
pub(super) struct Generated {
    pub kind: FuncKind<FuncDef, OptionsPlan<FuncDef>>,
    pub ty: TypeId,
}

/// A table before its place is known.
#[derive(Debug)]
pub(super) struct TableDef {
    pub ty: TableType,
    /// The value of all elements.
    pub init: Initial,
}

/// A memory before its place is known.
#[derive(Debug)]
pub(super) struct MemoryDef {
    pub ty: MemoryType,
    /// The component instance that stands for its part of the program, if the part starts up when it is entered.
    pub part: Option<u32>,
    pub name: String,
}

/// A global before its place is known.
#[derive(Debug)]
pub(super) struct GlobalDef {
    pub ty: GlobalType,
    pub init: Initial,
    /// The component instance for whose flags it stands.
    pub flags_of: Option<u32>,
}

/// The value of a global or of a table's elements at start.
#[derive(Debug)]
pub(super) enum Initial {
    /// Known at compile time.
    Constant(Value),
    /// An object, which start-up makes; null until then.
    Computed(Computation),
}

impl Initial {
    /// The value, if it is known at compile time.
    pub fn constant(&self) -> Option<Value> {
        match self {
            Self::Constant(value) => Some(*value),
            Self::Computed(_) => None,
        }
    }

    /// The expression that start-up evaluates, if there is one.
    pub fn computation(&self) -> Option<&Computation> {
        match self {
            Self::Constant(_) => None,
            Self::Computed(computation) => Some(computation),
        }
    }
}

/// The functions and other items from which liveness begins, besides the steps of start-up.
#[derive(Debug, Default)]
pub(super) struct ResolvedRoots {
    /// The export that runs after start-up.
    pub main: Option<MainPlan<FuncDef>>,
    /// The function that start-up calls at its end.
    pub initialize: Option<FuncDef>,
    /// Exported functions that the runtime calls with values of its own.
    pub exports: Option<ExportsPlan<FuncDef>>,
    /// The function that new threads run, in a program that can make some.
    pub thread_start: Option<FuncDef>,
    /// Functions that the runtime enters, and that the program may refer to.
    pub functions: Vec<FuncDef>,
    /// Tables that the runtime looks into.
    pub tables: Vec<TableId>,
    /// Globals that the runtime reads.
    pub globals: Vec<GlobalId>,
}

impl<'p, 'a> Resolved<'p, 'a> {
    /// The module of an instance.
    pub fn module(&self, instance: InstanceId) -> &'p Module<'a> {
        &self.program.modules[self.instances[instance].module]
    }

    /// The component instance that stands for the part of an instance, if the part starts up when it is entered.
    pub fn part_of(&self, instance: InstanceId) -> Option<u32> {
        let start = *self.starts.get(instance)?;
        self.parts.get((start as usize).checked_sub(1)?).copied()
    }

    /// The type of a function.
    pub fn func_type(&self, def: FuncDef) -> TypeId {
        match def {
            FuncDef::Wasm(instance, func) => self.module(instance).functions[func],
            FuncDef::Generated(index) => self.generated[index].ty,
        }
    }
}
