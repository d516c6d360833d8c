//! Dispatches of interpreters and state machines: a block at which every round of a loop begins, and which leads to a jump table,
//! is copied to the ends of the blocks that jump to it (docs/decisions/0017-dispatches.md).
//!
//! A processor predicts an indirect jump by where it stands, and what follows one instruction of a bytecode is more often known
//! than what follows any.

mod copies;
mod definitions;
mod path;

use super::{Job, Optimizer, carried};
use crate::error::Result;
use crate::translate::Scratch;
use copies::Copies;
use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, Function, InstBuilder, Value};
use definitions::Definitions;
use path::{Path, jump_table};
use std::collections::HashMap;

/// Maximum number of instructions that are copied in a function.
const COPIED_INSTRUCTIONS_MAX: usize = 300;
/// Maximum number of jump table entries that are copied in a function: each can become code that moves values.
const COPIED_ENTRIES_MAX: usize = 500;

/// Returns true if the item has a jump table, and no debugger follows its variables.
pub(super) fn is_useful(optimizer: &Optimizer<'_>, job: &Job) -> bool {
    !optimizer.context.debug && !job.machine.func.dfg.jump_tables.is_empty() && !job.is_vast()
}

/// Copies the dispatches, as far as the bounds allow.
pub(super) fn run(_: &Optimizer<'_>, job: &mut Job, _: &mut Scratch) -> Result<()> {
    let machine = &mut job.machine;
    let func = &machine.func;
    let dispatches: Vec<Block> = func.layout.blocks().filter(|block| path::is_dispatch(func, *block)).collect();
    if dispatches.is_empty() {
        return Ok(());
    }
    let mut room = Room { instructions: COPIED_INSTRUCTIONS_MAX, entries: COPIED_ENTRIES_MAX };
    machine.compute_cfg();
    let mut is_changed = false;
    for dispatch in dispatches {
        is_changed |= copy(machine, dispatch, &mut room);
    }
    if is_changed {
        carried::remove(&mut machine.func);
        machine.compute_cfg();
    }
    Ok(())
}

/// Room for copies that is left in a function.
struct Room {
    instructions: usize,
    entries: usize,
}

impl Room {
    /// Takes the room for one more copy of a path; `None` if there isn't as much.
    fn take(&mut self, func: &Function, path: &Path) -> Option<()> {
        let (_, table) = jump_table(func, path.dispatch())?;
        self.instructions = self.instructions.checked_sub(path.instructions(func))?;
        self.entries = self.entries.checked_sub(func.dfg.jump_tables[table].all_branches().len())?;
        Some(())
    }
}

/// Copies the path to a dispatch to the ends of the blocks that jump to its beginning. Returns true if there are any.
fn copy(machine: &mut Context, dispatch: Block, room: &mut Room) -> bool {
    let Some(path) = Path::find(&machine.func, &machine.cfg, dispatch) else { return false };
    machine.func.dfg.resolve_all_aliases();
    path.blocks.iter().for_each(|block| copies::repeat_outside(&mut machine.func, *block));
    let mut copies = Copies::of(&path);
    for &jump in &path.jumps {
        if room.take(&machine.func, &path).is_none() {
            break;
        }
        copies.make(&mut machine.func, &path, jump);
    }
    let values: Vec<Vec<Value>> = path.blocks.iter().map(|block| values(&machine.func, *block)).collect();
    machine.compute_cfg();
    remove_unreachable(machine);
    for ((block, values), copies) in path.blocks.iter().zip(&values).zip(&copies.of_blocks) {
        Definitions::new(*block, copies).repair(&mut machine.func, &machine.cfg, values);
    }
    let tables = copies.of_blocks.last().into_iter().flatten();
    tables.for_each(|copy| share_edges(&mut machine.func, copy.block));
    machine.compute_cfg();
    true
}

/// Removes the blocks that control can't come to any more: the definitions of what they use may be gone.
fn remove_unreachable(machine: &mut Context) {
    let Some(entry) = machine.func.layout.entry_block() else { return };
    let reached = path::reached(&machine.cfg, entry);
    let blocks: Vec<Block> = machine.func.layout.blocks().skip(1).filter(|block| !reached.contains(*block)).collect();
    for block in blocks {
        machine.func.layout.remove_block_and_insts(block);
    }
    machine.compute_cfg();
}

/// Returns the values that a block defines.
fn values(func: &Function, block: Block) -> Vec<Value> {
    let results = func.layout.block_insts(block).flat_map(|inst| func.dfg.inst_results(inst));
    func.dfg.block_params(block).iter().chain(results).copied().collect()
}

/// Leads the entries of a jump table that pass the same values to the same block there by one block, so that the values are
/// moved in one place.
fn share_edges(func: &mut Function, block: Block) {
    let Some((_, table)) = jump_table(func, block) else { return };
    let mut places: HashMap<(Block, Vec<BlockArg>), Vec<usize>> = HashMap::new();
    for (entry, call) in func.dfg.jump_tables[table].all_branches().iter().enumerate() {
        let arguments: Vec<BlockArg> = call.args(&func.dfg.value_lists).collect();
        if !arguments.is_empty() {
            places.entry((call.block(&func.dfg.value_lists), arguments)).or_default().push(entry);
        }
    }
    let mut shared: Vec<_> = places.into_iter().filter(|(_, entries)| entries.len() > 1).collect();
    shared.sort_by_key(|(_, entries)| entries[0]);
    for ((target, arguments), entries) in shared {
        let shared = func.dfg.make_block();
        func.layout.insert_block_after(shared, block);
        FuncCursor::new(func).at_bottom(shared).ins().jump(target, &arguments);
        for entry in entries {
            let call = BlockCall::new(shared, [], &mut func.dfg.value_lists);
            func.dfg.jump_tables[table].all_branches_mut()[entry] = call;
        }
    }
}
