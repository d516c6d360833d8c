//! Addresses of accesses: constants and scales of an index go into the access.
//!
//! An index of 32 bits is a sum that wraps at 2³². A machine adds addresses at 64 bits, so a constant that was added to an index
//! may become a part of the access's offset only where that sum can't have wrapped: where the intervals of its terms
//! prove it (`ranges`). Real programs index with negative numbers, and nothing else is a proof.

use super::interval::Interval;
use super::ranges::{Flow, Ranges, amount, constant, data};
use super::{Job, Optimizer};
use crate::error::Result;
use crate::translate::Scratch;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Inst, InstBuilder, InstructionData, Opcode, Value, types};

/// Maximum number of operators through which an index is followed.
const DEPTH_MAX: u32 = 6;
/// Maximum scale of an index in an address, as a power of two.
const SCALE_MAX: u32 = 3;

/// Returns true if the item's accesses are worth the look.
pub(super) fn is_useful(_: &Optimizer<'_>, job: &Job) -> bool {
    !job.is_vast()
}

/// Moves constants and scales into the accesses of the item's CLIF.
pub(super) fn run(_: &Optimizer<'_>, job: &mut Job, _: &mut Scratch) -> Result<()> {
    job.machine.compute_cfg();
    let (func, cfg) = (&mut job.machine.func, &job.machine.cfg);
    let mut addresses = Addresses { cursor: FuncCursor::new(func), cfg, ranges: Ranges::default() };
    while addresses.cursor.next_block().is_some() {
        while let Some(inst) = addresses.cursor.next_inst() {
            addresses.fold(inst);
        }
    }
    Ok(())
}

/// A function whose accesses are looked at.
struct Addresses<'f> {
    /// Stands before the access that is looked at.
    cursor: FuncCursor<'f>,
    cfg: &'f ControlFlowGraph,
    ranges: Ranges,
}

/// The sum of no terms.
const NOTHING: Interval = Interval { low: 0, high: 0 };

/// The terms of an index.
#[derive(Clone, Copy)]
struct Terms {
    /// The sum of the constants, an interval of one integer.
    constant: Interval,
    /// An interval of which the sum of the others is.
    others: Interval,
}

impl Addresses<'_> {
    /// Gives an access another address and offset, if the index has something that goes into them.
    fn fold(&mut self, inst: Inst) {
        let Some((address, offset)) = access(&self.cursor.func.dfg.insts[inst]) else { return };
        let Some((base, index)) = self.base_and_index(address) else { return };
        let Some(constant) = self.foldable(index) else { return };
        let Some(offset) = i64::from(offset).checked_add(constant).and_then(|sum| i32::try_from(sum).ok()) else {
            return;
        };
        let Some((value, scale)) = self.others(index, 0) else { return };
        let mut index = self.cursor.ins().uextend(types::I64, value);
        if scale > 0 {
            index = self.cursor.ins().ishl_imm_u(index, i64::from(scale));
        }
        let moved = self.cursor.ins().iadd(base, index);
        let (InstructionData::Load { arg: address, offset: place, .. }
        | InstructionData::Store { args: [_, address], offset: place, .. }) = &mut self.cursor.func.dfg.insts[inst]
        else {
            return;
        };
        (*address, *place) = (moved, offset.into());
    }

    /// Returns the two terms of an address, the second of which is an index of 32 bits.
    fn base_and_index(&self, address: Value) -> Option<(Value, Value)> {
        let func = &*self.cursor.func;
        let InstructionData::Binary { opcode: Opcode::Iadd, args: [left, right] } = *data(func, address)? else {
            return None;
        };
        let index = |value| match data(func, value)? {
            InstructionData::Unary { opcode: Opcode::Uextend, arg } => {
                Some(func.dfg.resolve_aliases(*arg)).filter(|arg| func.dfg.value_type(*arg) == types::I32)
            }
            _ => None,
        };
        index(right).map(|index| (left, index)).or_else(|| Some((right, index(left)?)))
    }

    /// Returns the constant that can move from an index into the offset: the others' sum doesn't wrap with it, nor without.
    /// It may be 0 if there is a scale that can move.
    fn foldable(&mut self, index: Value) -> Option<i64> {
        if !self.has_constant(index, 0) {
            return self.scale(index).map(|_| 0);
        }
        let Terms { constant, others } = self.terms(index, 0)?;
        if constant == NOTHING {
            return None;
        }
        let sum = others.unsigned(u32::BITS).add(constant)?;
        sum.is_unsigned(u32::BITS).then_some(constant.low)
    }

    /// Returns true if a term of an index is constant.
    fn has_constant(&self, index: Value, depth: u32) -> bool {
        match self.operator(index, depth) {
            Some(Operator::Add(left, right)) => {
                self.has_constant(left, depth + 1) || self.has_constant(right, depth + 1)
            }
            Some(Operator::Scale(value, _)) => self.has_constant(value, depth + 1),
            None => constant(self.cursor.func, index).is_some(),
        }
    }

    /// Adds up the terms of an index.
    fn terms(&mut self, index: Value, depth: u32) -> Option<Terms> {
        if let Some(constant) = constant(self.cursor.func, index) {
            let constant = Interval::new(constant, constant).signed(u32::BITS);
            return Some(Terms { constant, others: NOTHING });
        }
        let found = match self.operator(index, depth) {
            Some(Operator::Add(left, right)) => {
                let (left, right) = (self.terms(left, depth + 1)?, self.terms(right, depth + 1)?);
                Terms { constant: left.constant.add(right.constant)?, others: left.others.add(right.others)? }
            }
            Some(Operator::Scale(value, amount)) => {
                let terms = self.terms(value, depth + 1)?;
                let power = Interval::new(1 << amount, 1 << amount);
                Terms { constant: terms.constant.mul(power)?, others: terms.others.mul(power)? }
            }
            None => Terms { constant: NOTHING, others: NOTHING },
        };
        if found.constant != NOTHING {
            return Some(found);
        }
        let flow = Flow { func: self.cursor.func, cfg: self.cfg };
        Some(Terms { constant: NOTHING, others: self.ranges.interval(flow, index)? })
    }

    /// Makes the sum of an index's terms that aren't constant: a value, and the power of two that scales it.
    fn others(&mut self, index: Value, depth: u32) -> Option<(Value, u32)> {
        if constant(self.cursor.func, index).is_some() {
            return None;
        }
        match self.operator(index, depth) {
            Some(Operator::Add(left, right)) if self.terms(index, depth)?.constant != NOTHING => {
                match (self.others(left, depth + 1), self.others(right, depth + 1)) {
                    (Some(left), Some(right)) => {
                        let (left, right) = (self.unscaled(left), self.unscaled(right));
                        Some((self.cursor.ins().iadd(left, right), 0))
                    }
                    (one, other) => one.or(other),
                }
            }
            Some(Operator::Scale(value, amount)) => {
                let (value, scale) = self.others(value, depth + 1)?;
                Some(self.scaled(value, scale + amount))
            }
            _ => Some((index, 0)),
        }
    }

    /// Returns a value and a power of two that an address may scale it by, or the scaled value: an address is scaled at 64 bits.
    fn scaled(&mut self, value: Value, scale: u32) -> (Value, u32) {
        if self.can_scale(value, scale) { (value, scale) } else { (self.unscaled((value, scale)), 0) }
    }

    /// Returns true if an address can scale a value by a power of two, which loses none of its bits.
    fn can_scale(&mut self, value: Value, scale: u32) -> bool {
        let flow = Flow { func: self.cursor.func, cfg: self.cfg };
        let greatest = self.ranges.interval(flow, value).map_or(i64::MAX, |interval| interval.unsigned(u32::BITS).high);
        scale <= SCALE_MAX && greatest <= i64::from(u32::MAX >> scale)
    }

    /// Returns a scaled value as a value of 32 bits.
    fn unscaled(&mut self, (value, scale): (Value, u32)) -> Value {
        if scale == 0 { value } else { self.cursor.ins().ishl_imm_u(value, i64::from(scale)) }
    }

    /// Returns the power of two that an address can scale an index by, not 0.
    fn scale(&mut self, index: Value) -> Option<u32> {
        match self.operator(index, 0)? {
            Operator::Scale(value, amount) if amount > 0 && self.can_scale(value, amount) => Some(amount),
            _ => None,
        }
    }

    /// Returns the operator of an index, if it is one that is followed.
    fn operator(&self, index: Value, depth: u32) -> Option<Operator> {
        let func = &*self.cursor.func;
        let InstructionData::Binary { opcode, args: [left, right] } = *data(func, index)? else { return None };
        match opcode {
            _ if depth == DEPTH_MAX => None,
            Opcode::Iadd => Some(Operator::Add(left, right)),
            Opcode::Ishl => Some(Operator::Scale(left, amount(func, left, right)?)),
            _ => None,
        }
    }
}

/// An operator of an index.
enum Operator {
    /// The sum of two values.
    Add(Value, Value),
    /// A value times a power of two.
    Scale(Value, u32),
}

/// Returns the address and the offset of an access.
fn access(data: &InstructionData) -> Option<(Value, i32)> {
    match *data {
        InstructionData::Load { arg: address, offset, .. }
        | InstructionData::Store { args: [_, address], offset, .. } => Some((address, offset.into())),
        _ => None,
    }
}
