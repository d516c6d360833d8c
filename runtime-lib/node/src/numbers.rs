//! Numbers, booleans and characters between JavaScript and C. Node-API's own conversions wrap, truncate or clamp what a type
//! doesn't have; these refuse it.

use alloc::string::ToString;
use core::fmt::Display;

use aot_abi::exports as abi;

use crate::js::{Env, ErrorClass, Thrown, Value};

/// The code of errors about arguments.
pub const ARGUMENT: &str = "ARGUMENT";

/// Returns the bits of a C value for a value of JavaScript, which errors call by a name.
pub fn from_js(env: Env, kind: u32, value: Value, name: &dyn Display) -> Result<u64, Thrown> {
    match kind {
        abi::TYPE_BOOL => {
            let boolean = env.as_boolean(value)?.ok_or_else(|| wrong_type(env, name, "a boolean"))?;
            Ok(u64::from(boolean))
        }
        abi::TYPE_CHAR => character(env, value, name),
        abi::TYPE_S64 => {
            let (bits, fits) = env.as_signed(value)?.ok_or_else(|| wrong_type(env, name, "a BigInt"))?;
            if fits { Ok(bits.cast_unsigned()) } else { Err(out_of_range(env, name, "a signed number of 64 bits")) }
        }
        abi::TYPE_U64 => {
            let (bits, fits) = env.as_unsigned(value)?.ok_or_else(|| wrong_type(env, name, "a BigInt"))?;
            if fits { Ok(bits) } else { Err(out_of_range(env, name, "an unsigned number of 64 bits")) }
        }
        _ => {
            let number = env.as_number(value)?.ok_or_else(|| wrong_type(env, name, "a number"))?;
            match kind {
                abi::TYPE_F32 => Ok(u64::from((number as f32).to_bits())),
                abi::TYPE_F64 => Ok(number.to_bits()),
                _ => integer(kind, number).ok_or_else(|| {
                    let (least, most) = range(kind);
                    out_of_range(
                        env,
                        name,
                        &["an integer from ", &least.to_string(), " to ", &most.to_string()].concat(),
                    )
                }),
            }
        }
    }
}

/// Returns the value of JavaScript for the bits of a C value, above which anything may stand.
pub fn to_js(env: Env, kind: u32, bits: u64) -> Result<Value, Thrown> {
    match kind {
        abi::TYPE_BOOL => env.boolean(bits as u8 != 0),
        abi::TYPE_CHAR => {
            let character = char::from_u32(bits as u32).unwrap_or(char::REPLACEMENT_CHARACTER);
            env.string(character.encode_utf8(&mut [0; 4]))
        }
        abi::TYPE_S64 => env.bigint_signed(bits.cast_signed()),
        abi::TYPE_U64 => env.bigint_unsigned(bits),
        abi::TYPE_F32 => env.number(f64::from(f32::from_bits(bits as u32))),
        abi::TYPE_F64 => env.number(f64::from_bits(bits)),
        abi::TYPE_S8 => env.number(f64::from(bits as i8)),
        abi::TYPE_U8 => env.number(f64::from(bits as u8)),
        abi::TYPE_S16 => env.number(f64::from(bits as i16)),
        abi::TYPE_U16 => env.number(f64::from(bits as u16)),
        abi::TYPE_S32 => env.number(f64::from(bits as i32)),
        _ => env.number(f64::from(bits as u32)),
    }
}

/// Returns a number of bytes or elements, which errors call by a name.
pub fn count(env: Env, value: Value, name: &dyn Display) -> Result<u64, Thrown> {
    let wanted = "an integer from 0 to 9007199254740991";
    let number = env.as_number(value)?.ok_or_else(|| wrong_type(env, name, wanted))?;
    let count = number as u64;
    let is_exact = count as f64 == number && count <= SAFE_INTEGER_MAX;
    is_exact.then_some(count).ok_or_else(|| out_of_range(env, name, wanted))
}

/// The greatest integer up to which JavaScript's numbers have them all.
const SAFE_INTEGER_MAX: u64 = (1 << 53) - 1;

/// The least and the greatest number of an integer type with fewer than 64 bits.
fn range(kind: u32) -> (i64, i64) {
    match kind {
        abi::TYPE_S8 => (i8::MIN.into(), i8::MAX.into()),
        abi::TYPE_U8 => (0, u8::MAX.into()),
        abi::TYPE_S16 => (i16::MIN.into(), i16::MAX.into()),
        abi::TYPE_U16 => (0, u16::MAX.into()),
        abi::TYPE_S32 => (i32::MIN.into(), i32::MAX.into()),
        _ => (0, u32::MAX.into()),
    }
}

/// The bits of an integer; none if the type doesn't have the number. Negative zero is zero.
fn integer(kind: u32, number: f64) -> Option<u64> {
    let (least, most) = range(kind);
    // All numbers of these types are numbers of JavaScript. What isn't a number is in no range.
    let is_inside = number >= least as f64 && number <= most as f64;
    let integer = number as i64;
    (is_inside && integer as f64 == number).then_some(integer.cast_unsigned())
}

/// The only character of a string.
fn character(env: Env, value: Value, name: &dyn Display) -> Result<u64, Thrown> {
    let wanted = "a string of one character";
    // Two units are a character; the third shows that there are more; the fourth is for the end.
    let mut units = [0; 4];
    let length = env.as_units(value, &mut units)?.ok_or_else(|| wrong_type(env, name, wanted))?;
    match char_of(&units[..length.min(units.len())]) {
        Some(character) => Ok(u64::from(u32::from(character))),
        None => Err(out_of_range(env, name, wanted)),
    }
}

fn char_of(units: &[u16]) -> Option<char> {
    let mut characters = char::decode_utf16(units.iter().copied());
    let first = characters.next()?.ok()?;
    characters.next().is_none().then_some(first)
}

fn wrong_type(env: Env, name: &dyn Display, wanted: &str) -> Thrown {
    env.throw(ErrorClass::Type, ARGUMENT, &[&*name.to_string(), " must be ", wanted].concat())
}

fn out_of_range(env: Env, name: &dyn Display, wanted: &str) -> Thrown {
    env.throw(ErrorClass::Range, ARGUMENT, &[&*name.to_string(), " must be ", wanted].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_taken_if_the_type_has_them() {
        assert_eq!(integer(abi::TYPE_U8, 255.0), Some(255));
        assert_eq!(integer(abi::TYPE_U8, 256.0), None);
        assert_eq!(integer(abi::TYPE_S8, -128.0), Some((-128_i64).cast_unsigned()));
        assert_eq!(integer(abi::TYPE_U32, -1.0), None);
        assert_eq!(integer(abi::TYPE_U32, 4_294_967_295.0), Some(4_294_967_295));
        assert_eq!(integer(abi::TYPE_U32, -0.0), Some(0));
        for number in [0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            assert_eq!(integer(abi::TYPE_S32, number), None);
        }
    }

    #[test]
    fn a_character_is_one_or_two_units() {
        assert_eq!(char_of(&[0x61]), Some('a'));
        assert_eq!(char_of(&[0xd83d, 0xde00]), Some('\u{1f600}'));
        assert_eq!(char_of(&[0xd83d]), None);
        assert_eq!(char_of(&[0x61, 0x62]), None);
        assert_eq!(char_of(&[]), None);
    }
}
