//! Sums and differences of 128 bits: where they are made, and which uses of the lower half see theirs.

use super::pairs::substitute;
use super::products::instructions;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, Opcode, Value, types};
use std::cmp::Ordering;

/// The upper half of a sum of 128 bits: what is added and subtracted, and the lower halves whose carries are.
#[derive(Default)]
pub struct Sum {
    /// The value that is added, besides carries.
    pub added: Vec<Value>,
    /// The value that is subtracted, besides borrows.
    pub subtracted: Vec<Value>,
    /// The sums whose carries are added.
    pub carries: Vec<Carry>,
    /// The differences whose borrows are subtracted.
    pub borrows: Vec<Carry>,
}

/// A sum or a difference that is the lower half of one of 128 bits.
pub struct Carry {
    /// Terms of the sum.
    pub terms: [Value; 2],
    /// The instruction that computes it, if there is one in the block that uses the carry.
    pub lower: Option<Inst>,
}

/// Maker of the operators of a function.
#[derive(Default)]
pub struct Adder {
    later: Vec<Later>,
}

/// A lower half that the operator computes again, since its other operands aren't there earlier.
struct Later {
    /// The lower half.
    lower: Value,
    /// The lower half that the operator computes.
    by: Value,
    /// The instruction behind which `by` is there.
    from: Inst,
}

impl Adder {
    /// Makes the operators of a sum, each as soon as its operands are there, and puts the last one's upper half in place of
    /// the sum.
    pub fn rewrite(&mut self, func: &mut Function, root: Inst, mut sum: Sum) {
        for list in [&mut sum.carries, &mut sum.borrows] {
            list.sort_by(|one, other| order(func, root, one.lower, other.lower));
        }
        for list in [&mut sum.added, &mut sum.subtracted] {
            list.sort_by(|one, other| order(func, root, made_by(func, *one), made_by(func, *other)));
        }
        let (mut added, mut subtracted) = (sum.added.into_iter(), sum.subtracted.into_iter());
        let Some(mut upper) = added.next() else { return };
        for carry in &sum.carries {
            upper = self.wide(func, root, Opcode::Iadd, carry, (upper, added.next()));
        }
        for borrow in &sum.borrows {
            upper = self.wide(func, root, Opcode::Isub, borrow, (upper, subtracted.next()));
        }
        let mut cursor = FuncCursor::new(func).at_inst(root);
        cursor.use_srcloc(root);
        upper = added.fold(upper, |upper, addend| cursor.ins().iadd(upper, addend));
        upper = subtracted.fold(upper, |upper, addend| cursor.ins().isub(upper, addend));
        substitute(func, root, upper);
    }

    /// Makes one operator from its lower halves and its upper ones, the second of which is 0 if it is missing. Returns the upper
    /// half of the result.
    fn wide(
        &mut self,
        func: &mut Function,
        root: Inst,
        opcode: Opcode,
        carry: &Carry,
        (left, right): (Value, Option<Value>),
    ) -> Value {
        let [x, y] = carry.terms;
        let operands = [Some(x), Some(y), Some(left), right];
        let made = operands.into_iter().flatten().map(|operand| made_by(func, operand));
        let last = made.fold(None, |last, inst| later(func, root, last, inst));
        // An operator before may have replaced it: two carries of one sum.
        let lower = carry.lower.filter(|lower| func.layout.inst_block(*lower).is_some());
        // The lower half of a difference may come behind the upper one.
        let is_behind = lower.is_some_and(|lower| order(func, root, Some(root), Some(lower)) == Ordering::Less);
        let before = lower.filter(|lower| !is_behind && order(func, root, last, Some(*lower)) == Ordering::Less);
        let mut cursor = FuncCursor::new(func);
        match before.or(last) {
            Some(inst) if before.is_none() => cursor.goto_after_inst(inst),
            _ => cursor.goto_inst(before.unwrap_or(root)),
        }
        cursor.use_srcloc(root);
        let right = right.unwrap_or_else(|| cursor.ins().iconst(types::I64, 0));
        let (left, right) = (cursor.ins().iconcat(x, left), cursor.ins().iconcat(y, right));
        let (inst, dfg) = cursor.ins().Binary(opcode, types::I128, left, right);
        let result = dfg.first_result(inst);
        let (low, high) = cursor.ins().isplit(result);
        match lower {
            Some(lower) if is_behind || before.is_some() => substitute(func, lower, low),
            Some(lower) => self.note(func, lower, low),
            None => {}
        }
        high
    }

    fn note(&mut self, func: &Function, lower: Inst, by: Value) {
        if let Some(from) = func.dfg.value_def(by).inst() {
            self.later.push(Later { lower: func.dfg.first_result(lower), by, from });
        }
    }

    /// Lets the uses behind an operator see its lower half.
    pub fn finish(self, func: &mut Function) {
        if self.later.is_empty() {
            return;
        }
        func.dfg.resolve_all_aliases();
        for inst in instructions(func) {
            let block = func.layout.inst_block(inst);
            for Later { lower, by, from } in &self.later {
                // Each way from the lower half to another block goes by the operator.
                let is_behind = func.layout.inst_block(*from) != block || func.layout.pp_cmp(*from, inst).is_lt();
                if is_behind && func.dfg.inst_values(inst).any(|value| value == *lower) {
                    func.dfg.map_inst_values(inst, |value| if value == *lower { *by } else { value });
                }
            }
        }
    }
}

/// Returns the instruction that makes a value.
fn made_by(func: &Function, value: Value) -> Option<Inst> {
    func.dfg.value_def(func.dfg.resolve_aliases(value)).inst()
}

/// Returns the later of two instructions in the block of `root`; what other blocks make is there before.
fn later(func: &Function, root: Inst, one: Option<Inst>, other: Option<Inst>) -> Option<Inst> {
    let other = other.filter(|other| func.layout.inst_block(*other) == func.layout.inst_block(root));
    if order(func, root, one, other) == Ordering::Less { other } else { one }
}

/// Compares the places of two instructions in the block of `root`; those of other blocks come first.
fn order(func: &Function, root: Inst, one: Option<Inst>, other: Option<Inst>) -> Ordering {
    let block = func.layout.inst_block(root);
    let here = |inst: Option<Inst>| inst.filter(|inst| func.layout.inst_block(*inst) == block);
    match (here(one), here(other)) {
        (Some(one), Some(other)) => func.layout.pp_cmp(one, other),
        (one, other) => one.is_some().cmp(&other.is_some()),
    }
}
