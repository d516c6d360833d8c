//! The way from where every round of a loop begins to a jump table.

use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, Function, Inst, InstructionData, JumpTable, Opcode, Value};
use cranelift_entity::EntitySet;
use std::collections::HashSet;

/// Maximum number of instructions of a path.
const INSTRUCTIONS_MAX: usize = 20;
/// Maximum number of blocks of a path: of several, one's values could reach the copies of another by way of arguments.
const BLOCKS_MAX: usize = 1;
/// Minimum number of different blocks that the jump table leads to.
const TARGETS_MIN: usize = 4;
/// One in so many of these blocks has to come back to the beginning.
const BACK: usize = 4;

/// Blocks of which each leads to the next, by a jump or a condition, and the last to all that its jump table names.
pub struct Path {
    /// The blocks, at least one.
    pub blocks: Vec<Block>,
    /// Jumps to the first block, each at the end of a block that the jump table leads to.
    pub jumps: Vec<Inst>,
}

impl Path {
    /// Finds the shortest path to a dispatch at whose beginning enough blocks come back.
    pub fn find(func: &Function, cfg: &ControlFlowGraph, dispatch: Block) -> Option<Self> {
        let reached = reached(cfg, dispatch);
        let mut path = Self { blocks: vec![dispatch], jumps: Vec::new() };
        loop {
            path.jumps = path.jumps(func, cfg, &reached);
            if path.jumps.len() >= 2 && path.jumps.len() * BACK >= cfg.succ_iter(dispatch).count() {
                return Some(path);
            }
            let before = path.before(func, cfg, &reached)?;
            path.blocks.insert(0, before);
            if path.blocks.len() > BLOCKS_MAX || path.instructions(func) > INSTRUCTIONS_MAX {
                return None;
            }
        }
    }

    /// Returns the block with the jump table.
    pub fn dispatch(&self) -> Block {
        *self.blocks.last().expect("a path has a block")
    }

    /// Counts the instructions, without jumps between the blocks.
    pub fn instructions(&self, func: &Function) -> usize {
        self.blocks.iter().map(|block| func.layout.block_insts(*block).count() - 1).sum()
    }

    /// Returns the jumps to the first block in the loop.
    fn jumps(&self, func: &Function, cfg: &ControlFlowGraph, reached: &EntitySet<Block>) -> Vec<Inst> {
        let into = cfg.pred_iter(self.blocks[0]);
        let in_loop = into.filter(|edge| reached.contains(edge.block) && !self.blocks.contains(&edge.block));
        in_loop.map(|edge| edge.inst).filter(|inst| func.dfg.insts[*inst].opcode() == Opcode::Jump).collect()
    }

    /// Returns the block of the loop that leads to the first one by a jump or a condition, if only one does by the latter or
    /// there is no other at all.
    fn before(&self, func: &Function, cfg: &ControlFlowGraph, reached: &EntitySet<Block>) -> Option<Block> {
        let before = |opcode: Opcode| {
            let into = cfg.pred_iter(self.blocks[0]).filter(move |edge| func.dfg.insts[edge.inst].opcode() == opcode);
            let mut in_loop = into.filter(|edge| reached.contains(edge.block)).map(|edge| edge.block);
            in_loop.next().filter(|_| in_loop.next().is_none())
        };
        let block = before(Opcode::Brif).or_else(|| before(Opcode::Jump))?;
        (!self.blocks.contains(&block) && is_copyable(func, block)).then_some(block)
    }
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
