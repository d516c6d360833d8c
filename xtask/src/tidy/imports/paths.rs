//! The paths that a source names: those of `use`, and those that begin with `crate`, `self` or `super` elsewhere.

use super::tokens::Token;

/// A path as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The names from the left; `*` is the last one of a glob.
    pub path: Vec<String>,
    /// The modules of this file, outermost first, inside which the path stands.
    pub inside: Vec<String>,
    /// True for `pub use`, by which other modules can name it as this module's.
    pub is_reexport: bool,
}

/// The paths of a source, and the names that it defines.
#[derive(Debug, Default)]
pub struct Contents {
    pub paths: Vec<Named>,
    pub definitions: Vec<String>,
}

/// Keywords in front of the name that they define.
const DEFINING: &[&str] = &["fn", "struct", "enum", "union", "trait", "type", "const", "static"];
const ROOTS: &[&str] = &["crate", "self", "super"];

/// Reads what `tokens` name and define.
pub fn contents(tokens: &[Token]) -> Contents {
    let mut reader = Reader::default();
    let mut rest = tokens;
    while !rest.is_empty() {
        let length = reader.read(rest).clamp(1, rest.len());
        rest = &rest[length..];
    }
    reader.contents
}

/// Knowledge about the place in a source that is read next.
#[derive(Default)]
struct Reader {
    contents: Contents,
    /// The modules around the next token, each with the depth of braces outside it.
    inside: Vec<(String, usize)>,
    depth: usize,
    /// True if the last tokens were `pub` and what restricts it.
    public: bool,
}

impl Reader {
    /// Reads what is at the start of `rest`; returns how many tokens that is.
    fn read(&mut self, rest: &[Token]) -> usize {
        let public = std::mem::take(&mut self.public);
        match rest {
            [Token::Word("pub"), after @ ..] => {
                self.public = true;
                1 + restriction_tokens(after)
            }
            // `use<'a>` in a type isn't a declaration.
            [Token::Word("use"), Token::Word(_) | Token::Mark('{') | Token::Separator, ..] => self.import(rest, public),
            [Token::Word(first), Token::Separator, ..] if ROOTS.contains(first) => {
                let path = plain_path(rest);
                let length = 2 * path.len() - 1;
                self.add(path, false);
                length
            }
            [Token::Word("mod"), Token::Word(name), Token::Mark('{'), ..] => {
                self.inside.push(((*name).to_owned(), self.depth));
                2
            }
            _ => self.read_other(rest),
        }
    }

    fn read_other(&mut self, rest: &[Token]) -> usize {
        match rest {
            [Token::Mark('{'), ..] => self.depth += 1,
            [Token::Mark('}'), ..] => {
                self.depth = self.depth.saturating_sub(1);
                self.inside.pop_if(|(_, outside)| *outside == self.depth);
            }
            [Token::Word("macro_rules"), Token::Mark('!'), Token::Word(name), ..] => self.define(name),
            [Token::Word(keyword), Token::Word(name), ..] if DEFINING.contains(keyword) => self.define(name),
            _ => {}
        }
        1
    }

    fn import(&mut self, rest: &[Token], is_reexport: bool) -> usize {
        let end = rest.iter().position(|token| *token == Token::Mark(';')).unwrap_or(rest.len());
        let mut paths = Vec::new();
        tree(&rest[1..end], &[], &mut paths);
        paths.into_iter().for_each(|path| self.add(path, is_reexport));
        end
    }

    fn add(&mut self, path: Vec<String>, is_reexport: bool) {
        let inside = self.inside.iter().map(|(name, _)| name.clone()).collect();
        self.contents.paths.push(Named { path, inside, is_reexport });
    }

    fn define(&mut self, name: &str) {
        if name != "fn" {
            self.contents.definitions.push(name.to_owned());
        }
    }
}

/// Counts the tokens of `(crate)`, `(super)` or `(in …)` after `pub`.
fn restriction_tokens(rest: &[Token]) -> usize {
    match rest {
        [Token::Mark('('), Token::Word("crate" | "super" | "self" | "in"), ..] => {
            rest.iter().position(|token| *token == Token::Mark(')')).map_or(0, |end| end + 1)
        }
        _ => 0,
    }
}

/// The longest path at the start of `tokens`.
fn plain_path(tokens: &[Token]) -> Vec<String> {
    let mut path = Vec::new();
    let mut rest = tokens;
    while let [Token::Word(name), after @ ..] = rest {
        path.push((*name).to_owned());
        match after {
            [Token::Separator, next @ ..] => rest = next,
            _ => break,
        }
    }
    path
}

/// Adds each path of a tree such as `a::{b, c::{self, *}}`.
fn tree(tokens: &[Token], prefix: &[String], paths: &mut Vec<Vec<String>>) {
    let mut path = prefix.to_vec();
    let mut rest = tokens;
    while let Some((token, after)) = rest.split_first() {
        match token {
            Token::Word("as") => break,
            Token::Word("self") if !path.is_empty() => {}
            Token::Word(name) => path.push((*name).to_owned()),
            Token::Mark('*') => path.push(String::from("*")),
            Token::Mark('{') => {
                return branches(after).into_iter().for_each(|branch| tree(branch, &path, paths));
            }
            Token::Separator | Token::Mark(_) => {}
        }
        rest = after;
    }
    if !path.is_empty() {
        paths.push(path);
    }
}

/// Splits what is between braces at its outer commas.
fn branches<'a, 'b>(tokens: &'a [Token<'b>]) -> Vec<&'a [Token<'b>]> {
    let mut branches = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (index, token) in tokens.iter().enumerate() {
        match token {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') if depth > 0 => depth -= 1,
            Token::Mark(',' | '}') if depth == 0 => {
                branches.push(&tokens[start..index]);
                start = index + 1;
                if *token == Token::Mark('}') {
                    break;
                }
            }
            _ => {}
        }
    }
    branches.retain(|branch| !branch.is_empty());
    branches
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn paths(source: &str) -> Vec<String> {
        contents(&tokens(source)).paths.iter().map(|named| named.path.join("::")).collect()
    }

    #[test]
    fn a_tree_becomes_its_paths() {
        let found = paths("use a::{b, c::{self, d as e, *}, };\nuse crate::f as g;");
        assert_eq!(found, ["a::b", "a::c", "a::c::d", "a::c::*", "crate::f"]);
    }

    #[test]
    fn paths_from_a_root_are_found_anywhere() {
        let found = paths("fn a(b: &super::c::D) -> impl use<'a> E { self::f(crate::g::h::<I>()) }");
        assert_eq!(found, ["super::c::D", "self::f", "crate::g::h"]);
    }

    #[test]
    fn only_pub_use_is_a_reexport() {
        let found = contents(&tokens("pub(in crate::a) use b::C; pub fn d() {} use e::F;")).paths;
        assert_eq!(found.iter().map(|named| named.is_reexport).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn a_path_knows_the_modules_inside_which_it_stands() {
        let found = contents(&tokens("mod a { mod b { fn c() { super::d() } } use super::e; } use f::g;")).paths;
        let inside: Vec<_> = found.iter().map(|named| named.inside.join("::")).collect();
        assert_eq!(inside, ["a::b", "a", ""]);
    }

    #[test]
    fn definitions_are_named() {
        let source = "pub const fn a() {} struct B; macro_rules! c { () => {} }";
        assert_eq!(contents(&tokens(source)).definitions, ["a", "B", "c"]);
    }
}
