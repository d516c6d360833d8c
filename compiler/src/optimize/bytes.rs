//! Values whose bytes are those of another in reverse: what code makes of shifts, rotations and masks becomes one instruction.
//!
//! WebAssembly has no operator that reverses bytes, and compilers write it in many ways, of which Cranelift knows one for each
//! width. Here, where each byte of a value comes from is followed through the operators, and the bytes of the result compared.

use super::ranges::data;
use super::{Job, Optimizer};
use crate::error::Result;
use crate::translate::Scratch;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Type, Value, types};
use std::collections::HashMap;

/// Maximum number of operators through which a byte is followed.
const DEPTH_MAX: u32 = 10;

/// Returns true if the item joins bytes.
pub(super) fn is_useful(_: &Optimizer<'_>, job: &Job) -> bool {
    let func = &job.machine.func;
    let mut insts = func.layout.blocks().flat_map(|block| func.layout.block_insts(block));
    !job.is_vast() && insts.any(|inst| is_joined(func, inst))
}

/// Puts one instruction in place of the code that reverses bytes.
pub(super) fn run(_: &Optimizer<'_>, job: &mut Job, _: &mut Scratch) -> Result<()> {
    let func = &mut job.machine.func;
    let insts: Vec<Inst> = func.layout.blocks().flat_map(|block| func.layout.block_insts(block)).collect();
    let mut bytes = Bytes::default();
    for inst in insts {
        if is_joined(func, inst)
            && let Some(reversed) = bytes.reversed(func, func.dfg.first_result(inst))
        {
            replace(func, inst, reversed);
        }
    }
    Ok(())
}

/// Returns true for a value that is joined of shifted, rotated or masked parts, and for one with a mask.
fn is_joined(func: &Function, inst: Inst) -> bool {
    let InstructionData::Binary { opcode, args } = func.dfg.insts[inst] else { return false };
    let opcode_of = |value| match data(func, value) {
        Some(InstructionData::Binary { opcode, .. }) => Some(*opcode),
        _ => None,
    };
    let is_part = |value| {
        let part = opcode_of(value);
        part.is_some_and(|part| {
            matches!(part, Opcode::Ishl | Opcode::Ushr | Opcode::Rotl | Opcode::Rotr | Opcode::Band | Opcode::Bor)
        })
    };
    let is_join = match opcode {
        Opcode::Bor | Opcode::Bxor => args.into_iter().all(is_part),
        Opcode::Band => opcode_of(args[0]) == Some(Opcode::Bor),
        _ => false,
    };
    is_join && is_followed(func, args[0])
}

/// A byte of a value: 0, or one of another value by its number from the lowest on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Byte {
    Zero,
    Of(Value, u8),
}

/// The bytes of a value from the lowest on. Those beyond its type are 0.
type Form = [Byte; 8];

/// The origins of the bytes of a function's values, as far as they have been asked for.
#[derive(Default)]
struct Bytes(HashMap<Value, Form>);

/// The bytes of a value in reverse, above which the result is 0.
struct Reversed {
    value: Value,
    ty: Type,
}

impl Bytes {
    /// Returns the value whose lower bytes a value is in reverse.
    fn reversed(&mut self, func: &Function, value: Value) -> Option<Reversed> {
        let form = self.of(func, value, 0);
        let count = form.iter().rposition(|byte| *byte != Byte::Zero)? + 1;
        let Byte::Of(origin, _) = form[0] else { return None };
        let is_reversed = |(at, byte): (usize, &Byte)| *byte == Byte::Of(origin, (count - 1 - at) as u8);
        let ty = Type::int(8 * count as u16).filter(|_| count > 1)?;
        form[..count].iter().enumerate().all(is_reversed).then_some(Reversed { value: origin, ty })
    }

    fn of(&mut self, func: &Function, value: Value, depth: u32) -> Form {
        let value = func.dfg.resolve_aliases(value);
        if let Some(known) = self.0.get(&value) {
            return *known;
        }
        let found = if depth < DEPTH_MAX { self.of_instruction(func, value, depth + 1) } else { None };
        let form = found.unwrap_or_else(|| own(func, value));
        self.0.insert(value, form);
        form
    }

    fn of_instruction(&mut self, func: &Function, value: Value, depth: u32) -> Option<Form> {
        let width = width(func, value)?;
        match *data(func, value)? {
            InstructionData::Unary { opcode: Opcode::Uextend | Opcode::Ireduce, arg } if is_followed(func, arg) => {
                Some(below(self.of(func, arg, depth), width))
            }
            InstructionData::Binary { opcode: Opcode::Bor | Opcode::Bxor, args } => {
                let [left, right] = args.map(|arg| self.of(func, arg, depth));
                joined(left, right)
            }
            InstructionData::Load { opcode: Opcode::Uload16, .. } => Some(below(own(func, value), 2)),
            InstructionData::Binary { opcode, args: [left, right] } => {
                let constant = constant(func, right).map(|constant| (left, constant));
                let (left, constant) = constant.or_else(|| Some((right, constant_of_mask(func, opcode, left)?)))?;
                moved(opcode, self.of(func, left, depth), constant, width)
            }
            _ => None,
        }
    }
}

/// Returns the bytes of a value that isn't looked into.
fn own(func: &Function, value: Value) -> Form {
    let width = width(func, value).unwrap_or(0);
    std::array::from_fn(|at| if at < width { Byte::Of(value, at as u8) } else { Byte::Zero })
}

/// Returns the number of bytes of an integer of 32 or 64 bits.
fn width(func: &Function, value: Value) -> Option<usize> {
    let ty = func.dfg.value_type(value);
    (ty == types::I32 || ty == types::I64).then_some(ty.bytes() as usize)
}

fn is_followed(func: &Function, value: Value) -> bool {
    width(func, value).is_some()
}

/// Returns the lower bytes of a form.
fn below(form: Form, width: usize) -> Form {
    std::array::from_fn(|at| if at < width { form[at] } else { Byte::Zero })
}

/// Returns the bytes of two values of which no byte is set in both.
fn joined(left: Form, right: Form) -> Option<Form> {
    let are_apart = left.iter().zip(&right).all(|(left, right)| *left == Byte::Zero || *right == Byte::Zero);
    are_apart.then(|| std::array::from_fn(|at| if left[at] == Byte::Zero { right[at] } else { left[at] }))
}

/// Returns the bytes of an operator's result whose second operand is constant, if none is divided.
fn moved(opcode: Opcode, form: Form, constant: u64, width: usize) -> Option<Form> {
    if opcode == Opcode::Band {
        let mask = constant.to_le_bytes();
        let is_whole = mask.iter().take(width).all(|byte| *byte == 0 || *byte == 0xff);
        return is_whole.then(|| std::array::from_fn(|at| if mask[at] == 0 { Byte::Zero } else { form[at] }));
    }
    let bits = constant % (8 * width as u64);
    let by = bits as usize / 8;
    let from = |at: usize| match opcode {
        Opcode::Ishl => at.checked_sub(by),
        Opcode::Ushr => Some(at + by).filter(|from| *from < width),
        Opcode::Rotl => Some((at + width - by) % width),
        _ => Some((at + by) % width),
    };
    let is_moved =
        matches!(opcode, Opcode::Ishl | Opcode::Ushr | Opcode::Rotl | Opcode::Rotr) && bits.is_multiple_of(8);
    let byte = |at| if at < width { from(at).map_or(Byte::Zero, |from| form[from]) } else { Byte::Zero };
    is_moved.then(|| std::array::from_fn(byte))
}

fn constant(func: &Function, value: Value) -> Option<u64> {
    match *data(func, value)? {
        InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(imm.bits() as u64),
        _ => None,
    }
}

/// Returns the mask that is the first operand.
fn constant_of_mask(func: &Function, opcode: Opcode, left: Value) -> Option<u64> {
    if opcode == Opcode::Band { constant(func, left) } else { None }
}

/// Puts the reversed bytes of a value in place of an instruction.
fn replace(func: &mut Function, inst: Inst, Reversed { value, ty }: Reversed) {
    let (of_value, of_result) = (func.dfg.value_type(value), func.dfg.value_type(func.dfg.first_result(inst)));
    let mut cursor = FuncCursor::new(func).at_inst(inst);
    cursor.use_srcloc(inst);
    let narrow = if of_value == ty { value } else { cursor.ins().ireduce(ty, value) };
    if of_result == ty {
        func.replace(inst).bswap(narrow);
    } else {
        let reversed = cursor.ins().bswap(narrow);
        func.replace(inst).uextend(of_result, reversed);
    }
}
