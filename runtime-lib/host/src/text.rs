//! Names and messages of the system, as text.

use aot_abi::display;

/// A name that anybody chose as messages show it: without what a terminal would obey.
pub fn shown(name: &[u8]) -> String {
    let mut text = Vec::new();
    display::escape(name, &mut |byte| text.push(byte));
    String::from_utf8(text).unwrap_or_default()
}

/// A string of bytes that are likely to be UTF-8; each that isn't becomes a replacement character.
pub fn to_text(bytes: &[u8]) -> String {
    match core::str::from_utf8(bytes) {
        Ok(text) => String::from(text),
        Err(_) => bytes.iter().map(|&byte| if byte.is_ascii() { char::from(byte) } else { '\u{fffd}' }).collect(),
    }
}
