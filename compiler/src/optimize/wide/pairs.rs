//! Both halves of one product, where one instruction of the machine computes both.

use super::products::instructions;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, Function, Inst, InstBuilder, InstructionData, Opcode, Value, types};
use std::collections::HashMap;

/// The upper half of a product, and how its factors are extended.
#[derive(Clone, Copy)]
struct Upper {
    inst: Inst,
    extend: Opcode,
}

/// The factors of a product, the smaller number first, and the block that multiplies them.
type Key = (Block, [Value; 2]);

/// Joins lower and upper halves of the same product that one block computes.
pub fn join(func: &mut Function) {
    let (mut lower, mut uppers): (HashMap<Key, Inst>, Vec<(Key, Upper)>) = (HashMap::new(), Vec::new());
    for inst in instructions(func) {
        let Some((key, opcode)) = multiplication(func, inst) else { continue };
        match opcode {
            Opcode::Imul => {
                lower.entry(key).or_insert(inst);
            }
            Opcode::Umulhi => uppers.push((key, Upper { inst, extend: Opcode::Uextend })),
            Opcode::Smulhi => uppers.push((key, Upper { inst, extend: Opcode::Sextend })),
            _ => {}
        }
    }
    for (key, upper) in uppers {
        if let Some(lower) = lower.remove(&key) {
            join_halves(func, key.1, lower, upper);
        }
    }
}

fn multiplication(func: &Function, inst: Inst) -> Option<(Key, Opcode)> {
    let InstructionData::Binary { opcode, args } = func.dfg.insts[inst] else { return None };
    let args = args.map(|arg| func.dfg.resolve_aliases(arg));
    let is_wide = func.dfg.value_type(args[0]) == types::I64;
    let key = (func.layout.inst_block(inst)?, [args[0].min(args[1]), args[0].max(args[1])]);
    is_wide.then_some((key, opcode))
}

/// Puts one multiplication where the first of two halves is computed.
fn join_halves(func: &mut Function, [left, right]: [Value; 2], lower: Inst, upper: Upper) {
    let is_lower_first = func.layout.pp_cmp(lower, upper.inst).is_lt();
    let first = if is_lower_first { lower } else { upper.inst };
    let mut cursor = FuncCursor::new(func).at_inst(first);
    cursor.use_srcloc(first);
    let extended = |cursor: &mut FuncCursor<'_>, value| {
        let (inst, dfg) = cursor.ins().Unary(upper.extend, types::I128, value);
        dfg.first_result(inst)
    };
    let (left, right) = (extended(&mut cursor, left), extended(&mut cursor, right));
    let product = cursor.ins().imul(left, right);
    let (low, high) = cursor.ins().isplit(product);
    substitute(func, lower, low);
    substitute(func, upper.inst, high);
}

/// Removes an instruction, and puts a value in place of its result.
pub fn substitute(func: &mut Function, inst: Inst, by: Value) {
    let result = func.dfg.first_result(inst);
    func.layout.remove_inst(inst);
    func.dfg.clear_results(inst);
    func.dfg.change_to_alias(result, by);
}
