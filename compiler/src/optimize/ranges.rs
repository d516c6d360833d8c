//! Intervals of values, from what they are computed of, and from the conditions of loops that count.

use super::interval::Interval;
use cranelift_codegen::flowgraph::{BlockPredecessor, ControlFlowGraph};
use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{Block, BlockArg, Function, Inst, InstructionData, Opcode, Value, ValueDef};
use cranelift_entity::SecondaryMap;

/// Maximum number of values between a value and those of which its interval is computed.
const DEPTH_MAX: u32 = 12;
/// Maximum number of edges into a block whose parameters are looked at.
const EDGES_MAX: usize = 4;

/// The intervals of a function's values, as far as they have been computed.
#[derive(Default)]
pub struct Ranges {
    intervals: SecondaryMap<Value, Option<Interval>>,
}

/// A function with its edges.
#[derive(Clone, Copy)]
pub struct Flow<'f> {
    pub func: &'f Function,
    pub cfg: &'f ControlFlowGraph,
}

/// A parameter of a loop that changes by a constant in each round, or one that may.
struct Counter {
    /// The argument with which the loop is entered.
    start: Value,
    /// The argument of the edge back.
    next: Value,
    /// The number that is added in each round, not 0.
    step: i64,
}

/// A comparison of a value with a constant that holds where an edge is taken.
struct Condition {
    comparison: IntCC,
    value: Value,
    /// The constant as an unsigned number.
    constant: i64,
    bits: u32,
}

impl Ranges {
    /// Returns an interval of which the value is whenever it exists, if it is an integer of at most 32 bits.
    pub fn interval(&mut self, flow: Flow<'_>, value: Value) -> Option<Interval> {
        self.interval_within(flow, value, 0)
    }

    fn interval_within(&mut self, flow: Flow<'_>, value: Value, depth: u32) -> Option<Interval> {
        let value = flow.func.dfg.resolve_aliases(value);
        let all = Interval::of_bits(bits(flow.func, value)?);
        if let Some(known) = self.intervals[value] {
            return Some(known);
        }
        if depth == DEPTH_MAX {
            return Some(all);
        }
        // A value that is computed of itself is one of its type, so far as nothing else is known.
        self.intervals[value] = Some(all);
        let interval = match flow.func.dfg.value_def(value) {
            ValueDef::Result(inst, 0) => self.of_instruction(flow, inst, depth + 1),
            ValueDef::Param(block, number) => self.of_parameter(flow, block, number, depth + 1),
            _ => None,
        };
        let interval = interval.unwrap_or(all);
        self.intervals[value] = Some(interval);
        Some(interval)
    }

    fn unsigned(&mut self, flow: Flow<'_>, value: Value, depth: u32) -> Option<Interval> {
        Some(self.interval_within(flow, value, depth)?.unsigned(bits(flow.func, value)?))
    }

    fn signed(&mut self, flow: Flow<'_>, value: Value, depth: u32) -> Option<Interval> {
        Some(self.interval_within(flow, value, depth)?.signed(bits(flow.func, value)?))
    }

    fn of_instruction(&mut self, flow: Flow<'_>, inst: Inst, depth: u32) -> Option<Interval> {
        match flow.func.dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, .. } => {
                let result = flow.func.dfg.first_result(inst);
                let constant = constant(flow.func, result)?;
                Some(Interval::new(constant, constant).signed(bits(flow.func, result)?))
            }
            InstructionData::Unary { opcode, arg } => self.of_unary(flow, opcode, arg, depth),
            InstructionData::Binary { opcode, args } => self.of_binary(flow, opcode, args, depth),
            InstructionData::Ternary { opcode: Opcode::Select, args: [_, then, or_else] } => {
                let (then, or_else) =
                    (self.interval_within(flow, then, depth)?, self.interval_within(flow, or_else, depth)?);
                Some(then.hull(or_else))
            }
            InstructionData::Load { opcode: Opcode::Uload8, .. } => Some(Interval::of_bits(8)),
            InstructionData::Load { opcode: Opcode::Uload16, .. } => Some(Interval::of_bits(16)),
            InstructionData::Load { opcode: Opcode::Sload8, .. } => Some(Interval::of_bits(8).signed(8)),
            InstructionData::Load { opcode: Opcode::Sload16, .. } => Some(Interval::of_bits(16).signed(16)),
            InstructionData::IntCompare { .. } | InstructionData::FloatCompare { .. } => Some(Interval::new(0, 1)),
            _ => None,
        }
    }

    fn of_unary(&mut self, flow: Flow<'_>, opcode: Opcode, arg: Value, depth: u32) -> Option<Interval> {
        match opcode {
            Opcode::Uextend => self.unsigned(flow, arg, depth),
            Opcode::Sextend => self.signed(flow, arg, depth),
            Opcode::Clz | Opcode::Ctz | Opcode::Popcnt => Some(Interval::new(0, bits(flow.func, arg)?.into())),
            _ => None,
        }
    }

    fn of_binary(&mut self, flow: Flow<'_>, opcode: Opcode, args: [Value; 2], depth: u32) -> Option<Interval> {
        let [left, right] = args;
        match opcode {
            Opcode::Iadd => self.interval_within(flow, left, depth)?.add(self.interval_within(flow, right, depth)?),
            Opcode::Isub => self.interval_within(flow, left, depth)?.sub(self.interval_within(flow, right, depth)?),
            Opcode::Imul => self.interval_within(flow, left, depth)?.mul(self.interval_within(flow, right, depth)?),
            Opcode::Ishl => {
                let power = 1 << amount(flow.func, left, right)?;
                self.interval_within(flow, left, depth)?.mul(Interval::new(power, power))
            }
            Opcode::Sshr => {
                let (amount, signed) = (amount(flow.func, left, right)?, self.signed(flow, left, depth)?);
                Some(Interval::new(signed.low >> amount, signed.high >> amount))
            }
            Opcode::Ushr => {
                let (amount, unsigned) = (amount(flow.func, left, right)?, self.unsigned(flow, left, depth)?);
                Some(Interval::new(unsigned.low >> amount, unsigned.high >> amount))
            }
            Opcode::Smin | Opcode::Smax => {
                let (left, right) = (self.signed(flow, left, depth)?, self.signed(flow, right, depth)?);
                Some(extreme(opcode == Opcode::Smin, left, right))
            }
            _ => {
                let (left, right) = (self.unsigned(flow, left, depth)?, self.unsigned(flow, right, depth)?);
                of_unsigned(opcode, left, right)
            }
        }
    }

    /// Returns an interval of a parameter: that of a counter, or what its arguments are of.
    fn of_parameter(&mut self, flow: Flow<'_>, block: Block, number: usize, depth: u32) -> Option<Interval> {
        if flow.func.layout.entry_block() == Some(block) {
            return None;
        }
        let counter = counter(flow, block, number);
        if let Some(interval) = counter.and_then(|counter| self.of_counter(flow, block, &counter, depth)) {
            return Some(interval);
        }
        let mut hull: Option<Interval> = None;
        for edge in edges(flow, block)? {
            let argument = argument(flow.func, &edge, block, number)?;
            let condition = condition(flow.func, &edge, block).filter(|condition| condition.value == argument);
            let interval = match condition.and_then(|condition| condition.interval()) {
                Some(interval) => interval,
                None => self.interval_within(flow, argument, depth)?,
            };
            hull = Some(hull.map_or(interval, |hull| hull.hull(interval)));
        }
        hull
    }

    /// Returns the interval of a counter: as many steps from its start as its loop has rounds.
    fn of_counter(&mut self, flow: Flow<'_>, block: Block, counter: &Counter, depth: u32) -> Option<Interval> {
        let steps = self.rounds(flow, block, depth)? - 1;
        let start = self.interval_within(flow, counter.start, depth)?;
        let reach =
            Interval::new(0, 0).hull(Interval::new(steps, steps).mul(Interval::new(counter.step, counter.step))?);
        start.add(reach)
    }

    /// Returns a number of which a loop has no more rounds each time it is entered, if the condition of its edge back is about
    /// a counter of the loop.
    fn rounds(&mut self, flow: Flow<'_>, block: Block, depth: u32) -> Option<i64> {
        let conditions = flow.cfg.pred_iter(block).filter_map(|edge| condition(flow.func, &edge, block));
        let counters = || (0..flow.func.dfg.num_block_params(block)).filter_map(|number| counter(flow, block, number));
        let of = |back: Condition| Some((counters().find(|counter| counter.next == back.value)?, back));
        let (counter, back) = conditions.into_iter().find_map(of)?;
        let start = self.interval_within(flow, counter.start, depth)?;
        back.rounds(start, counter.step)
    }
}

impl Condition {
    /// Returns the interval of the value, as far as the comparison alone says.
    fn interval(&self) -> Option<Interval> {
        let least = Interval::of_bits(self.bits).signed(self.bits).low;
        let signed = Interval::new(self.constant, self.constant).signed(self.bits).low;
        let interval = match self.comparison {
            IntCC::Equal => Interval::new(self.constant, self.constant),
            IntCC::UnsignedLessThan => Interval::new(0, self.constant - 1),
            IntCC::UnsignedLessThanOrEqual => Interval::new(0, self.constant),
            IntCC::SignedLessThan => Interval::new(least, signed - 1),
            IntCC::SignedLessThanOrEqual => Interval::new(least, signed),
            _ => return None,
        };
        (interval.low <= interval.high).then_some(interval)
    }

    /// Returns a number of which a loop has no more rounds that starts at an integer of `start`, and goes on while the condition holds
    /// after `step` was added.
    fn rounds(&self, start: Interval, step: i64) -> Option<i64> {
        let (first, last) = match self.comparison {
            IntCC::NotEqual => return self.rounds_until(start, step),
            IntCC::UnsignedLessThan => (start.unsigned(self.bits), self.constant - 1),
            IntCC::UnsignedLessThanOrEqual => (start.unsigned(self.bits), self.constant),
            IntCC::SignedLessThan | IntCC::SignedLessThanOrEqual => {
                let constant = Interval::new(self.constant, self.constant).signed(self.bits).low;
                (start.signed(self.bits), constant - i64::from(self.comparison == IntCC::SignedLessThan))
            }
            _ => return None,
        };
        let is_signed = matches!(self.comparison, IntCC::SignedLessThan | IntCC::SignedLessThanOrEqual);
        let greatest = (1_i64 << (self.bits - u32::from(is_signed))) - 1;
        // No sum may wrap, be it that of the last round.
        if step <= 0 || first.high.max(last) + step > greatest {
            return None;
        }
        Some((last - first.low).max(0) / step + 1)
    }

    /// Returns the number of rounds until a counter is equal to the constant, which it doesn't miss.
    fn rounds_until(&self, start: Interval, step: i64) -> Option<i64> {
        let distance = (self.constant - start.low) * step.signum();
        let distance = Interval::new(distance, distance).unsigned(self.bits).low;
        let is_hit = start.low == start.high && distance > 0 && distance % step == 0;
        is_hit.then_some(distance / step.abs())
    }
}

/// Returns the interval of an operator's results for two unsigned numbers.
fn of_unsigned(opcode: Opcode, left: Interval, right: Interval) -> Option<Interval> {
    match opcode {
        Opcode::Band => Some(Interval::new(0, left.high.min(right.high))),
        Opcode::Bor => Some(Interval::new(left.low.max(right.low), ones(left.high | right.high))),
        Opcode::Bxor => Some(Interval::new(0, ones(left.high | right.high))),
        Opcode::Umin | Opcode::Umax => Some(extreme(opcode == Opcode::Umin, left, right)),
        Opcode::Udiv => Some(Interval::new(0, left.high / right.low.max(1))),
        Opcode::Urem => Some(Interval::new(0, left.high.min((right.high - 1).max(0)))),
        _ => None,
    }
}

/// Returns the interval of the smaller or the greater of two numbers.
fn extreme(is_least: bool, left: Interval, right: Interval) -> Interval {
    if is_least {
        Interval::new(left.low.min(right.low), left.high.min(right.high))
    } else {
        Interval::new(left.low.max(right.low), left.high.max(right.high))
    }
}

/// Returns the greatest number that has no more bits.
fn ones(number: i64) -> i64 {
    number.checked_ilog2().map_or(0, |log2| (2 << log2) - 1)
}

/// Returns the edges into a block, if they are few.
fn edges(flow: Flow<'_>, block: Block) -> Option<impl Iterator<Item = BlockPredecessor>> {
    (flow.cfg.pred_iter(block).nth(EDGES_MAX).is_none()).then(|| flow.cfg.pred_iter(block))
}

/// Returns the counter that a parameter of a loop is. The loop is entered by one edge and has one edge back.
fn counter(flow: Flow<'_>, block: Block, number: usize) -> Option<Counter> {
    let func = flow.func;
    let mut edges = flow.cfg.pred_iter(block);
    let (Some(one), Some(other), None) = (edges.next(), edges.next(), edges.next()) else { return None };
    let (one, other) = (argument(func, &one, block, number)?, argument(func, &other, block, number)?);
    let parameter = func.dfg.block_params(block)[number];
    let counter = |start, next| Some(Counter { start, next, step: step(func, next, parameter)? });
    // What is computed of the parameter comes from inside of the loop, so the other argument comes from outside.
    counter(one, other).or_else(|| counter(other, one))
}

/// Returns the constant that was added to a parameter, not 0.
fn step(func: &Function, value: Value, parameter: Value) -> Option<i64> {
    let InstructionData::Binary { opcode, args: [left, right] } = *data(func, value)? else { return None };
    let (left, right) = (func.dfg.resolve_aliases(left), func.dfg.resolve_aliases(right));
    let (added, sign) = match opcode {
        Opcode::Iadd if left == parameter => (right, 1),
        Opcode::Iadd if right == parameter => (left, 1),
        Opcode::Isub if left == parameter => (right, -1),
        _ => return None,
    };
    let added = constant(func, added)?;
    let added = Interval::new(added, added).signed(bits(func, value)?).low;
    (added != 0).then_some(sign * added)
}

/// Returns the argument for a parameter on an edge. That of a `br_table` or of a call doesn't count.
fn argument(func: &Function, edge: &BlockPredecessor, block: Block, number: usize) -> Option<Value> {
    let dfg = &func.dfg;
    let calls = match &dfg.insts[edge.inst] {
        InstructionData::Jump { destination, .. } => std::slice::from_ref(destination),
        InstructionData::Brif { blocks, .. } => &blocks[..],
        _ => return None,
    };
    let mut calls = calls.iter().filter(|call| call.block(&dfg.value_lists) == block);
    let call = calls.next().filter(|_| calls.next().is_none())?;
    match call.args(&dfg.value_lists).nth(number)? {
        BlockArg::Value(value) => Some(dfg.resolve_aliases(value)),
        _ => None,
    }
}

/// Returns the comparison with a constant that holds where an edge is taken.
fn condition(func: &Function, edge: &BlockPredecessor, block: Block) -> Option<Condition> {
    let dfg = &func.dfg;
    let InstructionData::Brif { arg, blocks: [then, or_else], .. } = &dfg.insts[edge.inst] else { return None };
    let (then, or_else) = (then.block(&dfg.value_lists), or_else.block(&dfg.value_lists));
    if then == or_else {
        return None;
    }
    let (comparison, value, constant) = match *data(func, *arg)? {
        InstructionData::IntCompare { args: [left, right], cond, .. } => {
            match (constant(func, left), constant(func, right)) {
                (_, Some(constant)) => (cond, left, constant),
                (Some(constant), _) => (cond.swap_args(), right, constant),
                _ => return None,
            }
        }
        _ => (IntCC::NotEqual, *arg, 0),
    };
    let comparison = if then == block { comparison } else { comparison.complement() };
    Some(Condition { comparison, value: dfg.resolve_aliases(value), constant, bits: bits(func, value)? })
}

/// Returns the instruction that computes a value.
pub fn data(func: &Function, value: Value) -> Option<&InstructionData> {
    let inst = func.dfg.value_def(func.dfg.resolve_aliases(value)).inst()?;
    Some(&func.dfg.insts[inst])
}

/// Returns the unsigned number that a value of at most 32 bits always is.
pub fn constant(func: &Function, value: Value) -> Option<i64> {
    match data(func, value)? {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => {
            Some(imm.bits() & Interval::of_bits(bits(func, value)?).high)
        }
        _ => None,
    }
}

/// Returns the amount of a shift by a constant.
pub fn amount(func: &Function, value: Value, amount: Value) -> Option<u32> {
    Some(constant(func, amount)? as u32 % bits(func, value)?)
}

/// Returns the width of an integer of at most 32 bits.
fn bits(func: &Function, value: Value) -> Option<u32> {
    let ty = func.dfg.value_type(value);
    (ty.is_int() && ty.bits() <= 32).then_some(ty.bits())
}
