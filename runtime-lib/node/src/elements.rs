//! Lists of numbers, which are typed arrays.

use aot_abi::exports as abi;

/// Returns the number that Node-API has for the typed array of elements of a kind; none for a kind that has no such.
pub fn typed_array_of(kind: u32) -> Option<i32> {
    Some(match kind {
        abi::TYPE_S8 => 0,
        abi::TYPE_U8 => 1,
        abi::TYPE_S16 => 3,
        abi::TYPE_U16 => 4,
        abi::TYPE_S32 => 5,
        abi::TYPE_U32 => 6,
        abi::TYPE_F32 => 7,
        abi::TYPE_F64 => 8,
        abi::TYPE_S64 => 9,
        abi::TYPE_U64 => 10,
        _ => return None,
    })
}

/// Names of typed arrays by their numbers; the second is of bytes that are clamped.
pub const TYPED_ARRAYS: [&str; 11] = [
    "Int8Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "Int16Array",
    "Uint16Array",
    "Int32Array",
    "Uint32Array",
    "Float32Array",
    "Float64Array",
    "BigInt64Array",
    "BigUint64Array",
];
