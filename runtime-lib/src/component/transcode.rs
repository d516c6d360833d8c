//! Strings on their way from one memory to another, in three encodings (canonical ABI, "Loading" and "Storing" of
//! strings). The adapter that calls has checked that source and destination lie in their memories and are aligned.
//!
//! Text that isn't in the encoding that it claims is a trap. Nothing is written behind the destination's units.

use core::slice;

use aot_abi::component as abi;
use aot_abi::host::HostReturn;
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

/// The bit of a compact string's length that says UTF-16.
const UTF16_TAG: u64 = 1 << 31;
/// Bytes of the longest character in UTF-8.
const UTF8_BYTES_MAX: usize = 4;

/// What a transcoder returns, or why it can't.
type Transcoded = Result<u64, Trap>;

fn returned(result: Transcoded) -> HostReturn {
    match result {
        Ok(value) => HostReturn { trap: 0, value },
        Err(trap) => HostReturn { trap: trap as u64, value: 0 },
    }
}

/// Units read and written, as `abi::component::Results::Two`.
fn read_and_written(read: usize, written: usize) -> u64 {
    read as u64 | (written as u64) << 32
}

/// Source and destination, which can't overlap: they are of different memories.
///
/// # Safety
///
/// The ranges are mapped, aligned, and nobody else uses them during the call.
unsafe fn units<'a, S, D>(
    source: u64,
    units: u64,
    destination: u64,
    room: u64,
) -> Result<(&'a [S], &'a mut [D]), Trap> {
    let source_end = source + units * size_of::<S>() as u64;
    let destination_end = destination + room * size_of::<D>() as u64;
    if source < destination_end && destination < source_end {
        return Err(Trap::StringOutOfBounds);
    }
    let source = core::ptr::with_exposed_provenance(source as usize);
    let destination = core::ptr::with_exposed_provenance_mut(destination as usize);
    // SAFETY: the caller's promise, and they don't overlap.
    unsafe {
        Ok((slice::from_raw_parts(source, units as usize), slice::from_raw_parts_mut(destination, room as usize)))
    }
}

/// Exports a transcoder under its symbol.
macro_rules! transcoders {
    ($($symbol:ident = $constant:ident($source:ty, $destination:ty, room $room:expr, extra $($extra:ident),*) $body:expr;)*) => { $(
        const _: () = assert!(crate::same_name(stringify!($symbol), abi::$constant.symbol));

        /// # Safety
        ///
        /// Called by the adapter's trampoline only: the ranges are in their memories.
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $symbol(_: *mut SlabHeader, source: u64, count: u64, destination: u64, $($extra: u64),*) -> HostReturn {
            let room: fn(u64, [u64; 2]) -> u64 = $room;
            let given: &[u64] = &[$($extra),*];
            let extras = [given.first().copied().unwrap_or(0), given.get(1).copied().unwrap_or(0)];
            // SAFETY: the caller's promise.
            let ranges = unsafe { units::<$source, $destination>(source, count, destination, room(count, extras)) };
            let body: fn(&[$source], &mut [$destination], [u64; 2]) -> Transcoded = $body;
            returned(ranges.and_then(|(source, destination)| body(source, destination, extras)))
        }
    )* };
}

transcoders! {
    aot_transcode_copy_utf8 = TRANSCODE_COPY_UTF8(u8, u8, room |count, _| count, extra)
        |source, destination, _| {
            core::str::from_utf8(source).map_err(|_| Trap::InvalidString)?;
            destination.copy_from_slice(source);
            Ok(0)
        };
    aot_transcode_copy_utf16 = TRANSCODE_COPY_UTF16(u16, u16, room |count, _| count, extra)
        |source, destination, _| {
            check_utf16(source)?;
            destination.copy_from_slice(source);
            Ok(0)
        };
    aot_transcode_copy_latin1 = TRANSCODE_COPY_LATIN1(u8, u8, room |count, _| count, extra)
        |source, destination, _| {
            destination.copy_from_slice(source);
            Ok(0)
        };
    aot_transcode_latin1_to_utf16 = TRANSCODE_LATIN1_TO_UTF16(u8, u16, room |count, _| count, extra)
        |source, destination, _| {
            widen(source, destination);
            Ok(0)
        };
    aot_transcode_latin1_to_utf8 = TRANSCODE_LATIN1_TO_UTF8(u8, u8, room |_, [room, _]| room, extra room, first)
        |source, destination, _| encode_utf8(source.iter().map(|byte| Ok((char::from(*byte), 1))), destination);
    aot_transcode_utf16_to_utf8 = TRANSCODE_UTF16_TO_UTF8(u16, u8, room |_, [room, _]| room, extra room, first)
        |source, destination, _| encode_utf8(utf16_chars(source), destination);
    aot_transcode_utf8_to_utf16 = TRANSCODE_UTF8_TO_UTF16(u8, u16, room |count, _| count, extra)
        |source, destination, _| encode_utf16(decode_utf8(source)?.chars(), destination).map(|written| written as u64);
    aot_transcode_utf16_to_compact_probably_utf16 = TRANSCODE_UTF16_TO_COMPACT_PROBABLY_UTF16(u16, u16, room |count, _| count, extra)
        |source, destination, _| utf16_to_compact(source, destination);
    aot_transcode_utf8_to_latin1 = TRANSCODE_UTF8_TO_LATIN1(u8, u8, room |count, _| count, extra)
        |source, destination, _| {
            let text = decode_utf8(source)?;
            encode_latin1(text.chars().map(|c| Ok((c, c.len_utf8()))), destination)
        };
    aot_transcode_utf16_to_latin1 = TRANSCODE_UTF16_TO_LATIN1(u16, u8, room |count, _| count, extra)
        |source, destination, _| encode_latin1(utf16_chars(source), destination);
    aot_transcode_utf8_to_compact_utf16 = TRANSCODE_UTF8_TO_COMPACT_UTF16(u8, u16, room |_, [room, _]| room, extra room, latin1)
        |source, destination, [_, latin1]| {
            let rest = widen_in_place(destination, latin1)?;
            let written = encode_utf16(decode_utf8(source)?.chars(), rest)?;
            Ok(latin1 + written as u64)
        };
    aot_transcode_utf16_to_compact_utf16 = TRANSCODE_UTF16_TO_COMPACT_UTF16(u16, u16, room |_, [room, _]| room, extra room, latin1)
        |source, destination, [_, latin1]| {
            let rest = widen_in_place(destination, latin1)?;
            check_utf16(source)?;
            rest.get_mut(..source.len()).ok_or(Trap::StringOutOfBounds)?.copy_from_slice(source);
            Ok(latin1 + source.len() as u64)
        };
}

/// Text that may be the rest of a longer one, which has been checked up to there.
fn decode_utf8(source: &[u8]) -> Result<&str, Trap> {
    core::str::from_utf8(source).map_err(|_| Trap::InvalidString)
}

fn check_utf16(source: &[u16]) -> Result<(), Trap> {
    utf16_chars(source).try_for_each(|unit| unit.map(drop))
}

/// The characters of UTF-16, each with its number of units.
fn utf16_chars(source: &[u16]) -> impl Iterator<Item = Result<(char, usize), Trap>> + '_ {
    char::decode_utf16(source.iter().copied())
        .map(|unit| unit.map(|c| (c, c.len_utf16())).map_err(|_| Trap::InvalidString))
}

fn widen(source: &[u8], destination: &mut [u16]) {
    for (to, from) in destination.iter_mut().zip(source) {
        *to = u16::from(*from);
    }
}

/// Turns the first `latin1` bytes of `destination` into as many UTF-16 units; what follows them.
fn widen_in_place(destination: &mut [u16], latin1: u64) -> Result<&mut [u16], Trap> {
    let count = latin1 as usize;
    let (head, rest) = destination.split_at_mut_checked(count).ok_or(Trap::StringOutOfBounds)?;
    // From the last byte on, because a unit takes the place of two bytes.
    for index in (0..count).rev() {
        let [low, high] = head[index / 2].to_le_bytes();
        head[index] = u16::from(if index % 2 == 0 { low } else { high });
    }
    Ok(rest)
}

/// Writes characters until one doesn't fit; units read and bytes written.
fn encode_utf8(chars: impl Iterator<Item = Result<(char, usize), Trap>>, destination: &mut [u8]) -> Transcoded {
    let (mut read, mut written) = (0, 0);
    for item in chars {
        let (c, units) = item?;
        let mut buffer = [0; UTF8_BYTES_MAX];
        let bytes = c.encode_utf8(&mut buffer).as_bytes();
        let Some(place) = destination.get_mut(written..written + bytes.len()) else { break };
        place.copy_from_slice(bytes);
        read += units;
        written += bytes.len();
    }
    Ok(read_and_written(read, written))
}

/// Writes characters as UTF-16; how many units.
fn encode_utf16(chars: impl Iterator<Item = char>, destination: &mut [u16]) -> Result<usize, Trap> {
    let mut written = 0;
    for c in chars {
        let mut buffer = [0; 2];
        let units = c.encode_utf16(&mut buffer);
        let place = destination.get_mut(written..written + units.len()).ok_or(Trap::StringOutOfBounds)?;
        place.copy_from_slice(units);
        written += units.len();
    }
    Ok(written)
}

/// Writes characters until one isn't Latin-1; units read and bytes written. What follows is checked all the same by
/// whoever goes on with it.
fn encode_latin1(chars: impl Iterator<Item = Result<(char, usize), Trap>>, destination: &mut [u8]) -> Transcoded {
    let (mut read, mut written) = (0, 0);
    for item in chars {
        let (c, units) = item?;
        let (Ok(byte), Some(place)) = (u8::try_from(u32::from(c)), destination.get_mut(written)) else { break };
        *place = byte;
        read += units;
        written += 1;
    }
    Ok(read_and_written(read, written))
}

/// UTF-16 as it is, with the tag, or as Latin-1 where it all fits.
fn utf16_to_compact(source: &[u16], destination: &mut [u16]) -> Transcoded {
    check_utf16(source)?;
    if source.iter().any(|unit| *unit > 0xff) {
        destination.copy_from_slice(source);
        return Ok(source.len() as u64 | UTF16_TAG);
    }
    for (to, pair) in destination.iter_mut().zip(source.chunks(2)) {
        let low = pair.first().map_or(0, |unit| *unit as u8);
        let high = pair.get(1).map_or(0, |unit| *unit as u8);
        *to = u16::from_le_bytes([low, high]);
    }
    Ok(source.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_to_utf8_stops_at_a_character_that_does_not_fit() {
        let source: Vec<u16> = "aé€😀".encode_utf16().collect();
        let mut room = [0; 5];
        assert_eq!(encode_utf8(utf16_chars(&source), &mut room), Ok(read_and_written(2, 3)));
        let mut room = [0; 10];
        assert_eq!(encode_utf8(utf16_chars(&source), &mut room), Ok(read_and_written(5, 10)));
        assert_eq!(&room, "aé€😀".as_bytes());
    }

    /// Numbers that look random, the same each time.
    struct Noise(u64);
    impl Noise {
        fn below(&mut self, bound: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % bound
        }
    }

    /// Text of all lengths of characters, sometimes damaged.
    fn noisy_bytes(noise: &mut Noise) -> Vec<u8> {
        const CHARACTERS: [char; 8] = ['a', '\0', '\u{7f}', 'é', '\u{7ff}', '€', '\u{ffff}', '😀'];
        let text: String = (0..noise.below(40)).map(|_| CHARACTERS[noise.below(8)]).collect();
        let mut bytes = text.into_bytes();
        if noise.below(2) == 0 && !bytes.is_empty() {
            let place = noise.below(bytes.len());
            bytes[place] = noise.below(256) as u8;
            bytes.truncate(noise.below(bytes.len()) + 1);
        }
        bytes
    }

    #[test]
    fn utf8_becomes_what_std_makes_of_it() {
        let mut noise = Noise(1);
        for _ in 0..20_000 {
            let bytes = noisy_bytes(&mut noise);
            let Ok(text) = String::from_utf8(bytes.clone()) else {
                assert_eq!(decode_utf8(&bytes), Err(Trap::InvalidString));
                continue;
            };
            let expected: Vec<u16> = text.encode_utf16().collect();
            let room = noise.below(expected.len() + 2);
            let mut units = vec![0xaaaa; room];
            let written = encode_utf16(decode_utf8(&bytes).unwrap().chars(), &mut units);
            if room < expected.len() {
                assert_eq!(written, Err(Trap::StringOutOfBounds));
            } else {
                assert_eq!(written, Ok(expected.len()));
                assert_eq!(units[..expected.len()], expected);
                assert!(units[expected.len()..].iter().all(|unit| *unit == 0xaaaa));
            }
        }
    }

    #[test]
    fn utf16_becomes_what_std_makes_of_it() {
        let mut noise = Noise(2);
        for _ in 0..20_000 {
            let text = String::from_utf8_lossy(&noisy_bytes(&mut noise)).into_owned();
            let mut units: Vec<u16> = text.encode_utf16().collect();
            if noise.below(2) == 0 && !units.is_empty() {
                let place = noise.below(units.len());
                units[place] = 0xd800 + noise.below(0x800) as u16;
            }
            let mut bytes = vec![0xaa; 3 * units.len() + 2];
            let result = encode_utf8(utf16_chars(&units), &mut bytes);
            match String::from_utf16(&units) {
                Ok(text) => {
                    assert_eq!(result, Ok(read_and_written(units.len(), text.len())));
                    assert_eq!(bytes[..text.len()], *text.as_bytes());
                    assert!(bytes[text.len()..].iter().all(|byte| *byte == 0xaa));
                }
                Err(_) => assert_eq!(result, Err(Trap::InvalidString)),
            }
        }
    }

    #[test]
    fn unpaired_surrogates_are_traps() {
        for source in [&[0xd800][..], &[0xdc00], &[0xd800, 0x61], &[0x61, 0xdbff]] {
            assert_eq!(check_utf16(source), Err(Trap::InvalidString));
        }
    }

    #[test]
    fn latin1_widens_in_place() {
        let mut units = [u16::from_le_bytes([b'a', b'b']), u16::from_le_bytes([0xe9, 0]), 0, 7];
        assert_eq!(widen_in_place(&mut units, 3), Ok(&mut [7][..]));
        assert_eq!(units, [0x61, 0x62, 0xe9, 7]);
        assert_eq!(widen_in_place(&mut units, 5), Err(Trap::StringOutOfBounds));
    }

    #[test]
    fn compact_chooses_the_encoding() {
        let mut room = [0; 3];
        assert_eq!(utf16_to_compact(&[0x61, 0xe9, 0x62], &mut room), Ok(3));
        assert_eq!(room[..2], [u16::from_le_bytes([0x61, 0xe9]), 0x62]);
        assert_eq!(utf16_to_compact(&[0x61, 0x20ac, 0x62], &mut room), Ok(3 | UTF16_TAG));
        assert_eq!(room, [0x61, 0x20ac, 0x62]);
    }
}
