//! Small faults of a source: an operator or a method is another, a condition is its opposite, a statement is left out. All
//! are made at once: the source that comes of it has each fault behind a number, of which an executable has one at a time.

mod operators;

use proc_macro2::{LineColumn, Span};
use quote::quote;
use std::collections::BTreeSet;
use std::fmt;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, File, Stmt, parse_quote};

/// The bytes in front of a fault's number in an executable.
pub const MARK: &[u8; 16] = b"number of fault:";
/// The function of a changed source that knows which fault is wanted.
pub const ASK: &str = "is_fault";

/// A fault of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, from the repository's top folder.
    pub file: String,
    /// The number by which executables know it; never 0.
    pub number: u16,
    /// The number of the line, from 1.
    pub line_number: usize,
    /// The line as it is, without the spaces around it.
    pub line: String,
    /// The line with the fault; empty if the statement that begins there is left out.
    pub made: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made = if self.made.is_empty() { "(left out)" } else { &self.made };
        write!(out, "{}:{}: {} => {made}", self.file, self.line_number, self.line)
    }
}

/// Makes all faults of a source but those of the numbers `without`, and returns it with them and the list of all. Tests and
/// constants have none. Numbers begin at `first`.
///
/// # Errors
/// The source isn't Rust.
pub fn make(file: &str, text: &str, first: u16, without: &BTreeSet<u16>) -> syn::Result<(String, Vec<Fault>)> {
    let mut source: File = syn::parse_file(text)?;
    source.attrs.push(parse_quote!(#![allow(warnings)]));
    let lines = text.lines().collect();
    let mut maker = Maker { file, lines, first, without, faults: Vec::new() };
    maker.visit_file_mut(&mut source);
    let faults = maker.faults;
    let length = MARK.len() + 2;
    let mark = syn::LitByteStr::new(&[MARK, &[0u8; 2][..]].concat(), Span::call_site());
    let end = MARK.len();
    let text = quote! {
        #source
        /// Returns true if the executable's fault is the one of this number.
        #[inline(never)]
        fn is_fault(number: u16) -> bool {
            #[used]
            static FAULT: [u8; #length] = *#mark;
            // SAFETY: these are two bytes of the array, which changes only in the file.
            number.to_le_bytes() == unsafe { (&raw const FAULT).byte_add(#end).cast::<[u8; 2]>().read_volatile() }
        }
    };
    Ok((text.to_string(), faults))
}

struct Maker<'m> {
    file: &'m str,
    lines: Vec<&'m str>,
    first: u16,
    without: &'m BTreeSet<u16>,
    faults: Vec<Fault>,
}

impl Maker<'_> {
    /// Notes the fault in which `word` at a place is `other`; `None` if it isn't to be made.
    fn note(&mut self, at: LineColumn, word: &str, other: &str) -> Option<u16> {
        let line = self.lines.get(at.line - 1).copied().unwrap_or_default();
        let byte = line.char_indices().nth(at.column).map_or(line.len(), |(byte, _)| byte);
        let (before, after) = line.split_at(byte);
        let made = [before, other, after.strip_prefix(word).unwrap_or(after)].concat();
        self.push(at.line, made.trim())
    }

    fn push(&mut self, line_number: usize, made: &str) -> Option<u16> {
        let number = self.first + self.faults.len() as u16;
        let line = self.lines.get(line_number - 1).map(|line| line.trim().to_string()).unwrap_or_default();
        self.faults.push(Fault { file: self.file.to_string(), number, line_number, line, made: made.to_string() });
        (!self.without.contains(&number)).then_some(number)
    }

    /// Makes the condition of an `if` that has no operator its opposite.
    fn negate(&mut self, condition: &mut Expr) {
        if !matches!(condition, Expr::Call(_) | Expr::MethodCall(_) | Expr::Path(_) | Expr::Field(_)) {
            return;
        }
        if let Some(number) = self.note(condition.span().start(), "", "!") {
            *condition = parse_quote!((is_fault(#number) != #condition));
        }
    }
}

impl VisitMut for Maker<'_> {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        let original = expression.clone();
        visit_mut::visit_expr_mut(self, expression);
        if let Expr::If(branch) = expression {
            self.negate(&mut branch.cond);
        }
        let Some(change) = operators::change(&original) else { return };
        if let Some(number) = self.note(change.at.start(), &change.word, change.other) {
            let other = change.expression;
            *expression = parse_quote!((if is_fault(#number) { (#other) } else { (#expression) }));
        }
    }

    fn visit_stmt_mut(&mut self, statement: &mut Stmt) {
        visit_mut::visit_stmt_mut(self, statement);
        let Stmt::Expr(Expr::Try(_) | Expr::Call(_) | Expr::MethodCall(_), Some(_)) = statement else { return };
        if let Some(number) = self.push(statement.span().start().line, "") {
            *statement = parse_quote!(if !is_fault(#number) { #statement });
        }
    }

    // Where no function can be called.
    fn visit_item_const_mut(&mut self, _: &mut syn::ItemConst) {}
    fn visit_item_static_mut(&mut self, _: &mut syn::ItemStatic) {}
    fn visit_item_enum_mut(&mut self, _: &mut syn::ItemEnum) {}
    fn visit_item_mod_mut(&mut self, _: &mut syn::ItemMod) {}
    fn visit_impl_item_const_mut(&mut self, _: &mut syn::ImplItemConst) {}
    fn visit_attribute_mut(&mut self, _: &mut syn::Attribute) {}
    fn visit_type_mut(&mut self, _: &mut syn::Type) {}
    fn visit_pat_mut(&mut self, _: &mut syn::Pat) {}
    fn visit_generic_argument_mut(&mut self, _: &mut syn::GenericArgument) {}

    fn visit_expr_const_mut(&mut self, _: &mut syn::ExprConst) {}

    fn visit_expr_repeat_mut(&mut self, repeat: &mut syn::ExprRepeat) {
        self.visit_expr_mut(&mut repeat.expr);
    }

    fn visit_item_fn_mut(&mut self, function: &mut syn::ItemFn) {
        if function.sig.constness.is_none() {
            visit_mut::visit_item_fn_mut(self, function);
        }
    }

    fn visit_impl_item_fn_mut(&mut self, function: &mut syn::ImplItemFn) {
        if function.sig.constness.is_none() {
            visit_mut::visit_impl_item_fn_mut(self, function);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> Vec<String> {
        let (source, faults) = make("f.rs", text, 1, &BTreeSet::new()).unwrap();
        assert!(syn::parse_file(&source).is_ok(), "{source}");
        faults.into_iter().map(|fault| fault.made).collect()
    }

    #[test]
    fn operators_become_others() {
        let text = "fn f() -> bool {\n    if a < b && !c {}\n    list.any(|one| one == 3)\n}";
        let expected = [
            "if a <= b && !c {}",
            "if a < b && c {}",
            "if a < b || !c {}",
            "list.any(|one| one != 3)",
            "list.all(|one| one == 3)",
        ];
        assert_eq!(made(text), expected);
    }

    #[test]
    fn statements_are_left_out_and_conditions_turned() {
        let text = "fn f() {\n    check(path)?;\n    let file = open(path)?;\n    if file.is_open() {}\n}";
        assert_eq!(made(text), ["", "if !file.is_open() {}"]);
    }

    #[test]
    fn constants_and_tests_stay() {
        assert!(
            made("const A: u8 = 1 + 2;\nfn f() { let a = [0; 1 + 2]; }\nmod tests { fn f() { a == b } }").is_empty()
        );
        assert!(made("const fn f() -> bool { 1 == 2 }").is_empty());
        assert!(made("fn f() { if let Some(a) = b && let Some(c) = a {} }").is_empty());
    }

    #[test]
    fn some_faults_are_left_out() {
        let text = "fn f() -> bool { a == b || c }";
        let (source, faults) = make("f.rs", text, 5, &BTreeSet::from([6])).unwrap();
        assert_eq!(faults.iter().map(|fault| fault.number).collect::<Vec<_>>(), [5, 6]);
        assert!(source.contains("is_fault (5u16)") && !source.contains("is_fault (6u16)"));
    }
}
