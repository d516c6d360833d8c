//! Detection of vast functions, for which the best code generation would take too long
//! (docs/decisions/0015-vast-functions.md).

use cranelift_codegen::ir;

/// Limit for the backtracking allocator: pairs of values that meet at blocks, about two seconds of work. Real programs
/// stay below a tenth (GCC's and CPython's largest functions).
const ENTANGLED: u64 = 10_000_000;
/// Limit for block tracking: jump table entries in a function, about a tenth of a second of work.
const SWITCH_EDGES: usize = 20_000;
/// Limit for the backtracking allocator: calls with handlers in a function, about three quarters of a second of work.
/// No register outlives such a call, so a value that outlives all of them is split, and copied, at each.
const HANDLED_CALLS: usize = 4_000;

/// Limit for the backtracking allocator: cold blocks in a function, each with a call that few executions make, as an
/// allocation of an object has one. What is alive in all of them, such as a constant, is split at each: about two seconds of work.
const COLD_BLOCKS: usize = 4_000;

/// Returns true if registers must be allocated in a single pass, and block positions not recorded.
pub fn is_vast(func: &ir::Function) -> bool {
    is_entangled(func) || is_vast_switch(func)
}

/// Returns true if the backtracking allocator would run too long, because too many values meet at blocks (it compares
/// each pair) or are split at calls with handlers or in cold blocks.
fn is_entangled(func: &ir::Function) -> bool {
    let ends = func.layout.blocks().filter_map(|block| func.layout.last_inst(block));
    if ends.filter(|end| func.dfg.insts[*end].exception_table().is_some()).count() > HANDLED_CALLS {
        return true;
    }
    if func.layout.blocks().filter(|block| func.layout.is_cold(*block)).count() > COLD_BLOCKS {
        return true;
    }
    let blocks = func.layout.blocks();
    blocks.map(|block| func.dfg.num_block_params(block) as u64).map(|count| count * count).sum::<u64>() > ENTANGLED
}

/// Returns true if jump tables have so many edges that recording block positions would take seconds.
fn is_vast_switch(func: &ir::Function) -> bool {
    func.dfg.jump_tables.values().map(|table| table.as_slice().len()).sum::<usize>() > SWITCH_EDGES
}
