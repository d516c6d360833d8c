//! Blocks in a row, as inlining leaves them where a call was: they become one.

use cranelift_codegen::ir::{Block, Function, Inst, InstructionData, Opcode, Value};
use cranelift_entity::SecondaryMap;

/// Joins each block that ends with a jump to the block it jumps to, if nothing else leads there.
pub fn merge(func: &mut Function) {
    let mut edges: SecondaryMap<Block, u32> = SecondaryMap::new();
    for branch in func.layout.blocks().filter_map(|block| func.layout.last_inst(block)) {
        let dfg = &func.dfg;
        for call in dfg.insts[branch].branch_destination(&dfg.jump_tables, &dfg.exception_tables) {
            edges[call.block(&dfg.value_lists)] += 1;
        }
    }
    let mut block = func.layout.entry_block();
    while let Some(first) = block {
        while let Some((jump, next, arguments)) = successor(func, first).filter(|(_, next, _)| edges[*next] == 1) {
            join(func, first, jump, next, &arguments);
        }
        block = func.layout.next_block(first);
    }
}

/// Returns the jump at the end of a block, where it leads, and its arguments.
fn successor(func: &Function, block: Block) -> Option<(Inst, Block, Vec<Value>)> {
    let jump = func.layout.last_inst(block)?;
    let InstructionData::Jump { opcode: Opcode::Jump, destination } = &func.dfg.insts[jump] else { return None };
    let next = destination.block(&func.dfg.value_lists);
    let arguments: Option<Vec<Value>> =
        destination.args(&func.dfg.value_lists).map(|argument| argument.as_value()).collect();
    let is_other = next != block && Some(next) != func.layout.entry_block();
    let are_alike = func.layout.is_cold(next) == func.layout.is_cold(block);
    (is_other && are_alike).then_some((jump, next, arguments?))
}

/// Moves the instructions of a block to the end of another, in place of the jump.
fn join(func: &mut Function, block: Block, jump: Inst, next: Block, arguments: &[Value]) {
    func.layout.remove_inst(jump);
    let parameters = func.dfg.detach_block_params(next);
    for (number, argument) in arguments.iter().enumerate() {
        if let Some(parameter) = parameters.get(number, &func.dfg.value_lists) {
            func.dfg.change_to_alias(parameter, *argument);
        }
    }
    while let Some(inst) = func.layout.first_inst(next) {
        func.layout.remove_inst(inst);
        func.layout.append_inst(inst, block);
    }
    func.layout.remove_block(next);
}
