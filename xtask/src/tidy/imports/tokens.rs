//! The words and marks of a Rust source, without comments, texts and the modules of tests.

/// A token of a source, as far as paths need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// A name or keyword.
    Word(&'a str),
    /// `::`
    Separator,
    /// Any other character.
    Mark(char),
}

/// The tokens of `source`.
pub fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = skipped(rest);
        if length > 0 {
            rest = &rest[length..];
            continue;
        }
        let word = word_bytes(rest);
        let (token, length) = if word > 0 {
            (Token::Word(&rest[..word]), word)
        } else if rest.starts_with("::") {
            (Token::Separator, 2)
        } else {
            (Token::Mark(first), first.len_utf8())
        };
        tokens.push(token);
        rest = &rest[length..];
    }
    without_tests(&tokens)
}

/// The bytes at the start of `rest` that hold no token: white space, a comment or a literal.
fn skipped(rest: &str) -> usize {
    let spaces = rest.len() - rest.trim_start().len();
    if spaces > 0 {
        return spaces;
    }
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment_bytes(rest);
    }
    raw_text_bytes(rest).or_else(|| quoted_bytes(rest)).unwrap_or(0)
}

/// The length of a block comment, which may hold others.
fn block_comment_bytes(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let step = match rest.as_bytes()[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                2
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        at += step;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The length of a raw text such as `br#"…"#`.
fn raw_text_bytes(rest: &str) -> Option<usize> {
    let start = rest.strip_prefix("br").or_else(|| rest.strip_prefix("cr")).or_else(|| rest.strip_prefix('r'))?;
    let hashes = start.len() - start.trim_start_matches('#').len();
    let contents = start[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = contents.find(&end).map_or(contents.len(), |at| at + end.len());
    Some(rest.len() - contents.len() + length)
}

/// The length of a text or character in quotes, or of the quote of a lifetime.
fn quoted_bytes(rest: &str) -> Option<usize> {
    let quote = rest.chars().next().filter(|first| "\"'".contains(*first))?;
    if quote == '\'' && !is_character(rest) {
        return Some(1);
    }
    let mut escaped = false;
    let end = rest.char_indices().skip(1).find(|(_, character)| {
        let ends = *character == quote && !escaped;
        escaped = *character == '\\' && !escaped;
        ends
    });
    Some(end.map_or(rest.len(), |(at, _)| at + 1))
}

/// Returns whether a quote begins a character, such as `'a'` or `'\n'`, and not a lifetime.
fn is_character(rest: &str) -> bool {
    let mut characters = rest.chars().skip(1);
    characters.next() == Some('\\') || characters.next() == Some('\'')
}

fn word_bytes(rest: &str) -> usize {
    rest.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(rest.len())
}

/// Leaves out each item after `#[cfg(test)]`.
fn without_tests<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    use Token::{Mark, Word};
    const ATTRIBUTE: [Token; 7] = [Mark('#'), Mark('['), Word("cfg"), Mark('('), Word("test"), Mark(')'), Mark(']')];
    let mut kept = Vec::new();
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        match rest.strip_prefix(&ATTRIBUTE) {
            Some(item) => rest = &item[item_tokens(item)..],
            None => {
                kept.push(*first);
                rest = after;
            }
        }
    }
    kept
}

/// Counts the tokens of an item, which ends with a semicolon, a block, or both.
fn item_tokens(item: &[Token]) -> usize {
    let mut depth = 0_usize;
    for (index, token) in item.iter().enumerate() {
        match token {
            Token::Mark('{' | '(' | '[') => depth += 1,
            Token::Mark('}' | ')' | ']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        let ends = depth == 0 && matches!(token, Token::Mark('}' | ';'));
        if ends {
            return index + 1 + usize::from(item.get(index + 1) == Some(&Token::Mark(';')));
        }
    }
    item.len()
}

#[cfg(test)]
mod tests {
    use super::Token::{Mark, Separator, Word};
    use super::*;

    #[test]
    fn comments_and_literals_are_no_tokens() {
        let source = "a // b\n/* c /* d */ e */ \"f \\\" g\" r#\"h\" i\"# b\"j\" 'k' '\\'' &'l m";
        assert_eq!(tokens(source), [Word("a"), Word("b"), Mark('&'), Word("l"), Word("m")]);
    }

    #[test]
    fn a_path_has_separators() {
        assert_eq!(tokens("a::b:c"), [Word("a"), Separator, Word("b"), Mark(':'), Word("c")]);
    }

    #[test]
    fn items_of_tests_are_left_out() {
        let source = "#[cfg(test)]\nmod tests { fn a() { b() } }\n#[cfg(test)] use c::{d, e};\n#[cfg(test)] fn g(_: [u8; 1]) {} f";
        assert_eq!(tokens(source), [Word("f")]);
    }
}
