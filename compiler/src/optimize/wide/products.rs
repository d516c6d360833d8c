//! Products of 64 by 64 bits to 128 that code computes from four products of halves: they become one multiplication for each
//! half that is in use.

use super::forms::{Forms, Halved};
use super::polynomial::{Atom, Polynomial};
use super::proof::{self, Factors};
use super::sums::addends;
use crate::optimize::ranges::data;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Value, types};
use std::collections::{HashMap, HashSet};

/// Maximum number of values that are looked at for the factors of a lower half.
const OPERANDS_MAX: usize = 64;

/// Puts multiplications in place of the halves of products, upper ones first. Returns true if there is one.
pub fn rewrite(func: &mut Function) -> bool {
    let mut products = Products { forms: Forms::default(), pairs: Vec::new() };
    let has_upper = products.upper_halves(func);
    let has_lower = !products.pairs.is_empty() && products.lower_halves(func);
    has_upper || has_lower
}

/// The products of a function.
struct Products {
    forms: Forms,
    /// The factors of those whose upper half is known.
    pairs: Vec<Factors>,
}

/// An upper half in a sum.
struct UpperHalf {
    factors: Factors,
    /// The addends that aren't part of it.
    others: Vec<Value>,
}

impl Products {
    fn upper_halves(&mut self, func: &mut Function) -> bool {
        let mut is_changed = false;
        for inst in instructions(func) {
            match func.dfg.insts[inst].opcode() {
                Opcode::Iadd => {
                    if let Some(found) = self.upper_half(func, inst) {
                        replace_sum(func, inst, &found);
                        self.pairs.push(found.factors);
                        is_changed = true;
                    }
                }
                Opcode::Umulhi => self.note(func, inst),
                _ => {}
            }
        }
        is_changed
    }

    /// Notes the factors of an upper half that is one instruction already.
    fn note(&mut self, func: &Function, inst: Inst) {
        let InstructionData::Binary { args: [left, right], .. } = func.dfg.insts[inst] else { return };
        if let (Some(left), Some(right)) = (self.forms.halves(func, left), self.forms.halves(func, right)) {
            self.pairs.push([left, right]);
        }
    }

    /// Looks for an upper half in a sum.
    fn upper_half(&mut self, func: &Function, sum: Inst) -> Option<UpperHalf> {
        if func.dfg.value_type(func.dfg.first_result(sum)) != types::I64 {
            return None;
        }
        let addends = addends(func, func.dfg.first_result(sum))?;
        let products: Vec<Value> = addends.iter().filter_map(|addend| product(func, *addend)).collect();
        products.into_iter().find_map(|product| {
            let factors = self.factors(func, product)?;
            self.proved(func, factors, &addends)
        })
    }

    /// Returns the values of whose upper halves a value is the product.
    fn factors(&mut self, func: &Function, product: Value) -> Option<Factors> {
        let InstructionData::Binary { args, .. } = *data(func, product)? else { return None };
        let [left, right] = args.map(|arg| self.halved(func, arg));
        Some([left?, right?])
    }

    /// Returns the value whose upper half a value is.
    fn halved(&mut self, func: &Function, half: Value) -> Option<Halved> {
        let form = self.forms.of_value(func, half);
        let mut shifted = half;
        let value = loop {
            match *data(func, shifted)? {
                InstructionData::Unary { opcode: Opcode::Uextend | Opcode::Ireduce, arg } => shifted = arg,
                InstructionData::Binary { opcode: Opcode::Ushr, args } => break args[0],
                _ => return None,
            }
        };
        let is_wide = func.dfg.value_type(value) == types::I64;
        let halved = if is_wide { self.forms.halves(func, value)? } else { return None };
        (Polynomial::atom(halved.high) == form).then_some(halved)
    }

    /// Takes the addends that are made of two factors alone, and proves that their sum is the upper half.
    fn proved(&mut self, func: &Function, factors: Factors, addends: &[Value]) -> Option<UpperHalf> {
        let base = proof::base(&factors);
        let (mut sum, mut others, mut parts) = (Polynomial::default(), Vec::new(), 0);
        for &addend in addends {
            let form = self.forms.of_value(func, addend);
            if proof::is_of(&self.forms, &base, &form) {
                sum = sum.plus(&form)?;
                parts += 1;
            } else {
                others.push(addend);
            }
        }
        let is_proved = parts > 1 && proof::is_upper_half(&self.forms, &factors, &sum)?;
        is_proved.then_some(UpperHalf { factors, others })
    }

    /// Puts a multiplication in place of each value that is the lower half of a product whose upper half is known.
    fn lower_halves(&mut self, func: &mut Function) -> bool {
        let base: HashSet<Atom> = self.pairs.iter().flat_map(proof::base).collect();
        let mut by_form: HashMap<Polynomial, Vec<[Value; 2]>> = HashMap::new();
        for factors in &self.pairs {
            if let Some(product) = proof::product(factors) {
                let values = factors.each_ref().map(|Halved { value, .. }| *value);
                by_form.entry(product.modulo_2_64()).or_default().push(values);
            }
        }
        let mut is_changed = false;
        for inst in instructions(func) {
            if is_joined(func, inst)
                && let form = self.forms.of_value(func, func.dfg.first_result(inst))
                && let Some(form) = proof::lower_half(&self.forms, &base, &form)
                && let Some(pairs) = by_form.get(&form)
                && let operands = operands(func, inst)
                && let Some(&[left, right]) =
                    pairs.iter().find(|pair| pair.iter().all(|value| operands.contains(value)))
            {
                func.replace(inst).imul(left, right);
                is_changed = true;
            }
        }
        is_changed
    }
}

/// Puts the multiplication, and the sum with the other addends, in place of a sum.
fn replace_sum(func: &mut Function, sum: Inst, found: &UpperHalf) {
    let [left, right] = found.factors.each_ref().map(|factor| factor.value);
    let Some((last, others)) = found.others.split_last() else {
        func.replace(sum).umulhi(left, right);
        return;
    };
    let mut cursor = FuncCursor::new(func).at_inst(sum);
    cursor.use_srcloc(sum);
    let mut partial = cursor.ins().umulhi(left, right);
    for other in others {
        partial = cursor.ins().iadd(partial, *other);
    }
    func.replace(sum).iadd(partial, *last);
}

/// Returns the instructions of a function, in the order of its code.
pub fn instructions(func: &Function) -> Vec<Inst> {
    func.layout.blocks().flat_map(|block| func.layout.block_insts(block)).collect()
}

/// Returns the product that an addend is, or that it is if a carry isn't added.
fn product(func: &Function, addend: Value) -> Option<Value> {
    match *data(func, addend)? {
        InstructionData::Binary { opcode: Opcode::Imul, .. } => Some(addend),
        InstructionData::Ternary { opcode: Opcode::Select, args: [_, then, or_else] } => {
            let is_product = |value| match data(func, value) {
                Some(InstructionData::Binary { opcode, .. }) => *opcode == Opcode::Imul,
                _ => false,
            };
            [or_else, then].into_iter().find(|value| is_product(*value))
        }
        _ => None,
    }
}

/// Returns values that an instruction's result is computed of, which are there wherever it is.
fn operands(func: &Function, inst: Inst) -> HashSet<Value> {
    let (mut operands, mut waiting) = (HashSet::new(), vec![inst]);
    while let Some(inst) = waiting.pop().filter(|_| operands.len() < OPERANDS_MAX) {
        for &arg in func.dfg.inst_args(inst) {
            let arg = func.dfg.resolve_aliases(arg);
            if operands.insert(arg) {
                waiting.extend(func.dfg.value_def(arg).inst());
            }
        }
    }
    operands
}

/// Returns true for a value that is joined of a shifted part and another, as lower halves are.
fn is_joined(func: &Function, inst: Inst) -> bool {
    let InstructionData::Binary { opcode: Opcode::Bor | Opcode::Bxor | Opcode::Iadd, args } = func.dfg.insts[inst]
    else {
        return false;
    };
    let is_shifted = |value| matches!(data(func, value), Some(InstructionData::Binary { opcode: Opcode::Ishl, .. }));
    func.dfg.value_type(args[0]) == types::I64 && args.into_iter().any(is_shifted)
}
