//! The folded form of legacy `try`, which the text parser doesn't know, as the plain form, which it does.
//!
//! ```text
//! (try (do A) (catch $e B) (catch_all C))   try A catch $e B catch_all C end
//! (try (do A) (delegate $l))                try A delegate $l
//! ```

use std::borrow::Cow;

/// The meaning of an open parenthesis.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// A `try`, which ends with `end` or `delegate`.
    Try {
        delegates: bool,
    },
    /// A part of a `try`.
    Part,
    Other,
}

/// Writes every folded `try` of a script in the plain form. Lines stay where they are.
pub fn unfold(text: &str) -> Cow<'_, str> {
    if !text.contains("(try") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut open = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, behind) = rest.split_at(token_length(rest, first));
        rest = behind;
        match first {
            '(' if !token.starts_with("(;") => rest = begin(rest, &mut open, &mut out),
            ')' => out.push_str(match open.pop() {
                Some(Open::Try { delegates: false }) => " end ",
                Some(Open::Try { delegates: true } | Open::Part) => " ",
                Some(Open::Other) | None => ")",
            }),
            _ => out.push_str(token),
        }
    }
    Cow::Owned(out)
}

/// Writes what a parenthesis becomes, and returns what is left behind it: `do` is no word of the plain form.
fn begin<'t>(rest: &'t str, open: &mut Vec<Open>, out: &mut String) -> &'t str {
    let is_word = |character: char| character.is_ascii_alphanumeric() || "_.$".contains(character);
    let word = &rest[..rest.find(|character| !is_word(character)).unwrap_or(rest.len())];
    let next = match (word, open.last_mut()) {
        ("try", _) => Open::Try { delegates: false },
        ("do" | "catch" | "catch_all", Some(Open::Try { .. })) => Open::Part,
        ("delegate", Some(Open::Try { delegates })) => {
            *delegates = true;
            Open::Part
        }
        _ => Open::Other,
    };
    open.push(next);
    out.push(if next == Open::Other { '(' } else { ' ' });
    match next {
        Open::Part => rest.strip_prefix("do").unwrap_or(rest),
        _ => rest,
    }
}

/// The bytes of a string, a comment, or a single character at the start of the text.
fn token_length(text: &str, first: char) -> usize {
    let length = match first {
        '"' => string_length(text),
        ';' if text.starts_with(";;") => text.find('\n'),
        '(' if text.starts_with("(;") => text.find(";)").map(|end| end + 2),
        _ => Some(first.len_utf8()),
    };
    length.unwrap_or(text.len())
}

/// The bytes of a string with its quotes. `None` if it doesn't end.
fn string_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (index, character) in text.char_indices().skip(1) {
        match character {
            '"' if !escaped => return Some(index + 1),
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unfolds, and writes single blanks.
    fn words(text: &str) -> String {
        unfold(text).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn constructs_end_with_end_or_delegate() {
        assert_eq!(
            words("(func (try $l (do (nop)) (catch $e (drop)) (catch_all)))"),
            "(func try $l (nop) catch $e (drop) catch_all end )"
        );
        assert_eq!(words("(try (do (try (do) (delegate 0))))"), "try try delegate 0 end");
    }

    #[test]
    fn strings_comments_and_other_words_stay() {
        for text in ["(module quote \"(try (do))\\\"\") (try_table (do))", "(; (try ;) (try_table) ;; (try"] {
            assert_eq!(unfold(text), text);
        }
    }

    #[test]
    fn lines_stay() {
        let text = "(try\n(do\n)\n(catch_all\n))";
        assert_eq!(unfold(text).lines().count(), text.lines().count());
    }
}
