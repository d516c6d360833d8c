//! Arguments and expected results, from the text to the driver's encoding (`aot_abi::script`).

use aot_abi::gc::host_reference;
use aot_abi::script as abi;
use aot_compiler::decode::ValType;
use std::ops::Range;
use wast::core::{NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

/// A value with its type, one of `aot_abi::script::TYPE_…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    kind: u8,
    bits: u128,
}

/// A pattern that a result is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Exactly this value.
    Bits(Value),
    /// A class of values: one of `aot_abi::script::PATTERN_…`, and the type.
    Class(u8, u8),
    /// A vector, lane by lane: one of `aot_abi::script::PATTERN_V128_…`.
    Lanes(u8, Vec<Pattern>),
    /// Any of these.
    Either(Vec<Pattern>),
    /// Any object of a kind.
    Object(ObjectKind),
}

/// The kind of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// An object of a structure type.
    Struct,
    /// An object of an array type.
    Array,
}

/// The type numbers by which objects of a program are recognised.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// The slab offset of the heap.
    pub heap: u64,
    /// The numbers of structure types.
    pub structs: Range<u32>,
    /// The numbers of array types.
    pub arrays: Range<u32>,
}

/// A value of a proposal that the compiler doesn't have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign(pub &'static str);

impl Value {
    /// Reads an argument of the script.
    pub fn of_argument(argument: &WastArg<'_>) -> Result<Self, Foreign> {
        let WastArg::Core(argument) = argument else {
            return Err(Foreign("component-model"));
        };
        Ok(match argument {
            WastArgCore::I32(value) => Self::i32(*value),
            WastArgCore::I64(value) => Self::i64(*value),
            WastArgCore::F32(value) => Self::f32(*value),
            WastArgCore::F64(value) => Self::f64(*value),
            WastArgCore::V128(value) => Self { kind: abi::TYPE_V128, bits: u128::from_le_bytes(value.to_le_bytes()) },
            WastArgCore::RefNull(_) => Self::reference(0),
            WastArgCore::RefExtern(value) => Self::external(*value),
            WastArgCore::RefHost(value) => Self::external(*value),
        })
    }

    /// The type, one of `aot_abi::script::TYPE_…`.
    pub fn kind(self) -> u8 {
        self.kind
    }

    /// Writes the value for the driver.
    pub fn encode(self, out: &mut Vec<u8>) {
        out.push(self.kind);
        let bytes = match self.kind {
            abi::TYPE_I64 | abi::TYPE_F64 => 8,
            abi::TYPE_V128 => 16,
            _ => 4,
        };
        out.extend_from_slice(&self.bits.to_le_bytes()[..bytes]);
    }

    fn i32(value: i32) -> Self {
        Self { kind: abi::TYPE_I32, bits: u128::from(value as u32) }
    }

    fn i64(value: i64) -> Self {
        Self { kind: abi::TYPE_I64, bits: u128::from(value as u64) }
    }

    fn f32(value: F32) -> Self {
        Self { kind: abi::TYPE_F32, bits: u128::from(value.bits) }
    }

    fn f64(value: F64) -> Self {
        Self { kind: abi::TYPE_F64, bits: u128::from(value.bits) }
    }

    fn reference(value: u32) -> Self {
        Self { kind: abi::TYPE_REFERENCE, bits: u128::from(value) }
    }

    /// A reference to the host's thing with this number.
    fn external(value: u32) -> Self {
        Self::reference(host_reference(value))
    }
}

impl Pattern {
    /// An expected result.
    pub fn of_result(result: &WastRet<'_>) -> Result<Self, Foreign> {
        match result {
            WastRet::Core(result) => Self::of_core(result),
            _ => Err(Foreign("component-model")),
        }
    }

    fn of_core(result: &WastRetCore<'_>) -> Result<Self, Foreign> {
        Ok(match result {
            WastRetCore::I32(value) => Self::Bits(Value::i32(*value)),
            WastRetCore::I64(value) => Self::Bits(Value::i64(*value)),
            WastRetCore::F32(value) => f32_pattern(value),
            WastRetCore::F64(value) => f64_pattern(value),
            WastRetCore::V128(value) => vector(value),
            WastRetCore::RefNull(_) => Self::Bits(Value::reference(0)),
            WastRetCore::RefExtern(Some(value)) | WastRetCore::RefHost(value) => Self::Bits(Value::external(*value)),
            WastRetCore::RefExtern(None) | WastRetCore::RefFunc(_) | WastRetCore::RefAny => {
                Self::Class(abi::PATTERN_REFERENCE_NOT_NULL, abi::TYPE_REFERENCE)
            }
            WastRetCore::RefI31 => Self::Class(abi::PATTERN_I31, abi::TYPE_REFERENCE),
            WastRetCore::RefEq => Self::Class(abi::PATTERN_EQ, abi::TYPE_REFERENCE),
            WastRetCore::RefStruct => Self::Object(ObjectKind::Struct),
            WastRetCore::RefArray => Self::Object(ObjectKind::Array),
            WastRetCore::Either(patterns) => {
                Self::Either(patterns.iter().map(Self::of_core).collect::<Result<_, _>>()?)
            }
            WastRetCore::RefI31Shared => return Err(Foreign("shared-everything-threads")),
        })
    }

    /// The type of what can match, one of `aot_abi::script::TYPE_…`.
    pub fn kind(&self) -> Option<u8> {
        match self {
            Self::Bits(value) => Some(value.kind),
            Self::Class(_, kind) => Some(*kind),
            Self::Lanes(..) => Some(abi::TYPE_V128),
            Self::Object(_) => Some(abi::TYPE_REFERENCE),
            Self::Either(patterns) => patterns.first()?.kind(),
        }
    }

    /// Writes the pattern for the driver.
    pub fn encode(&self, out: &mut Vec<u8>, objects: &Objects) {
        let parts = match self {
            Self::Bits(value) => {
                out.push(abi::PATTERN_BITS);
                return value.encode(out);
            }
            Self::Class(class, _) => return out.push(*class),
            Self::Lanes(class, lanes) => {
                out.push(*class);
                lanes
            }
            Self::Either(patterns) => {
                out.extend([abi::PATTERN_EITHER, patterns.len() as u8]);
                patterns
            }
            Self::Object(kind) => {
                let numbers = match kind {
                    ObjectKind::Struct => &objects.structs,
                    ObjectKind::Array => &objects.arrays,
                };
                out.push(abi::PATTERN_OBJECT);
                out.extend(objects.heap.to_le_bytes());
                out.extend(numbers.start.to_le_bytes());
                return out.extend((numbers.len() as u32).to_le_bytes());
            }
        };
        parts.iter().for_each(|part| part.encode(out, objects));
    }
}

fn f32_pattern(pattern: &NanPattern<F32>) -> Pattern {
    match pattern {
        NanPattern::CanonicalNan => Pattern::Class(abi::PATTERN_F32_CANONICAL_NAN, abi::TYPE_F32),
        NanPattern::ArithmeticNan => Pattern::Class(abi::PATTERN_F32_ARITHMETIC_NAN, abi::TYPE_F32),
        NanPattern::Value(value) => Pattern::Bits(Value::f32(*value)),
    }
}

fn f64_pattern(pattern: &NanPattern<F64>) -> Pattern {
    match pattern {
        NanPattern::CanonicalNan => Pattern::Class(abi::PATTERN_F64_CANONICAL_NAN, abi::TYPE_F64),
        NanPattern::ArithmeticNan => Pattern::Class(abi::PATTERN_F64_ARITHMETIC_NAN, abi::TYPE_F64),
        NanPattern::Value(value) => Pattern::Bits(Value::f64(*value)),
    }
}

fn vector(pattern: &V128Pattern) -> Pattern {
    let bytes: Vec<u8> = match pattern {
        V128Pattern::I8x16(lanes) => lanes.iter().flat_map(|lane| lane.to_le_bytes()).collect(),
        V128Pattern::I16x8(lanes) => lanes.iter().flat_map(|lane| lane.to_le_bytes()).collect(),
        V128Pattern::I32x4(lanes) => lanes.iter().flat_map(|lane| lane.to_le_bytes()).collect(),
        V128Pattern::I64x2(lanes) => lanes.iter().flat_map(|lane| lane.to_le_bytes()).collect(),
        V128Pattern::F32x4(lanes) => {
            return Pattern::Lanes(abi::PATTERN_V128_F32, lanes.iter().map(f32_pattern).collect());
        }
        V128Pattern::F64x2(lanes) => {
            return Pattern::Lanes(abi::PATTERN_V128_F64, lanes.iter().map(f64_pattern).collect());
        }
    };
    let bits = bytes.iter().rev().fold(0, |bits, byte| bits << 8 | u128::from(*byte));
    Pattern::Bits(Value { kind: abi::TYPE_V128, bits })
}

/// The type as the driver has it, one of `aot_abi::script::TYPE_…`.
pub fn kind_of(ty: ValType) -> u8 {
    match ty {
        ValType::I32 => abi::TYPE_I32,
        ValType::I64 => abi::TYPE_I64,
        ValType::F32 => abi::TYPE_F32,
        ValType::F64 => abi::TYPE_F64,
        ValType::V128 => abi::TYPE_V128,
        ValType::Ref(_) => abi::TYPE_REFERENCE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(pattern: &Pattern) -> Vec<u8> {
        let mut out = Vec::new();
        pattern.encode(&mut out, &Objects::default());
        out
    }

    #[test]
    fn the_null_reference_is_no_external_one() {
        let null = Value::of_argument(&WastArg::Core(WastArgCore::RefExtern(0))).unwrap();
        assert_eq!(null.bits, 2);
    }

    #[test]
    fn lanes_of_floats_have_a_pattern_each_and_others_are_bits() {
        let floats = vector(&V128Pattern::F64x2([NanPattern::CanonicalNan, NanPattern::Value(F64 { bits: 1 })]));
        let nan = abi::PATTERN_F64_CANONICAL_NAN;
        let one = [abi::PATTERN_BITS, abi::TYPE_F64, 1, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(encoded(&floats), [&[abi::PATTERN_V128_F64, nan][..], &one].concat());
        let ints = encoded(&vector(&V128Pattern::I64x2([1, -1])));
        assert_eq!(ints[..3], [abi::PATTERN_BITS, abi::TYPE_V128, 1]);
        assert_eq!(ints[10..], [0xff; 8]);
    }
}
