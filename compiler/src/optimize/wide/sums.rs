//! Sums: the addends of a tree of additions.

use crate::optimize::ranges::data;
use cranelift_codegen::ir::{Function, InstructionData, Opcode, Value, types};

/// Maximum number of addends of a sum that is looked at.
const ADDENDS_MAX: usize = 16;

/// Returns the addends of a sum of 64 bits, from the left to the right; `None` if they are too many, or only one.
pub fn addends(func: &Function, sum: Value) -> Option<Vec<Value>> {
    let (mut addends, mut waiting) = (Vec::new(), vec![sum]);
    while let Some(value) = waiting.pop() {
        let value = func.dfg.resolve_aliases(value);
        match terms(func, value) {
            Some([left, right]) => waiting.extend([right, left]),
            None => addends.push(value),
        }
        if addends.len() + waiting.len() > ADDENDS_MAX {
            return None;
        }
    }
    (addends.len() > 1).then_some(addends)
}

fn terms(func: &Function, value: Value) -> Option<[Value; 2]> {
    match *data(func, value)? {
        InstructionData::Binary { opcode: Opcode::Iadd, args } if func.dfg.value_type(value) == types::I64 => {
            Some(args)
        }
        _ => None,
    }
}
