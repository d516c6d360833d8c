//! Values known at compile time, and the evaluation of constant expressions to them.

use super::RecordId;
use cranelift_entity::EntityRef;

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
    /// A reference to something of the host, by its number (only specification scripts have them).
    Extern(u32),
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
            Self::Null | Self::Func(_) | Self::Extern(_) => self.reference().to_le_bytes().to_vec(),
        }
    }

    /// The 32 bits of a reference; 0 for anything else.
    pub fn reference(self) -> u32 {
        match self {
            Self::Func(record) => record.index() as u32,
            Self::Extern(value) => value,
            _ => 0,
        }
    }
}
