//! Types as WIT writes them, and values as WAVE does.

use core::fmt::Write;

use aot_abi::display::is_disturbing;
use aot_host::component::{Function, Kind, TypeIndex, Types, Value};

/// The most levels of a type that are shown.
const DEPTH_MAX: usize = 12;

/// `name: func(a: u32) -> string`, with the interface before the name.
pub fn signature(out: &mut String, types: &Types, function: &Function) {
    out.push_str(&function.full_name());
    out.push_str(": func(");
    for (index, (name, ty)) in function.params.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { ", " });
        out.push_str(name);
        out.push_str(": ");
        type_of(out, types, *ty, 0);
    }
    out.push(')');
    if let Some(result) = function.result {
        out.push_str(" -> ");
        type_of(out, types, result, 0);
    }
}

/// Appends the type's text in WIT.
pub fn type_of(out: &mut String, types: &Types, ty: TypeIndex, depth: usize) {
    if depth == DEPTH_MAX {
        return out.push('…');
    }
    let inner = |out: &mut String, ty: &TypeIndex| type_of(out, types, *ty, depth + 1);
    match &types.get(ty).kind {
        Kind::Bool => out.push_str("bool"),
        Kind::S8 => out.push_str("s8"),
        Kind::U8 => out.push_str("u8"),
        Kind::S16 => out.push_str("s16"),
        Kind::U16 => out.push_str("u16"),
        Kind::S32 => out.push_str("s32"),
        Kind::U32 => out.push_str("u32"),
        Kind::S64 => out.push_str("s64"),
        Kind::U64 => out.push_str("u64"),
        Kind::F32 => out.push_str("f32"),
        Kind::F64 => out.push_str("f64"),
        Kind::Char => out.push_str("char"),
        Kind::String => out.push_str("string"),
        Kind::List(element) => bracketed(out, "list<", ">", [element], inner),
        Kind::Option(some) => bracketed(out, "option<", ">", [some], inner),
        Kind::Tuple(fields) => bracketed(out, "tuple<", ">", fields, inner),
        Kind::Record(fields) => bracketed(out, "record { ", " }", fields, |out, (name, ty)| {
            out.push_str(name);
            out.push_str(": ");
            inner(out, ty);
        }),
        Kind::Variant(cases) => bracketed(out, "variant { ", " }", cases, |out, (name, payload)| {
            out.push_str(name);
            if let Some(payload) = payload {
                bracketed(out, "(", ")", [payload], inner);
            }
        }),
        Kind::Enum(names) => bracketed(out, "enum { ", " }", names, |out, name| out.push_str(name)),
        Kind::Flags(names) => bracketed(out, "flags { ", " }", names, |out, name| out.push_str(name)),
        Kind::Result(None, None) => out.push_str("result"),
        Kind::Result(Some(ok), None) => bracketed(out, "result<", ">", [ok], inner),
        Kind::Result(None, Some(err)) => bracketed(out, "result<_, ", ">", [err], inner),
        Kind::Result(Some(ok), Some(err)) => bracketed(out, "result<", ">", [ok, err], inner),
        Kind::Own(resource, _) => resource_type(out, "", resource.name),
        Kind::Borrow(resource) => resource_type(out, "borrow<", resource.name),
        Kind::Stream(None) => out.push_str("stream"),
        Kind::Stream(Some(payload)) => bracketed(out, "stream<", ">", [payload], inner),
        Kind::Future(None) => out.push_str("future"),
        Kind::Future(Some(payload)) => bracketed(out, "future<", ">", [payload], inner),
    }
}

fn resource_type(out: &mut String, before: &str, name: &str) {
    out.push_str(before);
    out.push_str(if name.is_empty() { "resource" } else { name });
    out.push_str(if before.is_empty() { "" } else { ">" });
}

/// Appends items with commas between them, in brackets.
fn bracketed<T>(
    out: &mut String,
    before: &str,
    after: &str,
    items: impl IntoIterator<Item = T>,
    mut item: impl FnMut(&mut String, T),
) {
    out.push_str(before);
    for (index, value) in items.into_iter().enumerate() {
        out.push_str(if index == 0 { "" } else { ", " });
        item(out, value);
    }
    out.push_str(after);
}

/// A value of the type.
pub fn value(out: &mut String, types: &Types, ty: TypeIndex, value: &Value) {
    // Writing to a string can't fail.
    match (&types.get(ty).kind, value) {
        (_, Value::Bool(value)) => _ = write!(out, "{value}"),
        (_, Value::Signed(value)) => _ = write!(out, "{value}"),
        (_, Value::Unsigned(value)) => _ = write!(out, "{value}"),
        (_, Value::F32(bits)) => _ = float(out, f32::from_bits(*bits).into(), f32::from_bits(*bits)),
        (_, Value::F64(bits)) => _ = float(out, f64::from_bits(*bits), f64::from_bits(*bits)),
        (_, Value::Char(value)) => {
            out.push('\'');
            escaped(out, *value, '\'', true);
            out.push('\'');
        }
        (_, Value::String(text)) => {
            out.push('"');
            text.chars().enumerate().for_each(|(index, character)| escaped(out, character, '"', index == 0));
            out.push('"');
        }
        (Kind::List(element), Value::List(values)) => {
            bracketed(out, "[", "]", values, |out, value| self::value(out, types, *element, value));
        }
        (Kind::Tuple(fields), Value::Fields(values)) => {
            let values = fields.iter().zip(values);
            bracketed(out, "(", ")", values, |out, (ty, value)| self::value(out, types, *ty, value));
        }
        (Kind::Record(fields), Value::Fields(values)) => record(out, types, fields, values),
        (Kind::Variant(cases), Value::Case(case, payload)) => {
            let (name, ty) = cases.get(*case as usize).copied().unwrap_or_default();
            case_of(out, types, name, ty, payload.as_deref());
        }
        (Kind::Enum(names), Value::Case(case, _)) => label(out, names.get(*case as usize).copied().unwrap_or_default()),
        (Kind::Option(some), Value::Case(_, payload)) => match payload {
            Some(payload) => keyword(out, types, "some", Some(*some), Some(payload)),
            None => out.push_str("none"),
        },
        (Kind::Result(ok, err), Value::Case(case, payload)) => {
            let (name, ty) = if *case == 0 { ("ok", *ok) } else { ("err", *err) };
            keyword(out, types, name, ty, payload.as_deref());
        }
        (Kind::Flags(names), Value::Flags(words)) => {
            let is_set = |index: usize| words.get(index / 32).is_some_and(|word| word >> (index % 32) & 1 != 0);
            let set = names.iter().enumerate().filter(|(index, _)| is_set(*index));
            bracketed(out, "{", "}", set, |out, (_, name)| label(out, name));
        }
        // WAVE has no way to write one.
        (_, Value::Resource(_)) => _ = write!(out, "<resource>"),
        (Kind::Future(_), Value::End(_)) => _ = write!(out, "<future>"),
        (_, Value::End(_)) => _ = write!(out, "<stream>"),
        _ => {}
    }
}

/// True if a value is the error case of a `result`.
pub fn is_error(types: &Types, ty: TypeIndex, value: &Value) -> bool {
    matches!((&types.get(ty).kind, value), (Kind::Result(..), Value::Case(1, _)))
}

/// A number in the shortest form that is the same number again.
fn float(out: &mut String, wide: f64, shortest: impl core::fmt::Display) -> core::fmt::Result {
    if wide.is_nan() { write!(out, "nan") } else { write!(out, "{shortest}") }
}

/// Fields that are none are left out, unless all are.
fn record(out: &mut String, types: &Types, fields: &[(&str, TypeIndex)], values: &[Value]) {
    let is_none =
        |ty: TypeIndex, value: &Value| matches!((&types.get(ty).kind, value), (Kind::Option(_), Value::Case(0, _)));
    let shown = fields.iter().zip(values).filter(|((_, ty), value)| !is_none(*ty, value));
    if shown.clone().next().is_none() {
        return out.push_str("{:}");
    }
    bracketed(out, "{", "}", shown, |out, ((name, ty), value)| {
        // Names of fields may be keywords.
        out.push_str(name);
        out.push_str(": ");
        self::value(out, types, *ty, value);
    });
}

fn case_of(out: &mut String, types: &Types, name: &str, ty: Option<TypeIndex>, payload: Option<&Value>) {
    label(out, name);
    payload_of(out, types, ty, payload);
}

fn keyword(out: &mut String, types: &Types, name: &str, ty: Option<TypeIndex>, payload: Option<&Value>) {
    out.push_str(name);
    payload_of(out, types, ty, payload);
}

fn payload_of(out: &mut String, types: &Types, ty: Option<TypeIndex>, payload: Option<&Value>) {
    if let (Some(ty), Some(payload)) = (ty, payload) {
        out.push('(');
        value(out, types, ty, payload);
        out.push(')');
    }
}

/// WAVE's own words.
const KEYWORDS: [&str; 8] = ["true", "false", "some", "none", "ok", "err", "inf", "nan"];

/// A name where a value may stand: one that is a keyword has a mark.
fn label(out: &mut String, name: &str) {
    if KEYWORDS.contains(&name) {
        out.push('%');
    }
    out.push_str(name);
}

/// Writes a character of a text. What nobody would see, or what changes how other characters are shown, is written by its
/// number; so is a combining character that has only the quote to combine with.
fn escaped(out: &mut String, character: char, quote: char, is_first: bool) {
    let _ = match character {
        '\\' => write!(out, "\\\\"),
        '\n' => write!(out, "\\n"),
        '\r' => write!(out, "\\r"),
        '\t' => write!(out, "\\t"),
        _ if character == quote => write!(out, "\\{character}"),
        _ if !is_printable(character) || is_first && is_combining(character) => {
            write!(out, "\\u{{{:x}}}", u32::from(character))
        }
        _ => write!(out, "{character}"),
    };
}

/// Returns true for a character that stands for itself on a terminal: it disturbs nothing there, is assigned, and is no other
/// blank than the space.
pub fn is_printable(character: char) -> bool {
    !is_disturbing(character) && is_assigned(character)
}

fn is_assigned(character: char) -> bool {
    // The standard library knows, and says so of the characters behind a string's first alone without those that combine.
    let mut text = [b'-'; 5];
    let bytes = text.split_first_mut().map_or(0, |(_, rest)| character.encode_utf8(rest).len());
    let text = text.get(..=bytes).and_then(|text| core::str::from_utf8(text).ok()).unwrap_or_default();
    matches!(character, '\\' | '"' | '\'') || text.escape_debug().skip(1).eq([character])
}

/// Returns true for a printable character that changes the one before it.
fn is_combining(character: char) -> bool {
    !character.is_ascii() && !character.escape_debug().eq([character])
}
