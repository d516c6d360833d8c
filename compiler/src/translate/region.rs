//! Alias regions, one for each location, keyed by the resolved definer. A mistake is a silent miscompilation, so
//! `verify` recomputes them.
//!
//! Region numbers are the same in every function of the program, because inlining merges regions by number.

use crate::plan::{GlobalId, GroupId, MemoryId, ProgramPlan, TableId};
use cranelift_codegen::ir::{AliasRegion, AliasRegionData, AliasRegionSet, Function};
use cranelift_entity::{EntityRef, SecondaryMap};

/// A set of locations that overlaps no other region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Region {
    /// A linear memory.
    Memory(MemoryId),
    /// A table, in the slab or read-only.
    Table(TableId),
    /// A global of the program.
    Global(GlobalId),
    /// The globals of a group that have no region of their own.
    OtherGlobals(GroupId),
    /// The current lengths of memories.
    MemoryLengths,
    /// The current lengths of tables.
    TableLengths,
    /// The current lengths of passive segments.
    SegmentLengths,
    /// The flags of component instances.
    InstanceFlags,
    /// The header of the slab.
    Header,
    /// The function records.
    Records,
    /// The values that an entry trampoline reads and writes.
    Values,
    /// The slots of exceptions.
    Exceptions,
    /// The fields of structures and the elements of arrays.
    Objects,
    /// The types and lengths of objects, which never change.
    ObjectHeaders,
    /// The state of object allocation.
    HeapState,
    /// References in frames, which the collector finds.
    Frames,
    /// The counters of the program's profile.
    ProfileCounters,
}

/// Maximum number of globals of a group with regions of their own. Cranelift's alias analysis keeps a state for each
/// region and block, so a function with thousands of globals must not have thousands of regions.
const GLOBAL_REGIONS_MAX: usize = 32;

/// Assigns each global its region: the most used globals of a group have their own.
pub(super) fn global_regions(plan: &ProgramPlan) -> SecondaryMap<GlobalId, Option<Region>> {
    let mut regions = SecondaryMap::new();
    for (group, group_plan) in &plan.groups {
        for (rank, &global) in group_plan.globals.iter().enumerate() {
            let own = rank < GLOBAL_REGIONS_MAX;
            regions[global] = Some(if own { Region::Global(global) } else { Region::OtherGlobals(group) });
        }
    }
    regions
}

impl Region {
    /// Returns the region's number in CLIF.
    pub(super) fn user_id(self) -> u32 {
        let (kind, index) = match self {
            Self::Memory(memory) => (0, memory.index()),
            Self::Table(table) => (1, table.index()),
            Self::Global(global) => (2, global.index()),
            Self::OtherGlobals(group) => (3, group.index()),
            Self::MemoryLengths => (4, 0),
            Self::TableLengths => (4, 1),
            Self::SegmentLengths => (4, 2),
            Self::InstanceFlags => (4, 3),
            Self::Header => (4, 4),
            Self::Records => (4, 5),
            Self::Values => (4, 6),
            Self::Exceptions => (4, 7),
            Self::Objects => (4, 8),
            Self::ObjectHeaders => (4, 9),
            Self::HeapState => (4, 10),
            Self::Frames => (4, 11),
            Self::ProfileCounters => (4, 12),
        };
        assert!(index < 1 << 28);
        kind << 28 | index as u32
    }

    /// Returns the text that CLIF prints for the region.
    fn description(self) -> String {
        match self {
            Self::Memory(memory) => memory.to_string(),
            Self::Table(table) => table.to_string(),
            Self::Global(global) => global.to_string(),
            Self::OtherGlobals(group) => format!("other globals of {group}"),
            Self::MemoryLengths => "memory lengths".into(),
            Self::TableLengths => "table lengths".into(),
            Self::SegmentLengths => "segment lengths".into(),
            Self::InstanceFlags => "instance flags".into(),
            Self::Header => "slab header".into(),
            Self::Records => "function records".into(),
            Self::Values => "values".into(),
            Self::Exceptions => "exceptions".into(),
            Self::Objects => "objects".into(),
            Self::ObjectHeaders => "object headers".into(),
            Self::HeapState => "heap state".into(),
            Self::Frames => "frames".into(),
            Self::ProfileCounters => "profile counters".into(),
        }
    }

    /// Declares the region in `function`, and returns its entity.
    pub(super) fn declare(self, function: &mut Function) -> AliasRegion {
        self.declare_in(&mut function.dfg.alias_regions)
    }

    /// Declares the region in a set, and returns its entity.
    pub(super) fn declare_in(self, regions: &mut AliasRegionSet) -> AliasRegion {
        let user_id = self.user_id();
        match regions.get(user_id) {
            Some(region) => region,
            None => {
                let description = self.description().into();
                regions.insert(AliasRegionData { user_id, description })
            }
        }
    }
}
