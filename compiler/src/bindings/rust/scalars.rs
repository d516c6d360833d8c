//! Numbers, booleans and characters in Rust.

use crate::bindings::Scalar;

/// The type of a number, boolean or character.
pub fn scalar_name(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Bool => "bool",
        Scalar::S8 => "i8",
        Scalar::U8 => "u8",
        Scalar::S16 => "i16",
        Scalar::U16 => "u16",
        Scalar::S32 => "i32",
        Scalar::U32 => "u32",
        Scalar::S64 => "i64",
        Scalar::U64 => "u64",
        Scalar::F32 => "f32",
        Scalar::F64 => "f64",
        Scalar::Char => "char",
    }
}

/// The type of a number, boolean or character as C has it.
pub fn c_scalar(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Bool => "u8",
        Scalar::Char => "u32",
        scalar => scalar_name(scalar),
    }
}
