//! Strings between components, in all nine pairs of encodings, from and to memories of 32 and 64 bits, on every target: text
//! of all kinds, damaged, misaligned and at the very end of memory, compared with Rust's library.
//!
//! This test writes a script (`aot_wast`) for each pair, with fixed seeds. One component places bytes in its memory and
//! passes them as a string; the other, whose memory ends at the end of the string, returns the length that it received
//! and a hash of the bytes.

use aot_compiler::target::{Target, targets};
use aot_wast::corpus::Input;
use aot_wast::{Options, Runner};
use libtest_mimic::{Arguments, Failed, Trial};
use std::fmt::Write;
use std::process::ExitCode;

/// Number of valid strings of each pair.
const GOOD: usize = 60;
/// Number of invalid strings of each pair: each needs a new instance, because its trap ends the instance.
const BAD: usize = 16;
/// Bytes of the memory that holds the strings.
const MEMORY_BYTES: usize = 65536;
/// Bit of a compact string's length that marks UTF-16.
const UTF16_TAG: u32 = 1 << 31;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16,
    Compact,
}
use Encoding::{Compact, Utf8, Utf16};

/// One side of a transfer.
#[derive(Clone, Copy, Debug)]
struct Side {
    encoding: Encoding,
    /// Bits of the memory's indices.
    bits: u32,
}

impl Side {
    /// The side's name in tests.
    fn name(self) -> String {
        format!("{:?}{}", self.encoding, if self.bits == 64 { "_memory64" } else { "" })
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let sides: Vec<Side> =
        [32, 64].into_iter().flat_map(|bits| [Utf8, Utf16, Compact].map(|encoding| Side { encoding, bits })).collect();
    let mut trials = Vec::new();
    for target in targets() {
        for &from in &sides {
            for &to in &sides {
                let name = format!("{}_to_{}", from.name(), to.name());
                trials.push(Trial::test(format!("{name}::{}", target.name), move || perform(target, name, from, to)));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn perform(target: &'static Target, name: String, from: Side, to: Side) -> Result<(), Failed> {
    let input = Input { name: name + ".wast", text: script(from, to) };
    let report = Runner::new(Options::new(target)).map_err(|error| format!("{error:#}"))?.run(&input);
    if !report.failures.is_empty() {
        return Err(report.to_string().into());
    }
    let wanted = (2 * GOOD + BAD) as u64;
    if report.passed == wanted { Ok(()) } else { Err(format!("{} of {wanted} assertions ran", report.passed).into()) }
}

/// A string that one component passes to the other.
struct Passed {
    bytes: Vec<u8>,
    at: usize,
    /// Length that is passed with the pointer: units, and the tag.
    length: u32,
}

fn script(from: Side, to: Side) -> String {
    let mut text = format!("(component definition $C {})\n(component instance $I $C)\n", component(from, to));
    let (from, to) = (from.encoding, to.encoding);
    let mut noise = Noise(1 + 3 * from as u64 + to as u64);
    for _ in 0..GOOD {
        let passed = good(&mut noise, from);
        let (length, bytes) = encode(&decode(&passed, from).expect("good text"), to);
        call(&mut text, &passed, "(invoke \"send\"", ")\n");
        writeln!(text, "(assert_return (invoke \"length\") (u32.const {length}))").unwrap();
        writeln!(text, "(assert_return (invoke \"hash\") (u32.const {}))", hash(&bytes)).unwrap();
    }
    for index in 0..BAD {
        let passed = bad(&mut noise, from, index);
        let trap = decode(&passed, from).expect_err("bad text");
        text.push_str("(component instance $I $C)\n");
        call(&mut text, &passed, "(assert_trap (invoke \"send\"", &format!(") \"{trap}\")\n"));
    }
    text
}

fn call(text: &mut String, passed: &Passed, before: &str, after: &str) {
    let bytes: Vec<String> = passed.bytes.iter().map(|byte| format!("(u8.const {byte})")).collect();
    writeln!(text, "(invoke \"place\" (u32.const {}))", passed.at).unwrap();
    writeln!(text, "{before} (list.const {}) (u32.const {}){after}", bytes.join(" "), passed.length).unwrap();
}

/// Makes text with characters of all encoded lengths, and runs of plain text.
fn noisy_text(noise: &mut Noise, characters: &[char]) -> String {
    let mut text = String::new();
    for _ in 0..noise.below(30) {
        let count = if noise.below(6) == 0 { noise.below(70) } else { 1 };
        text.extend(std::iter::repeat_n(characters[noise.below(characters.len())], count));
    }
    text
}

const LATIN1: [char; 5] = ['a', '\0', '\u{7f}', '\u{80}', 'ÿ'];
/// Invalid UTF-8: overlong, a surrogate, beyond the last character, and no character at all.
const WRONG_UTF8: [&[u8]; 5] = [b"\xc0\x80", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xff"];
const ANY: [char; 9] = ['a', '\u{7f}', 'é', 'ÿ', '\u{100}', '\u{7ff}', '\u{ffff}', '😀', '\u{10ffff}'];

fn good(noise: &mut Noise, encoding: Encoding) -> Passed {
    let kind = noise.below(4);
    let text = noisy_text(
        noise,
        match kind {
            0 => &ANY[..1],
            1 => &LATIN1,
            _ => &ANY,
        },
    );
    let latin1 = encode(&text, Compact);
    let (length, bytes) = match encoding {
        // A string that fits Latin-1 may be UTF-16 all the same.
        Compact if noise.below(2) == 0 && latin1.0 & UTF16_TAG == 0 => {
            let (units, bytes) = encode(&text, Utf16);
            (units | UTF16_TAG, bytes)
        }
        _ => encode(&text, encoding),
    };
    let alignment = if encoding == Utf8 { 1 } else { 2 };
    let end = MEMORY_BYTES - bytes.len().next_multiple_of(alignment);
    // The string lies at the end of memory, or at a random place.
    let at = if noise.below(2) == 0 { end } else { noise.below(end / 2) * alignment % (end + 1) };
    Passed { bytes, at, length }
}

/// Makes a valid string with one fault.
fn bad(noise: &mut Noise, encoding: Encoding, index: usize) -> Passed {
    loop {
        let mut passed = good(noise, encoding);
        let is_utf16 = encoding == Utf16 || passed.length & UTF16_TAG != 0;
        let (tag, units) = (passed.length & UTF16_TAG, passed.length & !UTF16_TAG);
        match index % 4 {
            // The string ends beyond memory, by one unit or by a length that overflows.
            0 => passed.length = tag | [units + 1, 0x7fff_0000, 0x7fff_ffff][noise.below(3)],
            1 if encoding != Utf8 => passed.at = passed.at.saturating_sub(1) | 1,
            // The string has half a character, or bytes that aren't one.
            _ if passed.bytes.is_empty() => continue,
            _ if is_utf16 => {
                let unit = noise.below(units as usize) * 2;
                let surrogate = 0xd800 + noise.below(0x800) as u16;
                passed.bytes[unit..unit + 2].copy_from_slice(&surrogate.to_le_bytes());
            }
            2 if encoding == Utf8 => {
                passed.bytes.pop();
                passed.length -= 1;
            }
            _ => {
                let place = noise.below(passed.bytes.len());
                let wrong = WRONG_UTF8[noise.below(WRONG_UTF8.len())];
                let end = passed.bytes.len().min(place + wrong.len());
                passed.bytes[place..end].copy_from_slice(&wrong[..end - place]);
            }
        }
        if decode(&passed, encoding).is_err() {
            return passed;
        }
    }
}

/// Models the transfer: returns the text, or the trap's message.
fn decode(passed: &Passed, encoding: Encoding) -> Result<String, &'static str> {
    let Passed { bytes, at, length } = passed;
    let (is_utf16, units) = match encoding {
        Utf8 => (false, *length as usize),
        Utf16 => (true, *length as usize),
        Compact => (length & UTF16_TAG != 0, (length & !UTF16_TAG) as usize),
    };
    if encoding != Utf8 && at % 2 != 0 {
        return Err("unaligned pointer");
    }
    if at + units * if is_utf16 { 2 } else { 1 } > MEMORY_BYTES {
        return Err("string content out-of-bounds");
    }
    let wrong = "invalid string encoding";
    if is_utf16 {
        let units: Vec<u16> = bytes.chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).take(units).collect();
        return String::from_utf16(&units).map_err(|_| wrong);
    }
    match encoding {
        Utf8 => String::from_utf8(bytes[..units.min(bytes.len())].to_vec()).map_err(|_| wrong),
        _ => Ok(bytes.iter().map(|byte| char::from(*byte)).collect()),
    }
}

/// Returns the length and the bytes of text in an encoding.
fn encode(text: &str, encoding: Encoding) -> (u32, Vec<u8>) {
    let utf16 = || text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let units = text.encode_utf16().count() as u32;
    match encoding {
        Utf8 => (text.len() as u32, text.as_bytes().to_vec()),
        Utf16 => (units, utf16()),
        Compact => match text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>() {
            Some(bytes) => (bytes.len() as u32, bytes),
            None => (units | UTF16_TAG, utf16()),
        },
    }
}

/// Computes a 32-bit FNV-1a hash.
fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// Pseudo-random numbers that are the same each time.
struct Noise(u64);
impl Noise {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound.max(1)
    }
}

/// Makes three components: one passes bytes as a string, another receives it. The third, which the script calls, passes the
/// bytes and the length to the first.
fn component(from: Side, to: Side) -> String {
    format!(
        r#"{callee}{caller}{front}
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "take" (func $callee "take"))))
  (instance $front (instantiate $front (with "send" (func $caller "send"))))
  (export "place" (func $caller "place"))
  (export "send" (func $front "send"))
  (export "length" (func $callee "length"))
  (export "hash" (func $callee "hash"))"#,
        callee = callee(to),
        caller = caller(from),
        front = FRONT,
    )
}

fn option(encoding: Encoding) -> &'static str {
    match encoding {
        Utf8 => "utf8",
        Utf16 => "utf16",
        Compact => "latin1+utf16",
    }
}

/// Receives a string, and tells its length and hash.
fn callee(to: Side) -> String {
    let i = format!("i{}", to.bits);
    // Bytes of the string whose length is `$length`.
    let bytes = match to.encoding {
        Utf8 => "(local.get $length)".to_string(),
        Utf16 => format!("({i}.shl (local.get $length) ({i}.const 1))"),
        Compact => format!(
            "(if (result {i}) ({i}.ne ({i}.and (local.get $length) ({i}.const {UTF16_TAG})) ({i}.const 0))
                (then ({i}.shl ({i}.and (local.get $length) ({i}.const 0x7fffffff)) ({i}.const 1)))
                (else (local.get $length)))"
        ),
    };
    let narrow = if to.bits == 64 { "i32.wrap_i64" } else { "" };
    format!(
        r#"
  (component $callee
    (core module $m
      (memory (export "memory") {i} 1)
      (global $top (mut {i}) ({i}.const {MEMORY_BYTES}))
      (global $hash (mut i32) (i32.const 0))
      (global $length (mut i32) (i32.const 0))
      ;; Memory is given out from its end on, so that nothing lies behind the first string.
      (func (export "realloc") (param $old {i}) (param $old_bytes {i}) (param $alignment {i}) (param $bytes {i})
        (result {i})
        (if ({i}.le_u (local.get $bytes) (local.get $old_bytes)) (then (return (local.get $old))))
        (global.set $top ({i}.and
          ({i}.sub (global.get $top) (local.get $bytes))
          ({i}.sub ({i}.const 0) (local.get $alignment))))
        (memory.copy (global.get $top) (local.get $old) (local.get $old_bytes))
        (global.get $top))
      (func (export "take") (param $at {i}) (param $length {i}) (local $end {i}) (local $hash i32)
        local.get $length {narrow} global.set $length
        (local.set $hash (i32.const 0x811c9dc5))
        (local.set $end ({i}.add (local.get $at) {bytes}))
        (block $done (loop $next
          (br_if $done ({i}.ge_u (local.get $at) (local.get $end)))
          (local.set $hash (i32.mul
            (i32.xor (local.get $hash) (i32.load8_u (local.get $at)))
            (i32.const 0x01000193)))
          (local.set $at ({i}.add (local.get $at) ({i}.const 1)))
          (br $next)))
        (global.set $hash (local.get $hash))
        (memory.fill ({i}.const 0) (i32.const 0xaa) ({i}.const {MEMORY_BYTES}))
        (global.set $top ({i}.const {MEMORY_BYTES})))
      (func (export "length") (result i32) (global.get $length))
      (func (export "hash") (result i32) (global.get $hash)))
    (core instance $i (instantiate $m))
    (func (export "take") (param "x" string) (canon lift (core func $i "take")
      (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding={to}))
    (func (export "length") (result u32) (canon lift (core func $i "length")))
    (func (export "hash") (result u32) (canon lift (core func $i "hash"))))"#,
        to = option(to.encoding),
    )
}

/// Passes bytes as a string.
fn caller(from: Side) -> String {
    let i = format!("i{}", from.bits);
    let wide = if from.bits == 64 { "i64.extend_i32_u" } else { "" };
    format!(
        r#"
  (component $caller
    (import "take" (func $take (param "x" string)))
    (core module $memory (memory (export "memory") {i} 1))
    (core instance $memory (instantiate $memory))
    (alias core export $memory "memory" (core memory $bytes))
    (core func $take' (canon lower (func $take) (memory $bytes) string-encoding={from}))
    (core module $m
      (import "" "take" (func $take (param {i} {i})))
      (global $place (mut {i}) ({i}.const 0))
      (func (export "place") (param i32) local.get 0 {wide} global.set $place)
      (func (export "realloc") (param {i} {i} {i} {i}) (result {i}) (global.get $place))
      (func (export "send") (param $at {i}) (param $bytes {i}) (param $length i32)
        global.get $place local.get $length {wide} call $take))
    (core instance $i (instantiate $m (with "" (instance (export "take" (func $take'))))))
    (func (export "place") (param "at" u32) (canon lift (core func $i "place")))
    (func (export "send") (param "bytes" (list u8)) (param "length" u32) (canon lift (core func $i "send")
      (memory $bytes) (realloc (core func $i "realloc")))))"#,
        from = option(from.encoding),
    )
}

/// Passes bytes and a length to the caller, from a memory of 32 bits: the script calls it.
const FRONT: &str = r#"
  (component $front
    (import "send" (func $send (param "bytes" (list u8)) (param "length" u32)))
    (core module $memory
      (memory (export "memory") 2)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
    (core instance $memory (instantiate $memory))
    (alias core export $memory "memory" (core memory $bytes))
    (core func $send' (canon lower (func $send) (memory $bytes)))
    (core module $m
      (import "" "send" (func $send (param i32 i32 i32)))
      (func (export "send") (param i32 i32 i32) (call $send (local.get 0) (local.get 1) (local.get 2))))
    (core instance $i (instantiate $m (with "" (instance (export "send" (func $send'))))))
    (func (export "send") (param "bytes" (list u8)) (param "length" u32) (canon lift (core func $i "send")
      (memory $bytes) (realloc (core func $memory "realloc")))))"#;
