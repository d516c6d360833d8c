//! Copies of the blocks of a path.

use super::definitions::Copy;
use super::path::{Path, jump_table};
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, Function, Inst, InstBuilder, InstructionData, Opcode, Value};
use std::collections::HashMap;

/// Copies of a path.
pub struct Copies {
    /// Copies of each block of the path.
    pub of_blocks: Vec<Vec<Copy>>,
}

/// The value that stands for each of the path in a copy.
type Values = HashMap<Value, Value>;

impl Copies {
    /// Begins with none.
    pub fn of(path: &Path) -> Self {
        Self { of_blocks: path.blocks.iter().map(|_| Vec::new()).collect() }
    }

    /// Puts a copy of the path in the place of a jump to it.
    pub fn make(&mut self, func: &mut Function, path: &Path, jump: Inst) {
        let (mut end, mut values) = (jump, arguments(func, jump, path.blocks[0]));
        for (number, &block) in path.blocks.iter().enumerate() {
            copy_body(func, block, end, &mut values);
            let copied_to = func.layout.inst_block(end).expect("it is in the layout");
            if let Some(&next) = path.blocks.get(number + 1) {
                let last = func.layout.last_inst(block).expect("a block has an end");
                let passed = arguments(func, last, next);
                if func.dfg.insts[last].opcode() == Opcode::Brif {
                    end = copy_condition(func, last, next, end, &values);
                }
                let passed = passed.into_iter().map(|(parameter, value)| (parameter, mapped(&values, value)));
                values.extend(passed.collect::<Vec<_>>());
            } else {
                copy_table(func, block, end, &values);
            }
            self.of_blocks[number].push(Copy { block: copied_to, values: values.clone() });
        }
    }
}

/// Returns what stands for a value.
fn mapped(values: &Values, value: Value) -> Value {
    *values.get(&value).unwrap_or(&value)
}

/// Returns what a branch gives for each parameter of a block that it leads to.
fn arguments(func: &Function, branch: Inst, block: Block) -> Values {
    let calls = func.dfg.insts[branch].branch_destination(&func.dfg.jump_tables, &func.dfg.exception_tables);
    let call = calls.iter().find(|call| call.block(&func.dfg.value_lists) == block).expect("it leads there");
    let arguments =
        call.args(&func.dfg.value_lists).map(|argument| argument.as_value().expect("a branch passes values"));
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

/// Puts a copy of a condition in the place of the jump `end`, with a new block in the place of `next`. Returns the new block's
/// end, which is to be replaced.
fn copy_condition(func: &mut Function, condition: Inst, next: Block, end: Inst, values: &Values) -> Inst {
    let block = func.layout.inst_block(end).expect("it is in the layout");
    let copied = func.dfg.clone_inst(condition);
    func.dfg.map_inst_values(copied, |value| mapped(values, value));
    func.layout.insert_inst(copied, end);
    func.set_srcloc(copied, func.srcloc(condition));
    let new = func.dfg.make_block();
    func.layout.insert_block_after(new, block);
    let dfg = &mut func.dfg;
    let calls = dfg.insts[copied].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
    let call = calls.iter_mut().find(|call| call.block(&dfg.value_lists) == next).expect("it leads there");
    *call = BlockCall::new(new, [], &mut dfg.value_lists);
    func.layout.remove_inst(end);
    func.layout.append_inst(end, new);
    end
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
pub fn repeat_outside(func: &mut Function, path_block: Block) {
    let insts = func.layout.block_insts(path_block);
    let repeated: Vec<Inst> = insts.filter(|inst| is_repeated(func, path_block, *inst)).collect();
    let blocks: Vec<Block> = func.layout.blocks().filter(|block| *block != path_block).collect();
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
