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

/// The result of a transcoder, or the trap that ends it.
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
        const _: () = assert!(aot_foundation::same_name(stringify!($symbol), abi::$constant.symbol));

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
        |source, destination, _| latin1_to_utf8(source, destination);
    aot_transcode_utf16_to_utf8 = TRANSCODE_UTF16_TO_UTF8(u16, u8, room |_, [room, _]| room, extra room, first)
        |source, destination, _| utf16_to_utf8(source, destination);
    aot_transcode_utf8_to_utf16 = TRANSCODE_UTF8_TO_UTF16(u8, u16, room |count, _| count, extra)
        |source, destination, _| utf8_to_utf16(decode_utf8(source)?, destination).map(|written| written as u64);
    aot_transcode_utf16_to_compact_probably_utf16 = TRANSCODE_UTF16_TO_COMPACT_PROBABLY_UTF16(u16, u16, room |count, _| count, extra)
        |source, destination, _| utf16_to_compact(source, destination);
    aot_transcode_utf8_to_latin1 = TRANSCODE_UTF8_TO_LATIN1(u8, u8, room |count, _| count, extra)
        |source, destination, _| utf8_to_latin1(source, destination);
    aot_transcode_utf16_to_latin1 = TRANSCODE_UTF16_TO_LATIN1(u16, u8, room |count, _| count, extra)
        |source, destination, _| utf16_to_latin1(source, destination);
    aot_transcode_utf8_to_compact_utf16 = TRANSCODE_UTF8_TO_COMPACT_UTF16(u8, u16, room |_, [room, _]| room, extra room, latin1)
        |source, destination, [_, latin1]| {
            let rest = widen_in_place(destination, latin1)?;
            let written = utf8_to_utf16(decode_utf8(source)?, rest)?;
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

/// Decodes text, which may be the rest of a longer one that has been checked up to there.
fn decode_utf8(source: &[u8]) -> Result<&str, Trap> {
    core::str::from_utf8(source).map_err(|_| Trap::InvalidString)
}

/// Returns true if a unit is half of a surrogate pair.
fn is_surrogate(unit: u16) -> bool {
    unit & 0xf800 == 0xd800
}

fn check_utf16(source: &[u16]) -> Result<(), Trap> {
    let mut checked = 0;
    while checked < source.len() {
        let plain = rest(source, checked).iter().take_while(|unit| !is_surrogate(**unit));
        checked += plain.count();
        for item in utf16_chars(rest(source, checked)).take(RUN_UNITS) {
            checked += item?.1;
        }
    }
    Ok(())
}

/// The characters of UTF-16, each with its number of units.
fn utf16_chars(source: &[u16]) -> impl Iterator<Item = Result<(char, usize), Trap>> + '_ {
    char::decode_utf16(source.iter().copied())
        .map(|unit| unit.map(|c| (c, c.len_utf16())).map_err(|_| Trap::InvalidString))
}

fn widen(source: &[u8], destination: &mut [u16]) {
    let moved = move_runs(source, destination, |run| Some(latin1_to_utf16(run)));
    for (to, from) in destination.iter_mut().zip(source).skip(moved) {
        *to = u16::from(*from);
    }
}

/// Turns the first `latin1` bytes of `destination` into as many UTF-16 units, and returns the rest of `destination`.
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

/// Units that are moved together.
const RUN_UNITS: usize = 8;

/// Moves runs of units until `of_run` refuses one; how many units.
fn move_runs<S, D>(
    source: &[S],
    destination: &mut [D],
    of_run: impl Fn(&[S; RUN_UNITS]) -> Option<[D; RUN_UNITS]>,
) -> usize {
    let (runs, _) = source.as_chunks::<RUN_UNITS>();
    let (places, _) = destination.as_chunks_mut::<RUN_UNITS>();
    let mut moved = 0;
    for (run, place) in runs.iter().zip(places) {
        let Some(run) = of_run(run) else { break };
        *place = run;
        moved += RUN_UNITS;
    }
    moved
}

/// ASCII as it is.
fn ascii(run: &[u8; RUN_UNITS]) -> Option<[u8; RUN_UNITS]> {
    (u64::from_le_bytes(*run) & 0x8080_8080_8080_8080 == 0).then_some(*run)
}

/// ASCII as UTF-16.
fn ascii_to_utf16(run: &[u8; RUN_UNITS]) -> Option<[u16; RUN_UNITS]> {
    ascii(run).map(|run| latin1_to_utf16(&run))
}

/// Latin-1 as UTF-16: two words of four units, for which the bytes of the word are spread.
fn latin1_to_utf16(&[a, b, c, d, e, f, g, h]: &[u8; RUN_UNITS]) -> [u16; RUN_UNITS] {
    let spread = |bytes: [u8; 4]| {
        let word = u64::from(u32::from_le_bytes(bytes));
        let word = (word | word << 16) & 0x0000_ffff_0000_ffff;
        (word | word << 8) & 0x00ff_00ff_00ff_00ff
    };
    let (low, high) = (spread([a, b, c, d]), spread([e, f, g, h]));
    let unit = |word: u64, index: u32| (word >> (16 * index)) as u16;
    let [low, high] = [low, high].map(|word| [unit(word, 0), unit(word, 1), unit(word, 2), unit(word, 3)]);
    [low[0], low[1], low[2], low[3], high[0], high[1], high[2], high[3]]
}

/// UTF-16 whose units are all below the lowest bit of `too_high` as bytes.
fn narrow(&[a, b, c, d, e, f, g, h]: &[u16; RUN_UNITS], too_high: u16) -> Option<[u8; RUN_UNITS]> {
    let word = |[a, b, c, d]: [u16; 4]| u64::from(a) | u64::from(b) << 16 | u64::from(c) << 32 | u64::from(d) << 48;
    let (low, high) = (word([a, b, c, d]), word([e, f, g, h]));
    if (low | high) & (u64::from(too_high) * 0x0001_0001_0001_0001) != 0 {
        return None;
    }
    let gather = |word: u64| {
        let word = (word | word >> 8) & 0x0000_ffff_0000_ffff;
        (word | word >> 16) & 0xffff_ffff
    };
    Some((gather(low) | gather(high) << 32).to_le_bytes())
}

/// Writes characters until `put` has no place for one; units read and written. If plain text goes on, `runs` moves
/// it; `chars` gives what follows that many units, each character with its units.
fn encode<D, I: Iterator<Item = Result<(char, usize), Trap>>>(
    units: usize,
    destination: &mut [D],
    runs: impl Fn(usize, &mut [D]) -> usize,
    chars: impl Fn(usize) -> I,
    put: fn(char, &mut [D]) -> Option<usize>,
) -> Result<(usize, usize), Trap> {
    let (mut read, mut written) = (0, 0);
    while read < units {
        let moved = runs(read, destination.get_mut(written..).unwrap_or_default());
        read += moved;
        written += moved;
        for item in chars(read).take(RUN_UNITS) {
            let (c, of_character) = item?;
            let place = destination.get_mut(written..).unwrap_or_default();
            let Some(put) = put(c, place) else { return Ok((read, written)) };
            read += of_character;
            written += put;
        }
    }
    Ok((read, written))
}

fn put_utf8(c: char, place: &mut [u8]) -> Option<usize> {
    (c.len_utf8() <= place.len()).then(|| c.encode_utf8(place).len())
}

fn put_utf16(c: char, place: &mut [u16]) -> Option<usize> {
    (c.len_utf16() <= place.len()).then(|| c.encode_utf16(place).len())
}

fn put_latin1(c: char, place: &mut [u8]) -> Option<usize> {
    *place.first_mut()? = u8::try_from(u32::from(c)).ok()?;
    Some(1)
}

/// The source behind the units that were read.
fn rest<T>(source: &[T], read: usize) -> &[T] {
    source.get(read..).unwrap_or_default()
}

/// The characters that follow so many bytes, which end with a character.
fn chars_of(text: &str, read: usize) -> impl Iterator<Item = Result<(char, usize), Trap>> + '_ {
    text.get(read..).unwrap_or_default().chars().map(|c| Ok((c, c.len_utf8())))
}

/// UTF-16 to UTF-8 until a character doesn't fit.
fn utf16_to_utf8(source: &[u16], destination: &mut [u8]) -> Transcoded {
    let runs = |read, place: &mut [u8]| move_runs(rest(source, read), place, |run| narrow(run, 0xff80));
    let chars = |read| utf16_chars(rest(source, read));
    encode(source.len(), destination, runs, chars, put_utf8).map(|(read, written)| read_and_written(read, written))
}

/// Latin-1 to UTF-8 until a character doesn't fit.
fn latin1_to_utf8(source: &[u8], destination: &mut [u8]) -> Transcoded {
    let runs = |read, place: &mut [u8]| move_runs(rest(source, read), place, ascii);
    let chars = |read| rest(source, read).iter().map(|byte| Ok((char::from(*byte), 1)));
    encode(source.len(), destination, runs, chars, put_utf8).map(|(read, written)| read_and_written(read, written))
}

/// Text as UTF-16, for which there has to be room; how many units.
fn utf8_to_utf16(text: &str, destination: &mut [u16]) -> Result<usize, Trap> {
    let runs = |read, place: &mut [u16]| move_runs(rest(text.as_bytes(), read), place, ascii_to_utf16);
    let (read, written) = encode(text.len(), destination, runs, |read| chars_of(text, read), put_utf16)?;
    if read == text.len() { Ok(written) } else { Err(Trap::StringOutOfBounds) }
}

/// UTF-8 to Latin-1 until a character isn't in it. All of the source is checked.
fn utf8_to_latin1(source: &[u8], destination: &mut [u8]) -> Transcoded {
    let text = decode_utf8(source)?;
    let runs = |read, place: &mut [u8]| move_runs(rest(source, read), place, ascii);
    let encoded = encode(source.len(), destination, runs, |read| chars_of(text, read), put_latin1);
    encoded.map(|(read, written)| read_and_written(read, written))
}

/// Turns UTF-16 into Latin-1, up to the first character that Latin-1 hasn't. The caller checks the rest when it goes on
/// with it.
fn utf16_to_latin1(source: &[u16], destination: &mut [u8]) -> Transcoded {
    let runs = |read, place: &mut [u8]| move_runs(rest(source, read), place, |run| narrow(run, 0xff00));
    let chars = |read| utf16_chars(rest(source, read));
    encode(source.len(), destination, runs, chars, put_latin1).map(|(read, written)| read_and_written(read, written))
}

/// UTF-16 as it is, with the tag, or as Latin-1 if it all fits.
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
    fn source_and_destination_must_not_overlap() {
        let mut place = [0u64; 4];
        let start = place.as_mut_ptr().expose_provenance() as u64;
        let overlap = |result: Result<(&[u8], &mut [u8]), Trap>| result.is_err();
        // SAFETY: all ranges lie in the array, and the slices are dropped at once.
        let bytes = |from, to| unsafe { overlap(units::<u8, u8>(start + from, 8, start + to, 8)) };
        assert!(!bytes(0, 8) && !bytes(8, 0) && !bytes(16, 0));
        assert!(bytes(0, 7) && bytes(7, 0) && bytes(3, 3));
        // SAFETY: as above; units of two bytes are at even addresses.
        unsafe {
            assert!(
                units::<u16, u8>(start, 4, start + 7, 1).is_err() && units::<u16, u8>(start, 4, start + 8, 1).is_ok()
            );
            assert!(
                units::<u8, u16>(start + 7, 1, start, 4).is_err() && units::<u8, u16>(start + 8, 1, start, 4).is_ok()
            );
        }
    }

    #[test]
    fn utf16_to_utf8_stops_at_a_character_that_does_not_fit() {
        let source: Vec<u16> = "aé€😀".encode_utf16().collect();
        let mut room = [0; 5];
        assert_eq!(utf16_to_utf8(&source, &mut room), Ok(read_and_written(2, 3)));
        let mut room = [0; 10];
        assert_eq!(utf16_to_utf8(&source, &mut room), Ok(read_and_written(5, 10)));
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
        let mut text = String::new();
        for _ in 0..noise.below(40) {
            // Runs of plain text, too.
            let count = if noise.below(8) == 0 { noise.below(50) } else { 1 };
            text.extend(core::iter::repeat_n(CHARACTERS[noise.below(8)], count));
        }
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
            let written = utf8_to_utf16(decode_utf8(&bytes).unwrap(), &mut units);
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
            let result = utf16_to_utf8(&units, &mut bytes);
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
    fn latin1_is_what_std_says_on_the_way_there_and_back() {
        let mut noise = Noise(3);
        for _ in 0..20_000 {
            let text = String::from_utf8_lossy(&noisy_bytes(&mut noise)).replace('\u{7ff}', "ÿ");
            let latin1: Vec<u8> = text.chars().map_while(|c| u8::try_from(u32::from(c)).ok()).collect();
            let head: String = latin1.iter().map(|byte| char::from(*byte)).collect();
            let mut bytes = vec![0xaa; text.len()];
            assert_eq!(utf8_to_latin1(text.as_bytes(), &mut bytes), Ok(read_and_written(head.len(), latin1.len())));
            assert_eq!(bytes[..latin1.len()], latin1);
            let units: Vec<u16> = text.encode_utf16().collect();
            let mut bytes = vec![0xaa; units.len()];
            assert_eq!(utf16_to_latin1(&units, &mut bytes), Ok(read_and_written(latin1.len(), latin1.len())));
            assert_eq!(bytes[..latin1.len()], latin1);
            let mut bytes = vec![0xaa; head.len() + 1];
            assert_eq!(latin1_to_utf8(&latin1, &mut bytes), Ok(read_and_written(latin1.len(), head.len())));
            assert_eq!((&bytes[..head.len()], bytes[head.len()]), (head.as_bytes(), 0xaa));
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
