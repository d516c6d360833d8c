//! Names in messages: a name comes from a file that anybody made, and must neither move a terminal's cursor nor make up
//! lines nor change the order of the text around it.

/// Hands out the bytes of `text`, which is likely UTF-8: what [`is_disturbing`] becomes `\u{…}`, and each byte that isn't
/// UTF-8 becomes `\x…`.
pub fn escape(text: &[u8], out: &mut dyn FnMut(u8)) {
    let mut rest = text;
    while let Some((character, after)) = split_character(rest) {
        let bytes = rest.len() - after.len();
        match character {
            Some(code) if !is_code_disturbing(code) => rest.iter().take(bytes).for_each(|&byte| out(byte)),
            Some(code) => {
                b"\\u{".iter().for_each(|&byte| out(byte));
                hexadecimal(code, out);
                out(b'}');
            }
            None => {
                b"\\x".iter().for_each(|&byte| out(byte));
                hexadecimal(rest.first().copied().unwrap_or_default().into(), out);
            }
        }
        rest = after;
    }
}

/// Hands out the bytes of `text`, of which each that isn't a visible character of ASCII or a space becomes `\x…`: as safe as
/// [`escape`] in a fraction of the code.
pub fn escape_all_but_ascii(text: &[u8], mut out: impl FnMut(u8)) {
    for &byte in text {
        if matches!(byte, b' '..=b'~') {
            out(byte);
            continue;
        }
        let digits = [byte >> 4, byte & 15].map(|digit| if digit < 10 { b'0' + digit } else { b'a' - 10 + digit });
        [b'\\', b'x'].into_iter().chain(digits).for_each(&mut out);
    }
}

/// Splits the first character off, as its number, or a byte that isn't UTF-8.
fn split_character(text: &[u8]) -> Option<(Option<u32>, &[u8])> {
    let (&first, after) = text.split_first()?;
    let bytes = first.leading_ones();
    if bytes == 0 {
        return Some((Some(first.into()), after));
    }
    let mut code = u32::from(first & 0x7f >> bytes);
    let mut rest = after;
    for _ in 1..bytes {
        match rest.split_first() {
            Some((&next, after)) if next & 0xc0 == 0x80 => (code, rest) = (code << 6 | u32::from(next & 0x3f), after),
            _ => return Some((None, after)),
        }
    }
    // The least number that needs so many bytes: 1 << 7, 1 << 11, 1 << 16.
    let is_whole = matches!(bytes, 2..=4) && code >> (5 * bytes - 4).max(7) != 0;
    Some(if is_whole { (Some(code), rest) } else { (None, after) })
}

/// First and last number of characters that a terminal obeys or doesn't show: control characters (also those beyond
/// ASCII), separators of lines and paragraphs, controls of the writing direction, and characters without a width; and
/// numbers that are no characters.
const DISTURBING: [(u32, u32); 13] = [
    (0, 0x1f),
    (0x7f, 0x9f),
    (0xad, 0xad),
    (0x61c, 0x61c),
    (0x180e, 0x180e),
    (0x200b, 0x200f),
    (0x2028, 0x202e),
    (0x2060, 0x206f),
    (0xd800, 0xdfff),
    (0xfeff, 0xfeff),
    (0xfff9, 0xfffb),
    (0xe_0000, 0xe_0fff),
    (0x11_0000, u32::MAX),
];

fn is_code_disturbing(code: u32) -> bool {
    DISTURBING.iter().any(|&(first, last)| first <= code && code <= last)
}

/// Returns true for characters that a terminal obeys or doesn't show: control characters (also those beyond ASCII),
/// separators of lines and paragraphs, controls of the writing direction, and characters without a width.
pub fn is_disturbing(character: char) -> bool {
    is_code_disturbing(character.into())
}

fn hexadecimal(number: u32, out: &mut dyn FnMut(u8)) {
    if number >= 16 {
        hexadecimal(number >> 4, out);
    }
    out(b"0123456789abcdef"[(number & 15) as usize]);
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    fn escaped(text: &[u8]) -> String {
        let mut bytes = Vec::new();
        escape(text, &mut |byte| bytes.push(byte));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        assert_eq!(escaped(b"a\x1b[2Jb\nc\r\x7f\0"), "a\\u{1b}[2Jb\\u{a}c\\u{d}\\u{7f}\\u{0}");
        assert_eq!(escaped("\u{9b}2J\u{85}".as_bytes()), "\\u{9b}2J\\u{85}");
        assert_eq!(
            escaped("\u{202e}abc\u{2066}\u{2028}\u{feff}".as_bytes()),
            "\\u{202e}abc\\u{2066}\\u{2028}\\u{feff}"
        );
        assert_eq!(escaped(b"\x9b2J\xff\xc3"), "\\x9b2J\\xff\\xc3");
        assert_eq!(
            escaped(b"\xc0\x9b\xc1\xbf\xe0\x80\x9b\xed\xa0\x80"),
            "\\xc0\\x9b\\xc1\\xbf\\xe0\\x80\\x9b\\u{d800}"
        );
        assert_eq!(escaped(b"\xf4\x90\x80\x80\xf8\xe2\x82"), "\\u{110000}\\xf8\\xe2\\x82");
    }

    #[test]
    fn all_but_ascii_is_escaped() {
        let mut bytes = Vec::new();
        escape_all_but_ascii("AOT_\x1b[2J \u{9b}ü\n~\x7f".as_bytes(), |byte| bytes.push(byte));
        assert_eq!(String::from_utf8(bytes).unwrap(), "AOT_\\x1b[2J \\xc2\\x9b\\xc3\\xbc\\x0a~\\x7f");
    }

    #[test]
    fn all_characters_are_read() {
        for character in (0..=0x10_ffff).filter_map(char::from_u32).filter(|character| !is_disturbing(*character)) {
            let mut buffer = [0; 4];
            assert!(escaped(character.encode_utf8(&mut buffer).as_bytes()).chars().eq([character]));
        }
    }

    #[test]
    fn other_text_stays() {
        for text in ["", "plain", "Müller", "日本語", "עברית", "🦀", r"back\slash", "two words"] {
            assert_eq!(escaped(text.as_bytes()), text);
        }
    }
}
