//! Strings, which are UTF-8 in C and have one of three encodings in a guest (canonical ABI, "Loading", "Storing").

use aot_abi::host::{STRING_LATIN1_UTF16, STRING_UTF8, STRING_UTF16};
use aot_abi::trap::Trap;

use super::Extent;
use super::guest::{Guest, check_alignment};
use super::lifting::{Failure, Lifting};

/// The bit of a length in `latin1+utf16` that says that the string is UTF-16.
const UTF16_TAG: u32 = 1 << 31;
/// The longest string in bytes.
const STRING_BYTES_MAX: u64 = (1 << 31) - 1;

/// Puts a text of the host into the guest's memory: its address, and its length as the guest's encoding has it.
///
/// # Safety
///
/// As many bytes are there as the text's length says.
pub unsafe fn lower_text(guest: Guest<'_>, text: Extent) -> Result<(u32, u32), Trap> {
    let bytes = match text.length {
        0 => &[],
        // SAFETY: the caller's promise.
        length => unsafe { core::slice::from_raw_parts(text.start.cast_const(), length) },
    };
    if guest.encoding() == STRING_UTF8 {
        let (address, start) = allocate(guest, 1, bytes.len() as u64)?;
        // SAFETY: the range is the guest's memory, in which the host's text isn't.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), start, bytes.len()) };
        return Ok((address, bytes.len() as u32));
    }
    lower_units(guest, core::str::from_utf8(bytes).map_err(|_| Trap::InvalidString)?)
}

fn lower_units(guest: Guest<'_>, text: &str) -> Result<(u32, u32), Trap> {
    let (units, largest) = text.encode_utf16().fold((0u64, 0), |(units, largest), unit| (units + 1, unit.max(largest)));
    let has_both = guest.encoding() == STRING_LATIN1_UTF16;
    let unit_bytes = if has_both && largest <= 0xff { 1 } else { 2 };
    let (address, start) = allocate(guest, 2, units * unit_bytes)?;
    let mut next = start;
    for unit in text.encode_utf16() {
        // SAFETY: the range has room for all units.
        unsafe { super::store(next, unit.into(), unit_bytes as usize) };
        next = next.wrapping_add(unit_bytes as usize);
    }
    let tag = if has_both && unit_bytes == 2 { UTF16_TAG } else { 0 };
    Ok((address, units as u32 | tag))
}

fn allocate(guest: Guest<'_>, align: u32, bytes: u64) -> Result<(u32, *mut u8), Trap> {
    if bytes > STRING_BYTES_MAX {
        return Err(Trap::ReallocFailed);
    }
    guest.allocate(align, bytes)
}

/// Makes a text of the host of a guest's string with this address and length.
///
/// # Safety
///
/// The guest doesn't run meanwhile.
pub unsafe fn lift_text(cx: &mut Lifting<'_>, address: u32, length: u32) -> Result<Extent, Failure> {
    let encoding = cx.guest.encoding();
    if encoding != STRING_UTF8 {
        check_alignment(address, 2)?;
    }
    let is_utf16 = encoding == STRING_UTF16 || (encoding == STRING_LATIN1_UTF16 && length & UTF16_TAG != 0);
    let units = if encoding == STRING_LATIN1_UTF16 { length & !UTF16_TAG } else { length };
    let bytes = u64::from(units) * if is_utf16 { 2 } else { 1 };
    let start = cx.guest.range(address.into(), bytes).ok_or(Trap::StringOutOfBounds)?;
    // SAFETY: the range is open memory, which nothing changes meanwhile.
    let bytes = unsafe { core::slice::from_raw_parts(start.cast_const(), bytes as usize) };
    match (encoding, is_utf16) {
        (STRING_UTF8, _) => {
            core::str::from_utf8(bytes).map_err(|_| Trap::InvalidString)?;
            if cx.lent.is_some() {
                return Ok(Extent { start, length: bytes.len() });
            }
            let text = cx.allocate(bytes.len() as u64)?;
            if !bytes.is_empty() {
                // SAFETY: the new text has as many bytes, and lies elsewhere.
                unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), text, bytes.len()) };
            }
            Ok(Extent { start: text, length: bytes.len() })
        }
        (_, true) => {
            let units = || bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
            make(cx, &|| char::decode_utf16(units()).map(|character| character.map_err(|_| Trap::InvalidString)))
        }
        _ => make(cx, &|| bytes.iter().map(|byte| Ok(char::from(*byte)))),
    }
}

/// Makes a text of characters, which are gone through twice.
fn make<I: Iterator<Item = Result<char, Trap>>>(
    cx: &mut Lifting<'_>,
    characters: &dyn Fn() -> I,
) -> Result<Extent, Failure> {
    let length =
        characters().try_fold(0u64, |length, character| Ok::<_, Trap>(length + character?.len_utf8() as u64))?;
    let start = cx.allocate(length)?;
    let mut next = start;
    for character in characters().flatten() {
        let mut buffer = [0; 4];
        let bytes = character.encode_utf8(&mut buffer).as_bytes();
        // SAFETY: there is room for all characters.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), next, bytes.len()) };
        next = next.wrapping_add(bytes.len());
    }
    Ok(Extent { start, length: length as usize })
}
