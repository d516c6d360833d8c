//! Order of operators in blocks in which more values are alive than the machine has registers
//! (docs/decisions/0026-order-of-operators.md).
//!
//! Cranelift's optimisations leave each pure operator in front of its first use. Where an expression is long, all loads come first
//! and the arithmetic last, and what was loaded waits in the frame. This pass moves operators up to where their operands
//! are complete, if fewer values are alive from there on. What can trap or has an effect stays in its order.

mod classes;
mod folds;
mod liveness;
mod numbers;
mod operators;
mod order;
mod pressure;

use super::{Job, Optimizer, cranelift_error};
use crate::error::{Result, Stage};
use crate::isa::facts_of;
use crate::translate::Scratch;
use classes::Classes;
use cranelift_codegen::ir::{Block, Function, Inst, Opcode};
use liveness::Liveness;
use numbers::Numbers;
use operators::Operators;
use pressure::Pressure;

/// Minimum number of instructions of a block that is looked at.
const INSTRUCTIONS_MIN: usize = 12;
/// Minimum number of loads and calls of a block that is looked at: operators move over those.
const ORIGINS_MIN: usize = 3;

/// Returns true if the item's registers are assigned with care, and no debugger follows its variables.
pub(super) fn is_useful(optimizer: &Optimizer<'_>, job: &Job) -> bool {
    !optimizer.context.debug && !job.is_vast()
}

/// Moves operators in the item's CLIF.
pub(super) fn run(optimizer: &Optimizer<'_>, job: &mut Job, _: &mut Scratch) -> Result<()> {
    let prepared = job.prepare(optimizer.isas);
    prepared.map_err(|error| cranelift_error(optimizer.context, Stage::Optimize, job.item, &error))?;
    let func = &mut job.machine.func;
    let blocks: Vec<Block> = func.layout.blocks().filter(|block| is_candidate(func, *block)).collect();
    if blocks.is_empty() {
        return Ok(());
    }
    let Some(mut liveness) = Liveness::of(func, &job.machine.cfg, &blocks) else { return Ok(()) };
    let classes = Classes::new(&facts_of(&*optimizer.isas.main).allocatable);
    let mut numbers = Numbers::default();
    for block in blocks {
        let operators = Operators::of(func, block, &liveness.take(block), classes, &mut numbers);
        if let Some(order) = better_order(&operators, classes) {
            rearrange(func, block, &order);
        }
        numbers.clear();
    }
    Ok(())
}

/// Returns true if a block is long, and has loads or calls that operators can move over.
fn is_candidate(func: &Function, block: Block) -> bool {
    let (mut instructions, mut origins) = (0, 0);
    for inst in func.layout.block_insts(block) {
        let opcode = func.dfg.insts[inst].opcode();
        instructions += usize::from(opcode != Opcode::Iconst);
        origins += usize::from((opcode.can_load() || opcode.is_call()) && !func.dfg.inst_results(inst).is_empty());
        if instructions >= INSTRUCTIONS_MIN && origins >= ORIGINS_MIN {
            return true;
        }
    }
    false
}

/// Returns an order of a block's instructions that needs fewer registers, if the block needs more than there are.
fn better_order(operators: &Operators<'_>, classes: Classes) -> Option<Vec<Inst>> {
    let old: Vec<usize> = (0..operators.list.len()).collect();
    let before = Pressure::of(operators, &old, classes);
    let scarce = before.exceeds(classes);
    if !scarce.contains(&true) {
        return None;
    }
    let order = order::order(operators, scarce);
    let after = Pressure::of(operators, &order, classes);
    (after.excess < before.excess).then(|| order.iter().map(|operator| operators.list[*operator].inst).collect())
}

/// Puts a block's instructions in an order.
fn rearrange(func: &mut Function, block: Block, order: &[Inst]) {
    let mut next = func.layout.first_inst(block);
    for &inst in order {
        match next {
            Some(at) if at != inst => {
                func.layout.remove_inst(inst);
                func.layout.insert_inst(inst, at);
            }
            _ => next = func.layout.next_inst(inst),
        }
    }
}
