//! Names and messages of the system, as text.

/// A string of bytes that are likely to be UTF-8; each that isn't becomes a replacement character.
pub fn to_text(bytes: &[u8]) -> String {
    match core::str::from_utf8(bytes) {
        Ok(text) => String::from(text),
        Err(_) => bytes.iter().map(|&byte| if byte.is_ascii() { char::from(byte) } else { '\u{fffd}' }).collect(),
    }
}
