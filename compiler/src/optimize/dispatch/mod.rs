//! Dispatches of interpreters and state machines: a block at which every round of a loop begins, and which leads to a jump table,
//! is copied to the ends of the blocks that jump to it (docs/decisions/0017-dispatches.md).
//!
//! A processor predicts an indirect jump by where it stands, and what follows one instruction of a bytecode is more often known
//! than what follows any.

mod copies;
mod definitions;
mod find;

use super::{Job, Optimizer, carried};
use crate::error::Result;
use crate::translate::Scratch;
use cranelift_codegen::Context;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, Function, Inst, InstBuilder, Value};
use definitions::{Copy, Definitions};
use find::jump_table;
use std::collections::HashMap;

/// Maximum number of instructions that are copied in a function.
const COPIED_INSTRUCTIONS_MAX: usize = 300;
/// Maximum number of jump table entries that are copied in a function: each can become code that moves values.
const COPIED_ENTRIES_MAX: usize = 500;

/// Returns true if the item has a jump table, no debugger follows its variables, and its code may become larger.
pub(super) fn is_useful(optimizer: &Optimizer<'_>, job: &Job) -> bool {
    let may_grow = !optimizer.context.debug && !optimizer.context.is_for_size();
    may_grow && !job.machine.func.dfg.jump_tables.is_empty() && !job.is_vast()
}

/// Copies the dispatches, as far as the bounds allow.
pub(super) fn run(_: &Optimizer<'_>, job: &mut Job, _: &mut Scratch) -> Result<()> {
    let machine = &mut job.machine;
    let func = &machine.func;
    let dispatches: Vec<Block> = func.layout.blocks().filter(|block| find::is_dispatch(func, *block)).collect();
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
    /// Takes the room for one more copy of a dispatch; `None` if there isn't as much.
    fn take(&mut self, func: &Function, dispatch: Block) -> Option<()> {
        let (_, table) = jump_table(func, dispatch)?;
        self.instructions = self.instructions.checked_sub(func.layout.block_insts(dispatch).count() - 1)?;
        self.entries = self.entries.checked_sub(func.dfg.jump_tables[table].all_branches().len())?;
        Some(())
    }
}

/// Copies a dispatch to the ends of the blocks that jump to it in a loop. Returns true if there is such a copy.
fn copy(machine: &mut Context, dispatch: Block, room: &mut Room) -> bool {
    let jumps = find::jumps_back(&machine.func, &machine.cfg, dispatch);
    let func = &mut machine.func;
    let jumps: Vec<Inst> = jumps.into_iter().take_while(|_| room.take(func, dispatch).is_some()).collect();
    if jumps.is_empty() {
        return false;
    }
    func.dfg.resolve_all_aliases();
    copies::repeat_outside(func, dispatch);
    let copies: Vec<Copy> = jumps.into_iter().map(|jump| copies::copy_to(func, dispatch, jump)).collect();
    let values = values(func, dispatch);
    machine.compute_cfg();
    remove_unreachable(machine);
    Definitions::new(dispatch, &copies).repair(&mut machine.func, &machine.cfg, &values);
    copies.iter().for_each(|copy| share_edges(&mut machine.func, copy.block));
    machine.compute_cfg();
    true
}

/// Removes the blocks that control can't come to any more: the definitions of what they use may be gone.
fn remove_unreachable(machine: &mut Context) {
    let Some(entry) = machine.func.layout.entry_block() else { return };
    let reached = find::reached(&machine.cfg, entry);
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
