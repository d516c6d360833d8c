//! Dispatches: which blocks are some, and which jumps come back to one.

use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, Function, Inst, InstructionData, JumpTable, Opcode, Value};
use cranelift_entity::EntitySet;
use std::collections::HashSet;

/// Maximum number of instructions of a dispatch, without the jump.
const INSTRUCTIONS_MAX: usize = 20;
/// Minimum number of different blocks that the jump table leads to.
const TARGETS_MIN: usize = 4;
/// One in so many of these blocks has to come back to the dispatch.
const BACK: usize = 4;

/// Returns the jumps to a dispatch at the ends of blocks that it leads to; none if too few of these come back.
pub fn jumps_back(func: &Function, cfg: &ControlFlowGraph, dispatch: Block) -> Vec<Inst> {
    let reached = reached(cfg, dispatch);
    let in_loop = cfg.pred_iter(dispatch).filter(|edge| reached.contains(edge.block) && edge.block != dispatch);
    let jumps = in_loop.map(|edge| edge.inst).filter(|inst| func.dfg.insts[*inst].opcode() == Opcode::Jump);
    let jumps: Vec<Inst> = jumps.collect();
    let are_enough = jumps.len() >= 2 && jumps.len() * BACK >= cfg.succ_iter(dispatch).count();
    if are_enough { jumps } else { Vec::new() }
}

/// Returns true if a block is short, ends in a jump table to enough blocks, and can be copied.
pub fn is_dispatch(func: &Function, block: Block) -> bool {
    let Some((_, table)) = jump_table(func, block) else { return false };
    if func.layout.block_insts(block).take(INSTRUCTIONS_MAX + 2).count() > INSTRUCTIONS_MAX + 1 {
        return false;
    }
    let table = func.dfg.jump_tables[table].all_branches();
    let targets: HashSet<Block> = table.iter().map(|call| call.block(&func.dfg.value_lists)).collect();
    targets.len() >= TARGETS_MIN && is_copyable(func, block)
}

/// Returns the index and the table of the jump at the end of a block.
pub fn jump_table(func: &Function, block: Block) -> Option<(Value, JumpTable)> {
    match func.dfg.insts[func.layout.last_inst(block)?] {
        InstructionData::BranchTable { arg, table, .. } => Some((arg, table)),
        _ => None,
    }
}

/// Returns true for a block without calls: a call may have a map of the references that are alive, and is more work than an
/// indirect jump.
fn is_copyable(func: &Function, block: Block) -> bool {
    func.layout.block_insts(block).all(|inst| !func.dfg.insts[inst].opcode().is_call())
}

/// Returns the blocks that control can come to from a block.
pub fn reached(cfg: &ControlFlowGraph, start: Block) -> EntitySet<Block> {
    let (mut reached, mut waiting) = (EntitySet::new(), vec![start]);
    while let Some(block) = waiting.pop() {
        waiting.extend(cfg.succ_iter(block).filter(|next| reached.insert(*next)));
    }
    reached
}
