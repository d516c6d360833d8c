//! Cold blocks: what profiles say is executed rarely goes behind the rest of its function.
//!
//! A block is as cold as the wasm that its first instruction comes from; inlined code is cold if its own function says so, or a
//! function that it was inlined into. Translation has done the same for the ways of branches, which have no operators of their own.

use super::{Job, Locations, Optimizer};
use crate::error::Result;
use crate::plan::FuncId;
use crate::translate::{Scratch, TextItem};
use cranelift_codegen::ir::{Block, Function, Opcode};

/// Maximum number of cold blocks in a function: with too many, it would count as vast.
const COLD_BLOCKS_MAX: usize = 2_000;

/// Returns true if there are profiles, and the item is a function.
pub(super) fn is_useful(optimizer: &Optimizer<'_>, job: &Job) -> bool {
    optimizer.context.heat.is_some() && matches!(job.item, TextItem::Func(_)) && !job.is_vast()
}

/// Marks the blocks.
pub(super) fn run(optimizer: &Optimizer<'_>, job: &mut Job, _: &mut Scratch) -> Result<()> {
    let TextItem::Func(func) = job.item else { return Ok(()) };
    let function = &job.machine.func;
    let entry = function.layout.entry_block();
    let is_cold = |block: &Block| Some(*block) != entry && is_cold(optimizer, func, function, &job.locations, *block);
    let marked = function.layout.blocks().filter(|block| function.layout.is_cold(*block)).count();
    let cold: Vec<Block> =
        function.layout.blocks().filter(is_cold).take(COLD_BLOCKS_MAX.saturating_sub(marked)).collect();
    cold.into_iter().for_each(|block| job.machine.func.layout.set_cold(block));
    mark_ways(job);
    Ok(())
}

/// Returns true if what a block begins with is cold. Blocks that only jump are on the way from a branch, whose location they have.
fn is_cold(optimizer: &Optimizer<'_>, func: FuncId, function: &Function, locations: &Locations, block: Block) -> bool {
    if function.layout.is_cold(block) || is_way(function, block) {
        return false;
    }
    let insts = function.layout.block_insts(block);
    let Some(location) = insts.map(|inst| function.srcloc(inst)).find(|location| !location.is_default()) else {
        return false;
    };
    let (inlined, offset) = locations.frames(location);
    inlined.into_iter().chain([(func, offset)]).any(|(func, offset)| {
        let heat = optimizer.context.heat.as_ref();
        let counts = heat.and_then(|heat| heat.counts_of(optimizer.context.plan, func));
        counts.and_then(|counts| counts.place(offset)).is_some_and(|place| place.is_cold)
    })
}

/// Returns true for a block that only jumps.
fn is_way(function: &Function, block: Block) -> bool {
    let first = function.layout.first_inst(block);
    first.is_some_and(|first| function.dfg.insts[first].opcode() == Opcode::Jump)
}

/// Marks the blocks that only jump and that only cold blocks lead to.
fn mark_ways(job: &mut Job) {
    job.machine.compute_cfg();
    let (function, cfg) = (&job.machine.func, &job.machine.cfg);
    let is_cold = |block: &Block| {
        is_way(function, *block)
            && cfg.pred_iter(*block).next().is_some()
            && cfg.pred_iter(*block).all(|edge| function.layout.is_cold(edge.block))
    };
    let cold: Vec<Block> = function.layout.blocks().filter(is_cold).take(COLD_BLOCKS_MAX).collect();
    cold.into_iter().for_each(|block| job.machine.func.layout.set_cold(block));
}
