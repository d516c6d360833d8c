//! References that a collector finds in the frames of waiting calls.
//!
//! As a rule Cranelift finds out which of them outlive each call, and makes a map for each: in time and space of their
//! product. Functions where that is vast have a place in their frame for each reference instead, from where it is defined
//! to where they end, and one map for all of their calls. It may keep some garbage; nothing is moved, so code needs not
//! read the places again.

use super::region::Region;
use super::slot_use::{REFERENCE_BYTES, SlotUse};
use super::types::POINTER;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{BlockArg, Function, InstBuilder, MemFlagsData, StackSlot, StackSlotData};
use cranelift_codegen::ir::{StackSlotKind, Value, ValueDef, types};
use cranelift_entity::EntitySet;
use cranelift_frontend::FunctionBuilder;
use std::collections::HashMap;

/// References times calls of a function whose calls have maps of their own, at most: a tenth of a second.
const MAPPED_MAX: usize = 1 << 19;

/// References in a function under construction, but for those that locals take.
#[derive(Default)]
pub(super) struct Roots {
    values: Vec<Value>,
    /// Whether there are locals in the frame that are references.
    in_frame: bool,
}

/// References that are kept in places.
pub(super) struct Kept(Vec<Value>);

impl Roots {
    /// Notes a reference.
    pub fn value(&mut self, value: Value) {
        self.values.push(value);
    }

    /// Notes that a local in the frame is a reference.
    pub fn in_frame(&mut self) {
        self.in_frame = true;
    }

    /// Lets Cranelift make maps, or returns what is to be kept in places after the function is complete.
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

    /// All values that are references: those that are known, and parameters of blocks that take some.
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
    /// Gives each reference its place.
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
        // At last, and so before the parameters of the function.
        if let Some(entry) = cursor.layout().entry_block() {
            cursor.goto_first_insertion_point(entry);
            let zero = cursor.ins().iconst(types::I64, 0);
            (0..bytes).step_by(types::I64.bytes() as usize).for_each(|offset| store(&mut cursor, zero, slot, offset));
        }
    }
}

/// The number of calls that come back, or `max + 1` where there are more.
fn calls(function: &Function, max: usize) -> usize {
    let insts = function.layout.blocks().flat_map(|block| function.layout.block_insts(block));
    insts.filter(|inst| function.dfg.insts[*inst].opcode().is_safepoint()).take(max + 1).count()
}

/// For each value the parameters of blocks that take it.
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

/// Goes to where a value has just been defined, if that can be reached.
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
