//! Values of a script, and the patterns that results are compared with.

use aot_abi::gc::{GRANULE_BYTES, host_reference};
use aot_abi::script as abi;

use aot_foundation::message::Message;
use aot_host::reader::Reader;

/// A value with its type.
pub struct Value {
    kind: u8,
    bits: [u64; 2],
}

const F32_CANONICAL: u64 = 0x7fc0_0000;
const F32_SIGN: u64 = 0x8000_0000;
const F64_CANONICAL: u64 = 0x7ff8_0000_0000_0000;
const F64_SIGN: u64 = 0x8000_0000_0000_0000;

/// The size of a value of this type, in bytes.
pub fn bytes_of(kind: u8) -> usize {
    match kind {
        abi::TYPE_I64 | abi::TYPE_F64 => 8,
        abi::TYPE_V128 => 16,
        _ => 4,
    }
}

impl Value {
    /// The next value of the script.
    pub fn read(reader: &mut Reader) -> Value {
        let kind = reader.u8();
        let bits = match bytes_of(kind) {
            4 => [u64::from(reader.u32()), 0],
            8 => [reader.u64(), 0],
            _ => [reader.u64(), reader.u64()],
        };
        Value { kind, bits }
    }

    /// The value as a slot of a call: two words.
    pub fn slot(&self) -> [u64; 2] {
        self.bits
    }

    fn matches(&self, slot: [u64; 2]) -> bool {
        match bytes_of(self.kind) {
            4 => slot[0] as u32 == self.bits[0] as u32,
            8 => slot[0] == self.bits[0],
            _ => slot == self.bits,
        }
    }
}

/// Reads the next pattern of the script to its end, and returns true if a result matches it. `header` gives the first
/// 32 bits of the object at a slab offset.
pub fn matches(reader: &mut Reader, slot: [u64; 2], header: &dyn Fn(u64) -> u32) -> bool {
    let word = slot[0];
    let half = word & 0xffff_ffff;
    match reader.u8() {
        abi::PATTERN_BITS => Value::read(reader).matches(slot),
        abi::PATTERN_F32_CANONICAL_NAN => half & !F32_SIGN == F32_CANONICAL,
        abi::PATTERN_F32_ARITHMETIC_NAN => half & F32_CANONICAL == F32_CANONICAL,
        abi::PATTERN_F64_CANONICAL_NAN => word & !F64_SIGN == F64_CANONICAL,
        abi::PATTERN_F64_ARITHMETIC_NAN => word & F64_CANONICAL == F64_CANONICAL,
        abi::PATTERN_V128_F32 => all(reader, [slot[0], slot[0] >> 32, slot[1], slot[1] >> 32], header),
        abi::PATTERN_V128_F64 => all(reader, slot, header),
        abi::PATTERN_REFERENCE_NOT_NULL => half != 0,
        abi::PATTERN_I31 => half & 1 != 0,
        abi::PATTERN_EQ => half != 0 && half & 3 != host_reference(0).into(),
        abi::PATTERN_OBJECT => {
            let (heap, first, count) = (reader.u64(), reader.u32(), reader.u32());
            let is_object = half != 0 && half.is_multiple_of(GRANULE_BYTES);
            is_object && header(heap + half).wrapping_sub(first) < count
        }
        _ => either(reader, slot, header),
    }
}

#[allow(clippy::unnecessary_fold, reason = "every pattern is read, whatever the ones before it say")]
fn all<const LANES: usize>(reader: &mut Reader, lanes: [u64; LANES], header: &dyn Fn(u64) -> u32) -> bool {
    lanes.into_iter().fold(true, |so_far, lane| matches(reader, [lane, 0], header) && so_far)
}

fn either(reader: &mut Reader, slot: [u64; 2], header: &dyn Fn(u64) -> u32) -> bool {
    let count = reader.u8();
    (0..count).fold(false, |so_far, _| matches(reader, slot, header) || so_far)
}

/// Writes the next pattern of the script for a person.
pub fn write(message: &mut Message, reader: &mut Reader) {
    match reader.u8() {
        abi::PATTERN_BITS => write_value(message, &Value::read(reader)),
        abi::PATTERN_F32_CANONICAL_NAN | abi::PATTERN_F64_CANONICAL_NAN => _ = message.text("a canonical NaN"),
        abi::PATTERN_F32_ARITHMETIC_NAN | abi::PATTERN_F64_ARITHMETIC_NAN => _ = message.text("an arithmetic NaN"),
        abi::PATTERN_V128_F32 => write_several(message, reader, 4),
        abi::PATTERN_V128_F64 => write_several(message, reader, 2),
        abi::PATTERN_REFERENCE_NOT_NULL => _ = message.text("a reference that isn't null"),
        abi::PATTERN_I31 => _ = message.text("an i31"),
        abi::PATTERN_EQ => _ = message.text("a reference that can be compared"),
        abi::PATTERN_OBJECT => {
            _ = (reader.u64(), reader.u32(), reader.u32());
            message.text("an object of another kind");
        }
        _ => {
            let count = reader.u8();
            message.text("one of ");
            write_several(message, reader, count);
        }
    }
}

fn write_several(message: &mut Message, reader: &mut Reader, count: u8) {
    message.text("(");
    for index in 0..count {
        message.text(if index == 0 { "" } else { ", " });
        write(message, reader);
    }
    message.text(")");
}

fn write_value(message: &mut Message, value: &Value) {
    message.hex(value.bits[0]);
    if value.bits[1] != 0 {
        message.text(" ").hex(value.bits[1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(pattern: &[u8], slot: [u64; 2]) -> bool {
        let mut reader = Reader::new(pattern.as_ptr());
        let holds = matches(&mut reader, slot, &|_| 5);
        assert!(reader.is_at(pattern.as_ptr_range().end), "the pattern is read to its end");
        holds
    }

    #[test]
    fn bits_are_compared_in_their_width() {
        let seven = [abi::PATTERN_BITS, abi::TYPE_I32, 7, 0, 0, 0];
        assert!(holds(&seven, [0xffff_ffff_0000_0007, 9]));
        assert!(!holds(&seven, [8, 0]));
    }

    #[test]
    fn nans_have_classes() {
        let canonical = [abi::PATTERN_F32_CANONICAL_NAN];
        let arithmetic = [abi::PATTERN_F64_ARITHMETIC_NAN];
        assert!(holds(&canonical, [0xffc0_0000, 0]) && !holds(&canonical, [0x7fc0_0001, 0]));
        assert!(holds(&arithmetic, [0xfff8_0000_0000_0001, 0]) && !holds(&arithmetic, [0x7ff4_0000_0000_0000, 0]));
    }

    #[test]
    fn references_have_kinds() {
        let object = [&[abi::PATTERN_OBJECT, 0, 0, 0, 0, 0, 0, 0, 0][..], &[5, 0, 0, 0, 1, 0, 0, 0]].concat();
        assert!(holds(&object, [16, 0]) && !holds(&object, [0, 0]) && !holds(&object, [7, 0]));
        assert!(holds(&[abi::PATTERN_I31], [7, 0]) && !holds(&[abi::PATTERN_I31], [16, 0]));
        assert!(holds(&[abi::PATTERN_EQ], [7, 0]) && holds(&[abi::PATTERN_EQ], [16, 0]));
        assert!(!holds(&[abi::PATTERN_EQ], [host_reference(1).into(), 0]) && !holds(&[abi::PATTERN_EQ], [0, 0]));
    }

    #[test]
    fn lanes_and_alternatives_are_read_whole() {
        let null = [abi::PATTERN_BITS, abi::TYPE_REFERENCE, 0, 0, 0, 0];
        let either = [&[abi::PATTERN_EITHER, 2][..], &null, &[abi::PATTERN_REFERENCE_NOT_NULL]].concat();
        assert!(holds(&either, [0, 0]) && holds(&either, [5, 0]));
        let lanes = [abi::PATTERN_V128_F64, abi::PATTERN_F64_CANONICAL_NAN, abi::PATTERN_F64_ARITHMETIC_NAN];
        assert!(holds(&lanes, [F64_CANONICAL, F64_CANONICAL | 1]));
        assert!(!holds(&lanes, [0, F64_CANONICAL]));
    }
}
