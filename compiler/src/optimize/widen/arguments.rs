//! The arguments of edges for a parameter of a block.

use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, Function, Inst, Value};

/// Maximum number of branches to a block whose parameters are looked at.
const BRANCHES_MAX: usize = 16;

/// Returns the arguments for a parameter; `None` if there are many, or one is the result of a call with handlers.
pub fn arguments(func: &Function, cfg: &ControlFlowGraph, block: Block, number: usize) -> Option<Vec<Value>> {
    if cfg.pred_iter(block).nth(BRANCHES_MAX).is_some() {
        return None;
    }
    let mut arguments = Vec::new();
    for edge in cfg.pred_iter(block) {
        for call in destinations(func, edge.inst).iter().filter(|call| call.block(&func.dfg.value_lists) == block) {
            arguments.push(call.args(&func.dfg.value_lists).nth(number)?.as_value()?);
        }
    }
    Some(arguments)
}

/// Puts other arguments in the place of those that a branch passes for a parameter.
pub fn replace(func: &mut Function, branch: Inst, block: Block, number: usize, values: &[Value]) {
    let dfg = &mut func.dfg;
    let mut values = values.iter();
    for call in dfg.insts[branch].branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables) {
        if call.block(&dfg.value_lists) == block {
            let mut arguments: Vec<BlockArg> = call.args(&dfg.value_lists).collect();
            if let Some(value) = values.next() {
                arguments[number] = (*value).into();
            }
            *call = BlockCall::new(block, arguments, &mut dfg.value_lists);
        }
    }
}

/// Returns the arguments that a branch passes for a parameter.
pub fn of_branch(func: &Function, branch: Inst, block: Block, number: usize) -> Vec<Value> {
    let calls = destinations(func, branch).iter().filter(|call| call.block(&func.dfg.value_lists) == block);
    calls.filter_map(|call| call.args(&func.dfg.value_lists).nth(number)?.as_value()).collect()
}

fn destinations(func: &Function, branch: Inst) -> &[BlockCall] {
    func.dfg.insts[branch].branch_destination(&func.dfg.jump_tables, &func.dfg.exception_tables)
}
