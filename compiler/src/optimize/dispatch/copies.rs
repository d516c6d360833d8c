//! Copies of dispatches.

use super::definitions::Copy;
use super::find::jump_table;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, Function, Inst, InstBuilder, InstructionData, Opcode, Value};
use std::collections::HashMap;

/// The value that stands for each of the dispatch in a copy.
type Values = HashMap<Value, Value>;

/// Puts a copy of a dispatch in the place of a jump to it.
pub fn copy_to(func: &mut Function, dispatch: Block, jump: Inst) -> Copy {
    let block = func.layout.inst_block(jump).expect("the jump is in the layout");
    let mut values = arguments(func, jump, dispatch);
    copy_body(func, dispatch, jump, &mut values);
    copy_table(func, dispatch, jump, &values);
    Copy { block, values }
}

/// Returns what stands for a value.
fn mapped(values: &Values, value: Value) -> Value {
    *values.get(&value).unwrap_or(&value)
}

/// Returns what a jump gives for each parameter of the block that it leads to.
fn arguments(func: &Function, jump: Inst, block: Block) -> Values {
    let call = func.dfg.insts[jump].branch_destination(&func.dfg.jump_tables, &func.dfg.exception_tables)[0];
    let arguments = call.args(&func.dfg.value_lists).map(|argument| argument.as_value().expect("a jump passes values"));
    func.dfg.block_params(block).iter().copied().zip(arguments).collect()
}

/// Copies all instructions of a block but the last to in front of `end`.
fn copy_body(func: &mut Function, block: Block, end: Inst, values: &mut Values) {
    let insts: Vec<Inst> = func.layout.block_insts(block).collect();
    let (_, body) = insts.split_last().expect("a block has an end");
    for &inst in body {
        let copied = func.dfg.clone_inst(inst);
        func.dfg.map_inst_values(copied, |value| mapped(values, value));
        func.layout.insert_inst(copied, end);
        func.set_srcloc(copied, func.srcloc(inst));
        let results = func.dfg.inst_results(inst).iter().zip(func.dfg.inst_results(copied));
        values.extend(results.map(|(result, copied)| (*result, *copied)));
    }
}

/// Puts a copy of the jump table at the end of a block in the place of a jump.
fn copy_table(func: &mut Function, dispatch: Block, jump: Inst, values: &Values) {
    let (index, table) = jump_table(func, dispatch).expect("it ends in a jump table");
    let mut copied = func.dfg.jump_tables[table].clone();
    for call in copied.all_branches_mut() {
        let arguments =
            call.args(&func.dfg.value_lists).map(|argument| argument.map_value(|value| mapped(values, value)));
        let arguments: Vec<BlockArg> = arguments.collect();
        *call = BlockCall::new(call.block(&func.dfg.value_lists), arguments, &mut func.dfg.value_lists);
    }
    let copied = func.dfg.jump_tables.push(copied);
    func.replace(jump).br_table(mapped(values, index), copied);
}

/// Computes sums of parameters with constants again in each block that uses them, so that edges needn't pass both a pointer and
/// the pointer to what follows.
pub fn repeat_outside(func: &mut Function, dispatch: Block) {
    let insts = func.layout.block_insts(dispatch);
    let repeated: Vec<Inst> = insts.filter(|inst| is_repeated(func, dispatch, *inst)).collect();
    let blocks: Vec<Block> = func.layout.blocks().filter(|block| *block != dispatch).collect();
    // From the last on: a sum uses a constant in front of it.
    for &inst in repeated.iter().rev() {
        blocks.iter().for_each(|block| repeat_in(func, *block, inst));
    }
}

/// Returns true for a constant, and for the sum of a constant and a parameter of the block.
fn is_repeated(func: &Function, block: Block, inst: Inst) -> bool {
    match func.dfg.insts[inst] {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, .. } => true,
        InstructionData::Binary { opcode: Opcode::Iadd | Opcode::Isub, args: [left, right] } => {
            let by = func.dfg.value_def(right).inst().map(|inst| func.dfg.insts[inst].opcode());
            by == Some(Opcode::Iconst) && func.dfg.block_params(block).contains(&left)
        }
        _ => false,
    }
}

/// Repeats an instruction at the beginning of a block that uses its result.
fn repeat_in(func: &mut Function, block: Block, inst: Inst) {
    let value = func.dfg.first_result(inst);
    let uses = |user: &Inst| func.dfg.inst_values(*user).any(|used| used == value);
    let users: Vec<Inst> = func.layout.block_insts(block).filter(uses).collect();
    let Some(first) = users.first() else { return };
    let repeated = func.dfg.clone_inst(inst);
    func.set_srcloc(repeated, func.srcloc(*first));
    FuncCursor::new(func).at_first_insertion_point(block).insert_inst(repeated);
    let result = func.dfg.first_result(repeated);
    for user in users {
        func.dfg.map_inst_values(user, |used| if used == value { result } else { used });
    }
}
