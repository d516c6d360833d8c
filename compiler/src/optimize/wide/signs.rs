//! Upper halves of signed products: an unsigned one, less each factor where the other one is negative.

use super::products::instructions;
use super::sums::addends;
use crate::optimize::ranges::data;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Value, types};

/// Puts a signed multiplication in place of each unsigned one that is corrected by the signs of both factors. Returns true if
/// there is one.
pub fn rewrite(func: &mut Function) -> bool {
    let mut is_changed = false;
    for inst in instructions(func) {
        if func.dfg.insts[inst].opcode() == Opcode::Iadd
            && func.dfg.value_type(func.dfg.first_result(inst)) == types::I64
            && let Some(addends) = addends(func, func.dfg.first_result(inst))
            && let Some((factors, others)) = signed(func, &addends)
        {
            replace(func, inst, factors, &others);
            is_changed = true;
        }
    }
    is_changed
}

/// Returns the factors of a signed product whose upper half is among the addends, and the other addends.
fn signed(func: &Function, addends: &[Value]) -> Option<([Value; 2], Vec<Value>)> {
    let factors = addends.iter().find_map(|addend| binary(func, *addend, Opcode::Umulhi))?;
    let [left, right] = factors;
    let mut others = addends.to_vec();
    let upper = others.iter().position(|addend| binary(func, *addend, Opcode::Umulhi) == Some(factors))?;
    others.remove(upper);
    for (negative, other) in [(left, right), (right, left)] {
        let correction = others.iter().position(|addend| is_correction(func, *addend, negative, other))?;
        others.remove(correction);
    }
    Some((factors, others))
}

/// Returns true for −`other` if `negative` is below 0, and 0 otherwise.
fn is_correction(func: &Function, addend: Value, negative: Value, other: Value) -> bool {
    let Some(args) = binary(func, addend, Opcode::Imul) else { return false };
    let is_sign = |value| match binary(func, value, Opcode::Sshr) {
        Some([shifted, amount]) => shifted == negative && is_63(func, amount),
        None => false,
    };
    (is_sign(args[0]) && args[1] == other) || (is_sign(args[1]) && args[0] == other)
}

fn is_63(func: &Function, amount: Value) -> bool {
    matches!(data(func, amount), Some(InstructionData::UnaryImm { opcode: Opcode::Iconst, imm }) if imm.bits() == 63)
}

fn binary(func: &Function, value: Value, wanted: Opcode) -> Option<[Value; 2]> {
    match *data(func, value)? {
        InstructionData::Binary { opcode, args } if opcode == wanted => {
            Some(args.map(|arg| func.dfg.resolve_aliases(arg)))
        }
        _ => None,
    }
}

fn replace(func: &mut Function, sum: Inst, [left, right]: [Value; 2], others: &[Value]) {
    let Some((last, others)) = others.split_last() else {
        func.replace(sum).smulhi(left, right);
        return;
    };
    let mut cursor = FuncCursor::new(func).at_inst(sum);
    cursor.use_srcloc(sum);
    let product = cursor.ins().smulhi(left, right);
    let partial = others.iter().fold(product, |partial, other| cursor.ins().iadd(partial, *other));
    func.replace(sum).iadd(partial, *last);
}
