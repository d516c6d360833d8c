//! References that the collector finds in the frames of waiting calls.
//!
//! Usually Cranelift finds the references that outlive each call and makes a stack map for each call, which takes time
//! and space in proportion to their product. If that is too much, a function keeps every reference in a frame slot of
//! its own from its definition on, and has one map for all its calls. Such a frame may keep garbage alive. Objects
//! don't move, so code never reloads a reference from its slot.

use super::region::Region;
use super::slot_use::{REFERENCE_BYTES, SlotUse};
use super::types::POINTER;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{BlockArg, Function, InstBuilder, MemFlagsData, StackSlot, StackSlotData};
use cranelift_codegen::ir::{StackSlotKind, Value, ValueDef, types};
use cranelift_entity::EntitySet;
use cranelift_frontend::FunctionBuilder;
use std::collections::HashMap;

/// Maximum of references times calls for which each call has its own map: about a tenth of a second.
const MAPPED_MAX: usize = 1 << 19;

/// References in a function under construction, without those that locals hold.
#[derive(Default)]
pub(super) struct Roots {
    values: Vec<Value>,
    /// True if a local in the frame is a reference.
    in_frame: bool,
}

/// References that are kept in frame slots.
pub(super) struct Kept(Vec<Value>);

impl Roots {
    /// Records a reference.
    pub fn value(&mut self, value: Value) {
        self.values.push(value);
    }

    /// Records that a local in the frame is a reference.
    pub fn in_frame(&mut self) {
        self.in_frame = true;
    }

    /// Requests stack maps from Cranelift, or returns the references to keep in frame slots once the function is
    /// complete.
    pub fn declare(self, builder: &mut FunctionBuilder<'_>) -> Option<Kept> {
        if self.values.is_empty() && !self.in_frame {
            return None;
        }
        let in_frame = self.in_frame;
        let references = self.references(builder.func);
        let count = references.len();
        if in_frame || count * calls(builder.func, MAPPED_MAX / count.max(1)) > MAPPED_MAX {
            return Some(Kept(references));
        }
        references.into_iter().for_each(|value| builder.declare_value_needs_stack_map(value));
        None
    }

    /// Returns all references: the recorded ones, and the block parameters that receive one.
    fn references(self, function: &Function) -> Vec<Value> {
        let takers = takers(function);
        let mut references = EntitySet::new();
        let mut work = self.values;
        while let Some(value) = work.pop() {
            let value = function.dfg.resolve_aliases(value);
            if references.insert(value) {
                work.extend(takers.get(&value).into_iter().flatten());
            }
        }
        references.iter().collect()
    }
}

impl Kept {
    /// Stores each reference in its frame slot after its definition.
    pub fn keep_in_frame(self, function: &mut Function) {
        let Self(references) = self;
        let bytes = (references.len() as u32 * REFERENCE_BYTES).next_multiple_of(types::I64.bytes());
        let key = SlotUse::References(references.len() as u32).key();
        let align_log2 = types::I64.bytes().ilog2() as u8;
        let data = StackSlotData::new_with_key(StackSlotKind::ExplicitSlot, bytes, align_log2, key);
        let slot = function.create_sized_stack_slot(data);
        let mut cursor = FuncCursor::new(function);
        for (index, reference) in references.into_iter().enumerate() {
            if go_behind(&mut cursor, reference) {
                store(&mut cursor, reference, slot, index as u32 * REFERENCE_BYTES);
            }
        }
        // Zeroing is inserted last, so that it comes before the stores of the function's parameters.
        if let Some(entry) = cursor.layout().entry_block() {
            cursor.goto_first_insertion_point(entry);
            let zero = cursor.ins().iconst(types::I64, 0);
            (0..bytes).step_by(types::I64.bytes() as usize).for_each(|offset| store(&mut cursor, zero, slot, offset));
        }
    }
}

/// Counts the calls that return, up to `max + 1`.
fn calls(function: &Function, max: usize) -> usize {
    let insts = function.layout.blocks().flat_map(|block| function.layout.block_insts(block));
    insts.filter(|inst| function.dfg.insts[*inst].opcode().is_safepoint()).take(max + 1).count()
}

/// Returns for each value the block parameters that receive it.
fn takers(function: &Function) -> HashMap<Value, Vec<Value>> {
    let dfg = &function.dfg;
    let mut takers: HashMap<Value, Vec<Value>> = HashMap::new();
    for inst in function.layout.blocks().filter_map(|block| function.layout.last_inst(block)) {
        for target in dfg.insts[inst].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
            let params = dfg.block_params(target.block(&dfg.value_lists));
            for (arg, param) in target.args(&dfg.value_lists).zip(params) {
                if let BlockArg::Value(value) = arg {
                    takers.entry(dfg.resolve_aliases(value)).or_default().push(*param);
                }
            }
        }
    }
    takers
}

/// Moves the cursor to just after a value's definition; returns false if the definition is unreachable.
fn go_behind(cursor: &mut FuncCursor<'_>, value: Value) -> bool {
    match cursor.func.dfg.value_def(value) {
        ValueDef::Result(inst, _) if cursor.layout().inst_block(inst).is_some() => cursor.goto_after_inst(inst),
        ValueDef::Param(block, _) if cursor.layout().is_block_inserted(block) => {
            cursor.goto_first_insertion_point(block);
        }
        _ => return false,
    }
    true
}

fn store(cursor: &mut FuncCursor<'_>, value: Value, slot: StackSlot, offset: u32) {
    let region = Region::Frames.declare(cursor.func);
    let flags = MemFlagsData::trusted().with_alias_region(Some(region));
    let address = cursor.ins().stack_addr(POINTER, slot, 0);
    cursor.ins().store(flags, value, address, offset.cast_signed());
}
