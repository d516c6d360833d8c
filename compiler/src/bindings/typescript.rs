//! The types of an addon's functions for TypeScript, in the form that `jco types` gives those of a component.

use crate::decode::{InterfaceType, InterfaceTypeId, InterfaceTypes};
use crate::plan::{ExportPlan, ExportsPlan};
use aot_abi::javascript::{INSTANTIATE, INSTANTIATE_EXPORT, camel_case, interface_word};
use aot_abi::library::OPTIONS;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

/// Words that parameters of TypeScript can't have as names.
const KEYWORDS: [&str; 46] = [
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
];

/// Writes the declarations. `is_component` says how exports are named.
pub fn typescript(name: &str, exports: &ExportsPlan, is_component: bool) -> String {
    let writer = Writer { types: &exports.types, is_component };
    let mut text = String::new();
    // Writing to a string doesn't fail.
    let _ = writer.write(&mut text, name, exports);
    text
}

struct Writer<'t> {
    types: &'t InterfaceTypes,
    is_component: bool,
}

impl Writer<'_> {
    fn write(&self, text: &mut String, name: &str, exports: &ExportsPlan) -> fmt::Result {
        writeln!(text, "// The addon {name}, made by aot.")?;
        let mut interfaces: BTreeMap<&str, Vec<&ExportPlan>> = BTreeMap::new();
        for export in &exports.functions {
            interfaces.entry(&export.interface).or_default().push(export);
        }
        let own = interfaces.remove("").unwrap_or_default();
        let mut instance = String::new();
        let mut words = BTreeSet::new();
        for (interface, functions) in &interfaces {
            self.write_interface(text, &mut instance, interface, functions, &mut words)?;
        }
        for export in own {
            self.write_function(text, &mut instance, export)?;
        }
        write_instances(text, &instance)
    }

    /// Writes an interface as a namespace of its last word, if none has it yet, and its whole name.
    fn write_interface<'e>(
        &self,
        text: &mut String,
        instance: &mut String,
        interface: &'e str,
        functions: &[&ExportPlan],
        words: &mut BTreeSet<&'e str>,
    ) -> fmt::Result {
        let word = interface_word(interface);
        let is_first = words.insert(word);
        let mut namespace: String = camel_case(word).collect();
        if !is_first {
            write!(namespace, "{}", words.len())?;
        }
        writeln!(text, "declare namespace {namespace} {{")?;
        for export in functions {
            writeln!(text, "  export function {};", self.signature(&self.name(&export.name), export))?;
        }
        writeln!(text, "}}")?;
        if is_first {
            writeln!(text, "export {{ {namespace} }};")?;
            writeln!(instance, "  {namespace}: typeof {namespace},")?;
        }
        writeln!(text, "export {{ {namespace} as {} }};", quoted(interface))?;
        writeln!(instance, "  {}: typeof {namespace},", quoted(interface))
    }

    /// Writes a function that is exported itself. A name that isn't an identifier is that of another.
    fn write_function(&self, text: &mut String, instance: &mut String, export: &ExportPlan) -> fmt::Result {
        let name = self.name(&export.name);
        let name = if name == INSTANTIATE { INSTANTIATE_EXPORT.to_string() } else { name };
        if is_identifier(&name) && !KEYWORDS.contains(&&*name) {
            writeln!(text, "export function {};", self.signature(&name, export))?;
            return writeln!(instance, "  {};", self.signature(&name, export));
        }
        let number = instance.lines().count();
        writeln!(text, "declare function _{number}{};", self.signature("", export))?;
        writeln!(text, "export {{ _{number} as {} }};", quoted(&name))?;
        writeln!(instance, "  {};", self.signature(&quoted(&name), export))
    }

    fn name(&self, name: &str) -> String {
        if self.is_component { camel_case(name).collect() } else { name.to_string() }
    }

    fn signature(&self, name: &str, export: &ExportPlan) -> String {
        let param =
            |(index, (name, ty)): (usize, &(String, _))| format!("{}: {}", parameter_name(name, index), self.ty(*ty));
        let params: Vec<String> = export.ty.params.iter().enumerate().map(param).collect();
        let result = export.ty.result.map_or_else(|| "void".to_string(), |ty| self.ty(ty));
        format!("{name}({}): {result}", params.join(", "))
    }

    fn ty(&self, ty: InterfaceTypeId) -> String {
        use InterfaceType as T;
        match self.types.get(ty) {
            T::Bool => "boolean",
            T::S8 | T::U8 | T::S16 | T::U16 | T::S32 | T::U32 | T::F32 | T::F64 => "number",
            T::S64 | T::U64 => "bigint",
            T::Char | T::String => "string",
            _ => "unknown",
        }
        .to_string()
    }
}

/// Writes what makes further instances.
fn write_instances(text: &mut String, instance: &str) -> fmt::Result {
    writeln!(text, "/** Limits of a new instance: no more than what the addon was built with. */")?;
    writeln!(text, "export interface Options {{")?;
    for (name, meaning) in OPTIONS.iter().skip(1) {
        let name: String = camel_case(name).collect();
        writeln!(text, "  /** Sets {meaning}. */\n  {name}?: number | bigint,")?;
    }
    writeln!(text, "}}\n/** The functions of an instance, which has memory, globals and tables of its own. */")?;
    writeln!(text, "export interface Instance {{\n{instance}}}")?;
    writeln!(text, "/** Makes an instance beside the one that the module's own functions have. */")?;
    writeln!(text, "export function {INSTANTIATE}(options?: Options): Instance;")
}

/// The name of a parameter; those of core modules have none.
fn parameter_name(name: &str, index: usize) -> String {
    let name: String = camel_case(name).collect();
    match &*name {
        "" => format!("arg{index}"),
        keyword if KEYWORDS.contains(&keyword) => name + "_",
        _ => name,
    }
}

fn is_identifier(name: &str) -> bool {
    let is_first = |first: char| first.is_ascii_alphabetic() || "_$".contains(first);
    name.starts_with(is_first) && name.chars().all(|character| is_first(character) || character.is_ascii_digit())
}

/// A name as a string of TypeScript.
fn quoted(name: &str) -> String {
    let mut text = String::from("\"");
    for character in name.chars() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            ' '..='~' => text.push(character),
            _ => character.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(text, "\\u{unit:04x}");
            }),
        }
    }
    text.push('"');
    text
}
