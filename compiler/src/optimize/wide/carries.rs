//! Sums and differences of 128 bits in two halves, of which a comparison computes the carry: they become operators of 128
//! bits, which carry by the machine's flag.
//!
//! The carry of `low = x + y` is `low < x`, and the borrow of `x − y` is `x < y`; nothing else counts as one.

use super::adder::{Adder, Carry, Sum};
use super::forms::terms_of_sum;
use super::products::instructions;
use crate::optimize::ranges::data;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, Function, Inst, InstructionData, Opcode, Value, types};
use cranelift_entity::SecondaryMap;
use std::collections::HashMap;

/// Maximum number of addends of a sum that is looked at.
const ADDENDS_MAX: usize = 16;

/// Puts operators of 128 bits in place of the upper halves of sums and differences. Returns true if there is one.
pub fn rewrite(func: &mut Function) -> bool {
    let users = Users::of(func);
    let (mut adder, mut is_changed) = (Adder::default(), false);
    for root in instructions(func) {
        if let Some(sum) = Sum::of(func, &users, root) {
            adder.rewrite(func, root, sum);
            is_changed = true;
        }
    }
    adder.finish(func);
    is_changed
}

/// Returns true for a comparison as carries and borrows are, or one that became an integer.
pub fn is_truth(func: &Function, value: Value) -> bool {
    comparison(func, value).is_some()
}

/// The uses of a function's values.
#[derive(Default)]
struct Users {
    /// The number of uses of each value, and the last instruction that uses it.
    of_values: SecondaryMap<Value, (u32, Option<Inst>)>,
    /// The differences, by their blocks and terms.
    differences: HashMap<(Option<Block>, [Value; 2]), Inst>,
}

impl Users {
    fn of(func: &Function) -> Self {
        let mut users = Self::default();
        for inst in instructions(func) {
            for value in func.dfg.inst_values(inst) {
                let (count, user) = &mut users.of_values[func.dfg.resolve_aliases(value)];
                (*count, *user) = (*count + 1, Some(inst));
            }
            if let InstructionData::Binary { opcode: Opcode::Isub, args } = func.dfg.insts[inst] {
                let terms = args.map(|arg| func.dfg.resolve_aliases(arg));
                users.differences.entry((func.layout.inst_block(inst), terms)).or_insert(inst);
            }
        }
        users
    }

    /// Returns the only instruction that uses a value.
    fn only(&self, value: Value) -> Option<Inst> {
        let (count, user) = self.of_values[value];
        user.filter(|_| count == 1)
    }
}

impl Sum {
    /// Returns the sum that an instruction computes, if it adds carries. What only goes into another sum isn't looked at.
    fn of(func: &Function, users: &Users, root: Inst) -> Option<Self> {
        let result = term_result(func, root)?;
        if users.only(result).is_some_and(|user| term_result(func, user).is_some() && is_same_block(func, user, root)) {
            return None;
        }
        let (mut sum, mut waiting, mut count) = (Self::default(), vec![(result, false)], 0);
        while let Some((value, is_negative)) = waiting.pop() {
            let value = func.dfg.resolve_aliases(value);
            let inst = func.dfg.value_def(value).inst();
            let inner = inst.filter(|inst| *inst == root || is_inner(func, users, *inst, root));
            match inner.map(|inst| &func.dfg.insts[inst]) {
                Some(&InstructionData::Binary { opcode, args: [left, right] }) => {
                    waiting.extend([(right, is_negative ^ (opcode == Opcode::Isub)), (left, is_negative)]);
                }
                _ => sum.push(func, users, root, value, is_negative),
            }
            count += 1;
            if count > 2 * ADDENDS_MAX {
                return None;
            }
        }
        let has_carry = !sum.carries.is_empty() || !sum.borrows.is_empty();
        (has_carry && !sum.added.is_empty()).then_some(sum)
    }

    fn push(&mut self, func: &Function, users: &Users, root: Inst, value: Value, is_negative: bool) {
        let (list, others) =
            if is_negative { (&mut self.borrows, &mut self.subtracted) } else { (&mut self.carries, &mut self.added) };
        match carry(func, users, root, value, is_negative) {
            Some(carry) => list.push(carry),
            None => others.push(value),
        }
    }
}

/// Returns the sum or difference of 64 bits that an instruction computes; one that was replaced computes nothing any more.
fn term_result(func: &Function, inst: Inst) -> Option<Value> {
    let is_sum = matches!(func.dfg.insts[inst].opcode(), Opcode::Iadd | Opcode::Isub);
    let result = *func.dfg.inst_results(inst).first().filter(|_| is_sum)?;
    (func.dfg.value_type(result) == types::I64).then_some(result)
}

/// Returns true for a sum that is used in another sum of its block alone.
fn is_inner(func: &Function, users: &Users, inst: Inst, root: Inst) -> bool {
    let result = term_result(func, inst);
    result.is_some_and(|result| users.only(result).is_some()) && is_same_block(func, inst, root)
}

fn is_same_block(func: &Function, one: Inst, other: Inst) -> bool {
    func.layout.inst_block(one) == func.layout.inst_block(other)
}

/// Returns the lower half whose carry, or borrow, an addend of `root` is.
fn carry(func: &Function, users: &Users, root: Inst, addend: Value, is_borrow: bool) -> Option<Carry> {
    let [less, greater] = comparison(func, addend)?;
    if is_borrow {
        let terms = [less, greater];
        let lower = users.differences.get(&(func.layout.inst_block(root), terms)).copied();
        return Some(Carry { terms, lower: lower.filter(|inst| is_same_block(func, *inst, root)) });
    }
    let (terms, _) = terms_of_sum(func, less, greater)?;
    let lower = func.dfg.value_def(less).inst().filter(|inst| is_same_block(func, *inst, root));
    Some(Carry { terms, lower })
}

/// Returns the lesser and the greater value of a comparison of 64 bits, or of one that became an integer.
fn comparison(func: &Function, value: Value) -> Option<[Value; 2]> {
    let mut truth = value;
    while let InstructionData::Unary { opcode: Opcode::Uextend, arg } = *data(func, truth)? {
        truth = arg;
    }
    let InstructionData::IntCompare { cond, args, .. } = *data(func, truth)? else { return None };
    let args = args.map(|value| func.dfg.resolve_aliases(value));
    let is_wide = func.dfg.value_type(args[0]) == types::I64;
    match cond {
        IntCC::UnsignedLessThan if is_wide => Some(args),
        IntCC::UnsignedGreaterThan if is_wide => Some([args[1], args[0]]),
        _ => None,
    }
}
