//! Functions so vast that the best way to generate code for them would take too long
//! (docs/decisions/0015-vast-functions.md).

use cranelift_codegen::ir;

/// Pairs of values that meet at blocks, for the backtracking allocator at most: a second or two. Real programs have
/// less than a tenth of it (GCC's and CPython's largest functions).
const ENTANGLED: u64 = 10_000_000;
/// Entries of a function's tables of branches, for what notes where its blocks are: a tenth of a second.
const SWITCH_EDGES: usize = 20_000;
/// Calls with handlers in a function, for the backtracking allocator at most: three quarters of a second. No register
/// outlives such a call, and a value that outlives all of them is split at each, what is left of it being copied.
const HANDLED_CALLS: usize = 4_000;

/// Whether the registers of a function are assigned in a single pass, and its blocks aren't noted.
pub fn is_vast(func: &ir::Function) -> bool {
    is_entangled(func) || is_vast_switch(func)
}

/// Whether the backtracking allocator would not end soon: because so many values meet at so many blocks (it compares
/// those that meet, each with each), or are split at so many calls.
fn is_entangled(func: &ir::Function) -> bool {
    let ends = func.layout.blocks().filter_map(|block| func.layout.last_inst(block));
    if ends.filter(|end| func.dfg.insts[*end].exception_table().is_some()).count() > HANDLED_CALLS {
        return true;
    }
    let blocks = func.layout.blocks();
    blocks.map(|block| func.dfg.num_block_params(block) as u64).map(|count| count * count).sum::<u64>() > ENTANGLED
}

/// Whether there are so many edges from tables of branches that noting the blocks' places would take seconds.
fn is_vast_switch(func: &ir::Function) -> bool {
    func.dfg.jump_tables.values().map(|table| table.as_slice().len()).sum::<usize>() > SWITCH_EDGES
}
