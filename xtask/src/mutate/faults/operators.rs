//! Replacements of an expression.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{BinOp, Expr, Ident, Lit, UnOp, parse_quote};

/// An expression in place of another: one word of it differs.
pub struct Change {
    /// The place of the word.
    pub at: Span,
    /// The word.
    pub word: String,
    /// The word in its place.
    pub other: &'static str,
    pub expression: Expr,
}

const METHODS: &[(&str, &str)] = &[
    ("any", "all"),
    ("min", "max"),
    ("is_err", "is_ok"),
    ("is_some", "is_none"),
    ("is_some_and", "is_none_or"),
    ("saturating_add", "saturating_sub"),
    ("wrapping_add", "wrapping_sub"),
    ("checked_add", "checked_sub"),
    ("union", "difference"),
];

/// Returns the fault of an expression, if it can have one.
pub fn change(expression: &Expr) -> Option<Change> {
    match expression {
        Expr::Binary(binary) if !has_let(&binary.left) && !has_let(&binary.right) => {
            let other = opposite(&binary.op)?;
            let mut changed = binary.clone();
            changed.op = syn::parse_str(other).ok()?;
            // What follows `as` begins a type.
            if let Expr::Cast(cast) = &*changed.left {
                changed.left = parse_quote!((#cast));
            }
            Some(Change { at: binary.op.span(), word: text(&binary.op), other, expression: changed.into() })
        }
        Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => {
            Some(Change { at: unary.op.span(), word: "!".to_string(), other: "", expression: (*unary.expr).clone() })
        }
        Expr::Lit(literal) => {
            let Lit::Bool(value) = &literal.lit else { return None };
            let other = if value.value { "false" } else { "true" };
            let expression = if value.value { parse_quote!(false) } else { parse_quote!(true) };
            Some(Change { at: value.span, word: value.value.to_string(), other, expression })
        }
        Expr::MethodCall(call) => {
            let name = call.method.to_string();
            let other = METHODS.iter().find_map(|(one, other)| match name {
                _ if name == *one => Some(other),
                _ if name == *other => Some(one),
                _ => None,
            })?;
            let mut changed = call.clone();
            changed.method = Ident::new(other, call.method.span());
            Some(Change { at: call.method.span(), word: name, other, expression: changed.into() })
        }
        _ => None,
    }
}

/// Returns true for an operand of `&&` that binds names.
fn has_let(expression: &Expr) -> bool {
    match expression {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
    }
}

fn opposite(operator: &BinOp) -> Option<&'static str> {
    Some(match operator {
        BinOp::Eq(_) => "!=",
        BinOp::Ne(_) => "==",
        BinOp::Lt(_) => "<=",
        BinOp::Le(_) => "<",
        BinOp::Gt(_) => ">=",
        BinOp::Ge(_) => ">",
        BinOp::And(_) => "||",
        BinOp::Or(_) => "&&",
        BinOp::BitOr(_) => "&",
        BinOp::BitAnd(_) => "|",
        BinOp::Add(_) => "-",
        BinOp::Sub(_) => "+",
        BinOp::Shl(_) => ">>",
        BinOp::Shr(_) => "<<",
        BinOp::BitOrAssign(_) => "&=",
        BinOp::BitAndAssign(_) => "|=",
        BinOp::AddAssign(_) => "-=",
        BinOp::SubAssign(_) => "+=",
        _ => return None,
    })
}

fn text(operator: &BinOp) -> String {
    operator.to_token_stream().to_string()
}
