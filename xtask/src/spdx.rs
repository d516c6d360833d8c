//! License expressions as packages state them: identifiers, `WITH`, `AND`, `OR`, parentheses, and
//! the old `/` for `OR`.

/// Returns whether the terms of `expression` can be met by licenses of `allowed` alone, where an exception
/// belongs to its license (`Apache-2.0 WITH LLVM-exception`). None when it can't be read.
pub fn satisfied_by(expression: &str, allowed: &[&str]) -> Option<bool> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut parser = Parser { words: spaced.split_whitespace().collect(), next: 0, allowed };
    let satisfied = parser.alternatives()?;
    (parser.next == parser.words.len()).then_some(satisfied)
}

struct Parser<'a> {
    words: Vec<&'a str>,
    next: usize,
    allowed: &'a [&'a str],
}

impl Parser<'_> {
    fn alternatives(&mut self) -> Option<bool> {
        let mut satisfied = self.all_of()?;
        while self.take("OR") {
            satisfied |= self.all_of()?;
        }
        Some(satisfied)
    }

    fn all_of(&mut self) -> Option<bool> {
        let mut satisfied = self.term()?;
        while self.take("AND") {
            satisfied &= self.term()?;
        }
        Some(satisfied)
    }

    fn term(&mut self) -> Option<bool> {
        if self.take("(") {
            let satisfied = self.alternatives()?;
            return self.take(")").then_some(satisfied);
        }
        let mut license = self.word()?.to_owned();
        if self.take("WITH") {
            license = format!("{license} WITH {}", self.word()?);
        }
        Some(self.allowed.contains(&license.as_str()))
    }

    fn word(&mut self) -> Option<&str> {
        let word = self.words.get(self.next)?;
        self.next += 1;
        (!["AND", "OR", "WITH", "(", ")"].contains(word)).then_some(word)
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.words.get(self.next) == Some(&wanted);
        self.next += usize::from(found);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::satisfied_by;

    #[test]
    fn one_alternative_is_enough_and_a_conjunction_needs_all() {
        let allowed = ["MIT", "Apache-2.0 WITH LLVM-exception"];
        let is = |expression| satisfied_by(expression, &allowed);
        assert_eq!(is("MIT OR GPL-3.0"), Some(true));
        assert_eq!(is("MIT/Apache-2.0"), Some(true));
        assert_eq!(is("MIT AND GPL-3.0"), Some(false));
        assert_eq!(is("(GPL-3.0 OR MIT) AND Apache-2.0 WITH LLVM-exception"), Some(true));
        assert_eq!(is("Apache-2.0"), Some(false));
    }

    #[test]
    fn what_is_no_expression_is_told_apart() {
        for text in ["", "MIT OR", "(MIT", "MIT MIT", "AND"] {
            assert_eq!(satisfied_by(text, &["MIT"]), None, "{text}");
        }
    }
}
