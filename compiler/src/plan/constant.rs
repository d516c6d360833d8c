//! Values known at compile time, and the evaluation of constant expressions to them.

use super::resolve::{DraftGlobal, DraftInstance, FuncDef, internal};
use super::{GlobalId, RecordId};
use crate::decode::ConstOp;
use crate::error::Result;
use cranelift_entity::{EntityRef, PrimaryMap};

/// A value of a global or a table element at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConstValue {
    /// `i32`.
    I32(i32),
    /// `i64`.
    I64(i64),
    /// `f32`, as bits.
    F32(u32),
    /// `f64`, as bits.
    F64(u64),
    /// `v128`, as bits.
    V128(u128),
    /// A null reference of any type.
    Null,
    /// A reference to a function.
    Func(RecordId),
    /// An `i31`, by its bits.
    I31(u32),
}

impl ConstValue {
    /// How it lies in memory, little-endian; references have 4 bytes.
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Self::I32(value) => value.to_le_bytes().to_vec(),
            Self::I64(value) => value.to_le_bytes().to_vec(),
            Self::F32(value) => value.to_le_bytes().to_vec(),
            Self::F64(value) => value.to_le_bytes().to_vec(),
            Self::V128(value) => value.to_le_bytes().to_vec(),
            Self::Null | Self::Func(_) | Self::I31(_) => self.reference().to_le_bytes().to_vec(),
        }
    }

    /// The 32 bits of a reference; 0 for anything else.
    pub fn reference(self) -> u32 {
        match self {
            Self::Func(record) => record.index() as u32,
            Self::I31(bits) => bits,
            _ => 0,
        }
    }
}

/// A value before functions have records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DraftValue {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(u128),
    Null,
    Func(FuncDef),
    I31(u32),
    /// It refers to an object: start-up makes it.
    Computed,
}

impl DraftValue {
    /// As an index or offset: `i32` and `i64` are unsigned there.
    pub fn unsigned(self) -> Option<u64> {
        match self {
            Self::I32(value) => Some(u64::from(value as u32)),
            Self::I64(value) => Some(value as u64),
            _ => None,
        }
    }

    /// The final value, given the record of each referenced function; null until start-up has made it.
    pub fn finish(self, record: impl Fn(FuncDef) -> RecordId) -> ConstValue {
        match self {
            Self::I32(value) => ConstValue::I32(value),
            Self::I64(value) => ConstValue::I64(value),
            Self::F32(value) => ConstValue::F32(value),
            Self::F64(value) => ConstValue::F64(value),
            Self::V128(value) => ConstValue::V128(value),
            Self::Null | Self::Computed => ConstValue::Null,
            Self::I31(bits) => ConstValue::I31(bits),
            Self::Func(func) => ConstValue::Func(record(func)),
        }
    }
}

/// Evaluates a validated constant expression of an instance. With an object in it, its value is one. The globals that it can read never change and come
/// earlier, so their initial values are their values.
pub(super) fn evaluate(
    expr: &[ConstOp],
    instance: &DraftInstance,
    globals: &PrimaryMap<GlobalId, DraftGlobal>,
) -> Result<DraftValue> {
    let mut stack = Vec::new();
    for op in expr {
        let value = match *op {
            ConstOp::I32(value) => DraftValue::I32(value),
            ConstOp::I64(value) => DraftValue::I64(value),
            ConstOp::F32(value) => DraftValue::F32(value),
            ConstOp::F64(value) => DraftValue::F64(value),
            ConstOp::V128(value) => DraftValue::V128(value),
            ConstOp::RefNull => DraftValue::Null,
            ConstOp::RefFunc(func) => DraftValue::Func(instance.functions[func]),
            ConstOp::GlobalGet(global) => globals[instance.globals[global]].init,
            ConstOp::RefI31 => match stack.pop() {
                Some(DraftValue::I32(value)) => DraftValue::I31((value as u32) << 1 | 1),
                _ => return Err(internal("the operand of a constant expression")),
            },
            ConstOp::Convert => continue,
            ConstOp::StructNew(_)
            | ConstOp::StructNewDefault(_)
            | ConstOp::ArrayNew(_)
            | ConstOp::ArrayNewDefault(_)
            | ConstOp::ArrayNewFixed(..) => return Ok(DraftValue::Computed),
            ConstOp::I32Add
            | ConstOp::I32Sub
            | ConstOp::I32Mul
            | ConstOp::I64Add
            | ConstOp::I64Sub
            | ConstOp::I64Mul => binary(*op, &mut stack)?,
        };
        stack.push(value);
    }
    stack.pop().ok_or_else(|| internal("a constant expression has no value"))
}

fn binary(op: ConstOp, stack: &mut Vec<DraftValue>) -> Result<DraftValue> {
    let (right, left) = (stack.pop(), stack.pop());
    match (left, right) {
        (Some(DraftValue::I32(left)), Some(DraftValue::I32(right))) => Ok(DraftValue::I32(match op {
            ConstOp::I32Add => left.wrapping_add(right),
            ConstOp::I32Sub => left.wrapping_sub(right),
            _ => left.wrapping_mul(right),
        })),
        (Some(DraftValue::I64(left)), Some(DraftValue::I64(right))) => Ok(DraftValue::I64(match op {
            ConstOp::I64Add => left.wrapping_add(right),
            ConstOp::I64Sub => left.wrapping_sub(right),
            _ => left.wrapping_mul(right),
        })),
        _ => Err(internal("operands of a constant expression")),
    }
}
