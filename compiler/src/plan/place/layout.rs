//! The layout of the slab. The place of fields relative to `vmctx` is decided here and nowhere else.
//!
//! ```text
//! 0            control pages
//!              tables that are written, each from a multiple of 64 KiB
//!              exceptions
//!              the heap, behind its marks and the state of its allocation
//!              for each group: its globals, which end at `vmctx`; its memory 0 and the guard
//!              further memories with their guards
//! ```

use crate::decode::{StorageType, ValType};
use crate::plan::program::{
    GlobalId, GlobalPlace, GlobalPlan, GroupPlan, MemoryId, MemoryPlan, ProgramPlan, SlabLayout, TablePlace,
};
use aot_abi::program::PAGE_BYTES_MAX;
use aot_abi::slab::ControlLayout;
use cranelift_entity::PrimaryMap;

/// Gives every item of the plan its place.
pub(super) fn place(plan: &mut ProgramPlan) {
    let slab_tables = number_slab_tables(plan);
    let control = ControlLayout::new(
        plan.memories.len() as u32,
        slab_tables,
        plan.data.len() as u32,
        plan.elements.len() as u32,
        plan.component_instances,
    );
    let mut spans = Vec::new();
    // Right behind them, so that opening everything takes one system call.
    let mut cursor = page_up(control.end);
    for table in plan.tables.values_mut() {
        if let TablePlace::Slab { base } = &mut table.place {
            *base = cursor;
            let bytes = page_up(table.elements_max * 4);
            if bytes > 0 {
                spans.push((cursor, bytes));
            }
            cursor += bytes;
        }
    }
    if let Some(exceptions) = &mut plan.exceptions {
        exceptions.base = cursor;
        spans.push((cursor, page_up(exceptions.bytes())));
        cursor += page_up(exceptions.bytes());
    }
    if let Some(heap) = &mut plan.heap {
        heap.pending = cursor;
        heap.marks = heap.pending + heap.pending_bytes();
        let state = heap.marks + heap.marks_bytes();
        spans.push((state, PAGE_BYTES_MAX));
        heap.base = state + PAGE_BYTES_MAX;
        cursor = heap.base + heap.bytes;
    }
    // Behind the control pages comes what is used at any rate, so that a reset looks at both together.
    let is_entered = |group: &GroupPlan, memories: &PrimaryMap<MemoryId, MemoryPlan>| {
        group.memory.is_some_and(|memory| memories[memory].part.is_some())
    };
    for later in [false, true] {
        for group in plan.groups.values_mut() {
            if is_entered(group, &plan.memories) == later {
                cursor = place_group(group, &mut plan.globals, &mut plan.memories, &mut spans, cursor);
            }
        }
    }
    for (id, memory) in &mut plan.memories {
        let is_first = plan.groups.values().any(|group| group.memory == Some(id));
        if !is_first {
            cursor = place_memory(memory, cursor);
        }
    }
    for global in plan.globals.values_mut() {
        if let GlobalPlace::InstanceFlags { offset } = &mut global.place {
            *offset = control.instance_flags + 4 * *offset;
        }
    }
    plan.slab = SlabLayout { control, spans, bytes: page_up(cursor) };
}

fn number_slab_tables(plan: &mut ProgramPlan) -> u32 {
    let mut count = 0;
    for table in plan.tables.values_mut() {
        if matches!(table.place, TablePlace::Slab { .. }) {
            table.slab_index = count;
            count += 1;
        }
    }
    count
}

/// Globals end at `vmctx`, the hottest last; the memory begins there. The end of all that.
fn place_group(
    group: &mut GroupPlan,
    globals: &mut PrimaryMap<GlobalId, GlobalPlan>,
    memories: &mut PrimaryMap<MemoryId, MemoryPlan>,
    spans: &mut Vec<(u64, u64)>,
    cursor: u64,
) -> u64 {
    let mut distance = 0;
    let mut distances = Vec::with_capacity(group.globals.len());
    for global in &group.globals {
        let bytes = value_bytes(globals[*global].ty.value);
        distance = (distance + bytes).next_multiple_of(bytes);
        distances.push(distance);
    }
    group.globals_bytes = distance;
    group.vmctx = cursor + page_up(distance);
    if distance > 0 {
        spans.push((cursor, page_up(distance)));
    }
    for (global, distance) in group.globals.iter().zip(distances) {
        globals[*global].place = GlobalPlace::Slab { offset: group.vmctx - distance };
    }
    match group.memory {
        Some(memory) => place_memory(&mut memories[memory], group.vmctx),
        None => group.vmctx + PAGE_BYTES_MAX,
    }
}

fn place_memory(memory: &mut MemoryPlan, cursor: u64) -> u64 {
    memory.base = cursor;
    cursor + memory.reserved_bytes + memory.guard_bytes
}

/// Bytes of a value in the slab.
pub(in crate::plan) fn value_bytes(ty: ValType) -> u64 {
    u64::from(StorageType::Value(ty).bytes())
}

fn page_up(bytes: u64) -> u64 {
    bytes.next_multiple_of(PAGE_BYTES_MAX)
}
