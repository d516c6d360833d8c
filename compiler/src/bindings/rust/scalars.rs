//! Numbers, booleans and characters in Rust, and functions of them.

use crate::bindings::{Import, Scalar};

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

/// The parameters of an imported function.
pub fn import_params(import: &Import) -> String {
    let params = import.params.iter().enumerate().map(|(index, scalar)| format!(", p{index}: {}", c_scalar(*scalar)));
    let result = import.result.map(|scalar| format!(", ret: *mut {}", c_scalar(scalar)));
    format!("context: *mut c_void, instance: *mut c_void{}", params.chain(result).collect::<String>())
}

/// The type of a number, boolean or character as C has it.
pub fn c_scalar(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Bool => "u8",
        Scalar::Char => "u32",
        scalar => scalar_name(scalar),
    }
}
