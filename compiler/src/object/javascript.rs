//! The tables of an addon, by which the runtime makes values of JavaScript (`aot_abi::javascript`).

use super::records::{Table, bytes_of};
use super::scalars::scalar_kind;
use crate::bindings::{
    Global, Import, Interface, Kind, Role, TypeId, Types, is_tagged_option, javascript_name, javascript_type_name,
    unaliased,
};
use crate::decode::Owner;
use aot_abi::exports::Text;
use aot_abi::javascript::{
    self, Addon, Class, FORM_ENUM, FORM_FLAGS, FORM_HANDLE, FORM_OF_KIND, FORM_OPTION, FORM_RECORD, FORM_TUPLE,
    FORM_VARIANT, Function, ROLE_CONSTRUCTOR, ROLE_FUNCTION, ROLE_METHOD, ROLE_STATIC, Type,
};
use aot_abi::symbols;

/// Builds the tables: symbol, contents and alignment of each.
pub(super) fn tables(interface: &Interface) -> Vec<(&'static str, Vec<u8>, u64)> {
    let mut texts = Texts { texts: Table::new(), names: Vec::new() };
    let mut types = Table::new();
    for ty in interface.types.keys() {
        let (form, names) = form(&interface.types, unaliased(&interface.types, ty));
        let first = match interface.types[unaliased(&interface.types, ty)].kind {
            Kind::Handle { resource, .. } => resource as u32,
            _ => texts.list(names.iter().map(String::as_str)),
        };
        types.push(Type { form, first });
    }
    let mut functions = Table::new();
    for function in &interface.functions {
        let params: Vec<String> =
            function.params.iter().map(|param| interface.javascript_name(&param.own_name)).collect();
        functions.push(Function {
            interface: texts.text(function.owner.as_ref().and_then(Owner::interface).unwrap_or_default()),
            name: texts.text(&interface.javascript_name(function.role().2)),
            first: texts.list(params.iter().map(String::as_str)),
            role: role(function.role().0),
            class: interface.resource_of(function).map_or(0, |class| class as u32),
        });
    }
    let mut imports = Table::new();
    for import in &interface.imports {
        imports.push(import_record(interface, &mut texts, import));
    }
    let mut classes = Table::new();
    for resource in &interface.resources {
        let definition = interface.types[resource.handles[0]].definition.as_ref();
        let of = definition.and_then(|(owner, _)| owner.interface()).unwrap_or_default();
        let name = definition.map_or_else(String::new, |(_, name)| javascript_type_name(name));
        classes.push(Class { interface: texts.text(of), name: texts.text(&name) });
    }
    let mut globals = Table::new();
    for Global { export, set, scalar, offset, .. } in &interface.globals {
        let (name, is_mutable) = (texts.text(export), u32::from(set.is_some()));
        globals.push(javascript::Global { offset: *offset, name, kind: scalar_kind(*scalar), is_mutable });
    }
    let Texts { texts, names } = texts;
    let head = Addon { texts: texts.count(), names: names.len() as u32, globals: globals.count() };
    vec![
        (symbols::ADDON, bytes_of(&head), 4),
        (symbols::ADDON_TYPES, types.into_bytes(), 4),
        (symbols::ADDON_FUNCTIONS, functions.into_bytes(), 4),
        (symbols::ADDON_IMPORTS, imports.into_bytes(), 4),
        (symbols::ADDON_CLASSES, classes.into_bytes(), 4),
        (symbols::ADDON_GLOBALS, globals.into_bytes(), 8),
        (symbols::ADDON_TEXTS, texts.into_bytes(), 4),
        (symbols::ADDON_NAMES, names, 1),
    ]
}

/// An import. What is imported by itself is the default of what has its name, as modules of JavaScript have one.
fn import_record(interface: &Interface, texts: &mut Texts, import: &Import) -> Function {
    let (part, _, name) = import.role();
    let (place, name) = match import.owner.interface() {
        Some(place) => (place, interface.javascript_name(name)),
        None if part == Role::Function && import.drops.is_none() => (name, "default".to_string()),
        None => ("", interface.javascript_name(name)),
    };
    Function {
        interface: texts.text(place),
        name: texts.text(&name),
        first: 0,
        role: role(part),
        class: import.drops.or_else(|| interface.resource_of_import(import)).map_or(0, |class| class as u32),
    }
}

fn role(role: Role) -> u32 {
    match role {
        Role::Function => ROLE_FUNCTION,
        Role::Constructor => ROLE_CONSTRUCTOR,
        Role::Method => ROLE_METHOD,
        Role::Static => ROLE_STATIC,
    }
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
        Kind::Scalar(_) | Kind::String | Kind::List(_) | Kind::Alias(_) => (FORM_OF_KIND, Vec::new()),
        Kind::Handle { .. } => (FORM_HANDLE, Vec::new()),
        Kind::Record(fields) => (FORM_RECORD, fields.iter().map(|(name, _)| javascript_name(name)).collect()),
        Kind::Tuple(_) => (FORM_TUPLE, Vec::new()),
        Kind::Variant(cases) => (FORM_VARIANT, cases.iter().map(|(name, _)| name.clone()).collect()),
        Kind::Enum(names) => (FORM_ENUM, names.clone()),
        Kind::Flags(names) => (FORM_FLAGS, names.iter().map(|name| javascript_name(name)).collect()),
        Kind::Option(_) if is_tagged_option(types, ty) => (FORM_VARIANT, owned(["none", "some"])),
        Kind::Option(_) => (FORM_OPTION, Vec::new()),
        Kind::Result(..) => (FORM_VARIANT, owned(["ok", "err"])),
    }
}

fn owned(names: [&str; 2]) -> Vec<String> {
    names.map(str::to_string).to_vec()
}
