//! Conditions of loops that count to a constant: `next != end` becomes `next < end` where `next` can't be greater.
//!
//! Cranelift rewrites `i + k != end` to `i != end - k`. The old counter then outlives the new one, and each round has a copy and a
//! second branch. It doesn't rewrite orders.

use super::interval::Interval;
use super::ranges::{Flow, Ranges, constant, data};
use super::{Job, Optimizer};
use crate::error::Result;
use crate::translate::Scratch;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, Inst, InstructionData, Opcode, Value, types};

/// Returns true if the item's loops are worth the look.
pub(super) fn is_useful(_: &Optimizer<'_>, job: &Job) -> bool {
    !job.is_vast()
}

/// Changes the comparisons of counters.
pub(super) fn run(_: &Optimizer<'_>, job: &mut Job, _: &mut Scratch) -> Result<()> {
    job.machine.compute_cfg();
    let (func, mut ranges) = (&mut job.machine.func, Ranges::default());
    let branches: Vec<Inst> = func.layout.blocks().filter_map(|block| func.layout.last_inst(block)).collect();
    for branch in branches {
        let Some((comparison, sum, end)) = comparison(func, branch) else { continue };
        let Some(interval) = ranges.interval(Flow { func, cfg: &job.machine.cfg }, sum) else { continue };
        if let InstructionData::IntCompare { cond, .. } = &mut func.dfg.insts[comparison]
            && let Some(order) = order(*cond, interval.unsigned(u32::BITS), end)
        {
            *cond = order;
        }
    }
    Ok(())
}

/// Returns the comparison on which a branch depends, if it asks if a sum of 32 bits with a constant is equal to a constant; the
/// sum; and that constant.
fn comparison(func: &Function, branch: Inst) -> Option<(Inst, Value, i64)> {
    let InstructionData::Brif { arg, .. } = func.dfg.insts[branch] else { return None };
    let inst = func.dfg.value_def(func.dfg.resolve_aliases(arg)).inst()?;
    let InstructionData::IntCompare { args: [sum, end], cond: IntCC::Equal | IntCC::NotEqual, .. } =
        func.dfg.insts[inst]
    else {
        return None;
    };
    if func.dfg.value_type(sum) != types::I32 {
        return None;
    }
    let InstructionData::Binary { opcode: Opcode::Iadd | Opcode::Isub, args: [left, right] } = *data(func, sum)? else {
        return None;
    };
    let is_sum_with_constant = constant(func, left).is_some() != constant(func, right).is_some();
    is_sum_with_constant.then_some((inst, sum, constant(func, end)?))
}

/// Returns the order that says the same as a test for equality about unsigned numbers of an interval, if they lie on one side of `end`.
fn order(equality: IntCC, numbers: Interval, end: i64) -> Option<IntCC> {
    let is_less = numbers.high <= end;
    match (equality, is_less, numbers.low >= end) {
        (IntCC::NotEqual, true, _) => Some(IntCC::UnsignedLessThan),
        (IntCC::Equal, true, _) => Some(IntCC::UnsignedGreaterThanOrEqual),
        (IntCC::NotEqual, _, true) => Some(IntCC::UnsignedGreaterThan),
        (IntCC::Equal, _, true) => Some(IntCC::UnsignedLessThanOrEqual),
        _ => None,
    }
}
