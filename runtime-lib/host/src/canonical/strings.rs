//! Strings of the canonical ABI, in its three encodings.

use std::borrow::Cow;

use aot_abi::host::{STRING_LATIN1_UTF16, STRING_UTF8, STRING_UTF16};
use aot_abi::trap::Trap;

use crate::canonical::lowering::Lowering;
use crate::canonical::memory::check_alignment;
use crate::canonical::{Extent, Layout, Lift, Lifting, Lower, Words, layout};
use crate::{impl_abi, lift_extent};

/// A `string` at which the host only looks: UTF-8 is borrowed from the guest's memory.
pub struct Text;

/// The bit of a length in `latin1+utf16` that says that the string is UTF-16.
const UTF16_TAG: u32 = 1 << 31;
/// The longest string in bytes.
const STRING_BYTES_MAX: u64 = (1 << 31) - 1;

const STRING: Layout = layout::<Extent>();
impl_abi! { [] Text, STRING }
impl_abi! { [] String, STRING }

lift_extent! { [] Text, Cow<'a, str>, lift_text }
lift_extent! { [] String, String, |cx: &mut Lifting<'a, '_>, extent| {
    match lift_text(cx, extent)? {
        Cow::Owned(text) => Ok(text),
        Cow::Borrowed(text) => {
            cx.charge(text.len() as u64)?;
            Ok(String::from(text))
        }
    }
} }

/// The text of a string in the guest's memory, in the encoding of the call's options.
pub fn lift_text<'a>(cx: &mut Lifting<'a, '_>, extent: Extent) -> Result<Cow<'a, str>, Trap> {
    if cx.encoding == STRING_UTF8 {
        let bytes = cx.memory.bytes(extent.address, u64::from(extent.length))?;
        if cx.host.as_ref().is_some_and(|host| host.has_threads) {
            cx.charge(u64::from(extent.length))?;
            return String::from_utf8(bytes.to_vec()).map(Cow::Owned).map_err(|_| Trap::InvalidString);
        }
        return core::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| Trap::InvalidString);
    }
    check_alignment(extent.address, 2)?;
    match cx.encoding {
        STRING_UTF16 => lift_utf16(cx, extent.address, extent.length),
        STRING_LATIN1_UTF16 if extent.length & UTF16_TAG != 0 => {
            lift_utf16(cx, extent.address, extent.length & !UTF16_TAG)
        }
        _ => lift_latin1(cx, extent.address, extent.length),
    }
}

fn lift_utf16<'a>(cx: &mut Lifting<'a, '_>, address: u64, units: u32) -> Result<Cow<'a, str>, Trap> {
    let bytes = cx.memory.bytes(address, 2 * u64::from(units))?;
    // A unit becomes three bytes at most.
    cx.charge(3 * u64::from(units))?;
    let units = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    text.map(Cow::Owned).map_err(|_| Trap::InvalidString)
}

fn lift_latin1<'a>(cx: &mut Lifting<'a, '_>, address: u64, length: u32) -> Result<Cow<'a, str>, Trap> {
    let bytes = cx.memory.bytes(address, u64::from(length))?;
    cx.charge(2 * u64::from(length))?;
    Ok(Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()))
}

impl Lower for String {
    fn lower(self, _: &mut Lowering) -> Result<u64, Trap> {
        Err(Trap::Other)
    }
    fn store(self, cx: &mut Lowering, address: u64) -> Result<(), Trap> {
        lower_text(cx, &self)?.store(cx, address)
    }
}

/// Puts a string into the guest's memory, in the encoding of the call's options.
pub fn lower_text(cx: &mut Lowering, text: &str) -> Result<Extent, Trap> {
    if cx.encoding() == STRING_UTF8 {
        let string = allocate(cx, 1, text.len())?;
        cx.memory().write(string, text.as_bytes())?;
        return Ok(Extent { address: string, length: text.len() as u32 });
    }
    let (mut units, mut largest) = (0usize, 0u16);
    for_each_unit(text, &mut |unit| {
        units += 1;
        largest = largest.max(unit);
    });
    let both = cx.encoding() == STRING_LATIN1_UTF16;
    let unit_bytes = if both && largest <= 0xff { 1 } else { 2 };
    let string = allocate(cx, 2, units.saturating_mul(unit_bytes))?;
    let mut next = string;
    let mut result = Ok(());
    for_each_unit(text, &mut |unit| {
        result = result.and_then(|()| cx.memory().write(next, &unit.to_le_bytes()[..unit_bytes]));
        next += unit_bytes as u64;
    });
    result?;
    let tag = if both && unit_bytes == 2 { UTF16_TAG } else { 0 };
    Ok(Extent { address: string, length: units as u32 | tag })
}

/// Performs an action for each UTF-16 unit of a string. The only such loop, because few programs need it.
#[inline(never)]
fn for_each_unit(text: &str, action: &mut dyn FnMut(u16)) {
    text.encode_utf16().for_each(action);
}

fn allocate(cx: &mut Lowering, alignment: u32, bytes: usize) -> Result<u64, Trap> {
    if bytes as u64 > STRING_BYTES_MAX {
        return Err(Trap::ReallocFailed);
    }
    cx.allocate(alignment, bytes as u64)
}
