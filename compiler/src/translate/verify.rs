//! Verification that every load and store names the alias region of the data that it accesses.
//!
//! The check is independent of translation: it computes each address's distance from `vmctx`, looks up that slab offset
//! in the plan, and compares. An indexed address counts by its constant terms.

use super::context::defect;
use super::item::START_VMCTX;
use super::names::Name;
use super::region::{Region, global_regions};
use crate::error::Result;
use crate::plan::{GlobalPlace, ProgramPlan, TablePlace};
use aot_abi::gc::STATE_BYTES;
use aot_abi::slab::HEADER_BYTES;
use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Value, ValueDef};

/// Checks the alias regions of a translated function, before or after inlining.
///
/// # Errors
/// The first access with a wrong region: always a defect of the compiler.
pub fn verify_regions(function: &Function, plan: &ProgramPlan) -> Result<()> {
    let map = SlabMap::new(plan);
    let vmctx_offset = vmctx_offset(function, plan)?;
    for block in function.layout.blocks() {
        for inst in function.layout.block_insts(block) {
            verify_inst(function, &map, vmctx_offset, inst).map_err(defect)?;
        }
    }
    Ok(())
}

/// Returns the slab offset that a function's `vmctx` points to.
fn vmctx_offset(function: &Function, plan: &ProgramPlan) -> Result<u64> {
    let name = function.name.get_user().and_then(Name::from_external);
    match name {
        Some(Name::Func(func) | Name::Entry(func)) => Ok(plan.groups[plan.functions[func].group].vmctx),
        Some(Name::Start(_) | Name::StartEntry(_) | Name::LibcallTrampoline(_)) => Ok(START_VMCTX),
        _ => Err(defect(format!("{} is no item of the guest text", function.name))),
    }
}

fn verify_inst(
    function: &Function,
    map: &SlabMap<'_>,
    vmctx_offset: u64,
    inst: Inst,
) -> std::result::Result<(), String> {
    let (address, offset) = match function.dfg.insts[inst] {
        InstructionData::Load { arg, offset, .. } => (arg, offset),
        InstructionData::Store { args, offset, .. } => (args[1], offset),
        InstructionData::LoadNoOffset { opcode: Opcode::AtomicLoad, arg, .. } => (arg, 0.into()),
        InstructionData::StoreNoOffset { opcode: Opcode::AtomicStore, args, .. } => (args[1], 0.into()),
        InstructionData::AtomicRmw { args, .. } => (args[0], 0.into()),
        InstructionData::AtomicCas { args, .. } => (args[0], 0.into()),
        _ => return Ok(()),
    };
    let region = function.dfg.insts[inst].alias_region(&function.dfg);
    let found = region.map(|region| function.dfg.alias_regions[region].user_id);
    let fail = |expected: &str| {
        let inst = function.dfg.display_inst(inst);
        Err(format!("{inst} of {} has the alias region {found:?} but accesses {expected}", function.name))
    };
    let in_slab = found.is_some_and(|id| map.regions.iter().any(|entry| entry.region.user_id() == id));
    let Some(distances) = distances_from_vmctx(function, address) else {
        return if in_slab || found.is_none() { fail("no part of the slab") } else { Ok(()) };
    };
    let distance = distances.last().copied().unwrap_or(0);
    let slab_offset = vmctx_offset.wrapping_add_signed(distance.wrapping_add(i32::from(offset).into()));
    let is_found = |region: Region| match region {
        // Headers and fields share the memory of an object.
        Region::Objects if found == Some(Region::ObjectHeaders.user_id()) => true,
        region => found == Some(region.user_id()),
    };
    let in_memory = |offset| map.at(offset).any(|region| matches!(region, Region::Memory(_)) && is_found(region));
    let in_wide_memory = |distance| {
        let mut regions = map.at(vmctx_offset.wrapping_add_signed(distance));
        regions.any(|region| {
            matches!(region, Region::Memory(memory) if map.plan.memories[memory].index64) && is_found(region)
        })
    };
    match map.at(slab_offset).next() {
        _ if map.at(slab_offset).any(is_found) => Ok(()),
        // An index of 64 bits may prove constant when a function is inlined, and wrap: the check before the access traps.
        Some(_) if distances.iter().rev().skip(1).any(|distance| in_wide_memory(*distance)) => Ok(()),
        Some(region) => fail(&format!("{region:?}")),
        // An index may prove constant only after optimisation, and lie past the end: the check before the access traps.
        None if distances.iter().any(|distance| in_memory(vmctx_offset.wrapping_add_signed(*distance))) => Ok(()),
        None => fail(&format!("slab offset {slab_offset:#x}, where nothing is")),
    }
}

/// Returns the distances of an address from `vmctx` with 0, 1, … and all of its constant terms; `None` if the address
/// doesn't depend on `vmctx`.
fn distances_from_vmctx(function: &Function, address: Value) -> Option<Vec<i64>> {
    let entry = function.layout.entry_block()?;
    let (mut value, mut terms) = (address, Vec::new());
    loop {
        let inst = match function.dfg.value_def(function.dfg.resolve_aliases(value)) {
            ValueDef::Param(block, 0) if block == entry => break,
            ValueDef::Result(inst, 0) => inst,
            _ => return None,
        };
        match function.dfg.insts[inst] {
            InstructionData::Binary { opcode: Opcode::Iadd, args: [base, index] } => {
                terms.push(constant(function, index).unwrap_or(0));
                value = base;
            }
            // The guarded address; the other is the beginning of the same memory.
            InstructionData::Ternary { opcode: Opcode::SelectSpectreGuard, args: [_, _, guarded] } => value = guarded,
            _ => return None,
        }
    }
    let mut distances = vec![0_i64];
    for term in terms.iter().rev() {
        distances.push(distances.last()?.wrapping_add(*term));
    }
    Some(distances)
}

fn constant(function: &Function, value: Value) -> Option<i64> {
    match function.dfg.insts[function.dfg.value_def(function.dfg.resolve_aliases(value)).inst()?] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits()),
        _ => None,
    }
}

/// Regions of the slab, sorted by offset.
struct SlabMap<'p> {
    plan: &'p ProgramPlan,
    regions: Vec<Entry>,
}

struct Entry {
    start: u64,
    end: u64,
    region: Region,
}

impl<'p> SlabMap<'p> {
    fn new(plan: &'p ProgramPlan) -> Self {
        let mut regions = Vec::new();
        let mut add = |start: u64, end: u64, region| regions.push(Entry { start, end, region });
        let control = &plan.slab.control;
        add(0, HEADER_BYTES, Region::Header);
        add(control.memory_bytes, control.table_elements, Region::MemoryLengths);
        add(control.table_elements, control.data_bytes, Region::TableLengths);
        add(control.data_bytes, control.instance_flags, Region::SegmentLengths);
        add(control.instance_flags, control.end, Region::InstanceFlags);
        for (id, memory) in &plan.memories {
            add(memory.base, memory.base + memory.reserved_bytes + memory.guard_bytes, Region::Memory(id));
        }
        for (id, table) in &plan.tables {
            if let TablePlace::Slab { base } = table.place {
                add(base, base + super::storage::ELEMENT_BYTES * table.elements_max.max(1), Region::Table(id));
            }
        }
        if let Some(exceptions) = &plan.exceptions {
            add(exceptions.base, exceptions.base + exceptions.bytes(), Region::Exceptions);
        }
        if let Some(heap) = &plan.heap {
            add(heap.base - STATE_BYTES, heap.base, Region::HeapState);
            add(heap.base, heap.base + heap.bytes, Region::Objects);
        }
        let own_regions = global_regions(plan);
        for (id, global) in &plan.globals {
            if let GlobalPlace::Slab { offset } = global.place {
                let region = own_regions[id].unwrap_or(Region::Global(id));
                add(offset, offset + global.initial.bytes().len() as u64, region);
            }
        }
        regions.retain(|entry| entry.start < entry.end);
        regions.sort_by_key(|entry| entry.start);
        Self { plan, regions }
    }

    /// Yields the regions of the byte at a slab offset: several if a table that never has elements shares its place.
    fn at(&self, slab_offset: u64) -> impl Iterator<Item = Region> {
        let before = &self.regions[..self.regions.partition_point(|entry| entry.start <= slab_offset)];
        let start = before.last().map(|entry| entry.start);
        let here = before.iter().rev().take_while(move |entry| Some(entry.start) == start);
        here.filter(move |entry| slab_offset < entry.end).map(|entry| entry.region)
    }
}
