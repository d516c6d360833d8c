//! Names and texts from files as messages show them, without what a terminal would obey (`aot_abi::display`).

use aot_abi::display;

pub use aot_abi::display::is_disturbing;

/// A name on one line.
pub fn shown(name: impl AsRef<[u8]>) -> String {
    let mut bytes = Vec::new();
    display::escape(name.as_ref(), &mut |byte| bytes.push(byte));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A text whose lines and tabs are meant.
pub fn shown_lines(text: &str) -> String {
    let mut lines = String::with_capacity(text.len());
    for piece in text.split_inclusive(['\n', '\t']) {
        let end = piece.len() - usize::from(piece.ends_with(['\n', '\t']));
        lines += &shown(&piece[..end]);
        lines += &piece[end..];
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_lines() {
        assert_eq!(shown("a\nb"), "a\\u{a}b");
        assert_eq!(shown_lines("a\n\tb\r\n\x1b[2J\n"), "a\n\tb\\u{d}\n\\u{1b}[2J\n");
        assert_eq!(shown(shown("\u{202e}")), "\\u{202e}");
    }
}
