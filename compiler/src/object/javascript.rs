//! The tables of an addon, by which the runtime makes values of JavaScript (`aot_abi::javascript`).

use super::records::{Table, bytes_of};
use crate::bindings::{Interface, Kind, TypeId, Types, javascript_name, unaliased};
use crate::decode::Owner;
use aot_abi::exports::Text;
use aot_abi::javascript::{
    Addon, FORM_ENUM, FORM_FLAGS, FORM_OF_KIND, FORM_OPTION, FORM_RECORD, FORM_TUPLE, FORM_VARIANT, Function, Type,
};
use aot_abi::symbols;

/// Builds the tables: symbol, contents and alignment of each.
pub(super) fn tables(interface: &Interface) -> Vec<(&'static str, Vec<u8>, u64)> {
    let mut texts = Texts { texts: Table::new(), names: Vec::new() };
    let mut types = Table::new();
    for ty in interface.types.keys() {
        let (form, names) = form(&interface.types, unaliased(&interface.types, ty));
        types.push(Type { form, first: texts.list(names.iter().map(String::as_str)) });
    }
    let mut functions = Table::new();
    for function in &interface.functions {
        let params: Vec<String> =
            function.params.iter().map(|param| interface.javascript_name(&param.own_name)).collect();
        functions.push(Function {
            interface: texts.text(function.owner.as_ref().and_then(Owner::interface).unwrap_or_default()),
            name: texts.text(&interface.javascript_name(&function.name)),
            first: texts.list(params.iter().map(String::as_str)),
        });
    }
    let Texts { texts, names } = texts;
    let head = Addon { texts: texts.count(), names: names.len() as u32 };
    vec![
        (symbols::ADDON, bytes_of(&head), 4),
        (symbols::ADDON_TYPES, types.into_bytes(), 4),
        (symbols::ADDON_FUNCTIONS, functions.into_bytes(), 4),
        (symbols::ADDON_TEXTS, texts.into_bytes(), 4),
        (symbols::ADDON_NAMES, names, 1),
    ]
}

struct Texts {
    texts: Table<Text>,
    names: Vec<u8>,
}

impl Texts {
    fn text(&mut self, text: &str) -> Text {
        let offset = self.names.len() as u32;
        self.names.extend_from_slice(text.as_bytes());
        Text { offset, bytes: text.len() as u32 }
    }

    /// Adds names beside each other, and returns the index of the first.
    fn list<'n>(&mut self, names: impl Iterator<Item = &'n str>) -> u32 {
        let first = self.texts.count();
        for name in names {
            let text = self.text(name);
            self.texts.push(text);
        }
        first
    }
}

/// The form of a type, and the names of its fields, cases or flags.
fn form(types: &Types, ty: TypeId) -> (u32, Vec<String>) {
    match &types[ty].kind {
        // Handles have no form yet: no addon has them.
        Kind::Scalar(_) | Kind::String | Kind::List(_) | Kind::Handle { .. } | Kind::Alias(_) => {
            (FORM_OF_KIND, Vec::new())
        }
        Kind::Record(fields) => (FORM_RECORD, fields.iter().map(|(name, _)| javascript_name(name)).collect()),
        Kind::Tuple(_) => (FORM_TUPLE, Vec::new()),
        Kind::Variant(cases) => (FORM_VARIANT, cases.iter().map(|(name, _)| name.clone()).collect()),
        Kind::Enum(names) => (FORM_ENUM, names.clone()),
        Kind::Flags(names) => (FORM_FLAGS, names.iter().map(|name| javascript_name(name)).collect()),
        Kind::Option(some) if is_option(types, *some) => (FORM_VARIANT, owned(["none", "some"])),
        Kind::Option(_) => (FORM_OPTION, Vec::new()),
        Kind::Result(..) => (FORM_VARIANT, owned(["ok", "err"])),
    }
}

/// Returns true for an option, in an option of which JavaScript couldn't tell the two kinds of `undefined`.
fn is_option(types: &Types, ty: TypeId) -> bool {
    matches!(types[unaliased(types, ty)].kind, Kind::Option(_))
}

fn owned(names: [&str; 2]) -> Vec<String> {
    names.map(str::to_string).to_vec()
}
