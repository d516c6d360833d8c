//! The types of an addon's functions for TypeScript, in the form that `jco types` gives those of a component.

use super::scopes::{Scope, WORLD, scopes};
use super::{
    Function, Global, Interface, Kind, Param, Returns, Role, Scalar, TypeId, is_tagged_option, javascript_name,
    javascript_type_name, unaliased,
};
use crate::decode::Owner;
use aot_abi::javascript::{INSTANTIATE, INTERRUPT, INTERRUPT_KEY, POOL, export_name, interface_word};
use aot_abi::library::{OPTIONS, SETTINGS, TIMES};
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

/// Writes the declarations.
pub fn typescript(interface: &Interface) -> String {
    let mut text = String::new();
    let imports: Vec<Function> =
        interface.imports.iter().filter_map(|import| import.as_function(&interface.types)).collect();
    // Writing to a string doesn't fail.
    let _ = Writer::new(interface, &imports).write(&mut text);
    text
}

struct Writer<'i> {
    interface: &'i Interface,
    /// The imported functions. Those of a component's interfaces are in scopes too.
    imports: &'i [Function],
    /// The namespaces of interfaces, which have their last words, and a number if another has the word.
    namespaces: BTreeMap<&'i Owner, String>,
    scopes: BTreeMap<&'i Owner, Scope<'i>>,
}

impl<'i> Writer<'i> {
    fn new(interface: &'i Interface, imports: &'i [Function]) -> Self {
        let mut writer = Self { interface, imports, namespaces: BTreeMap::new(), scopes: scopes(interface) };
        let in_scopes = |function: &Function| function.owner.is_some() && interface.is_component;
        for (number, function) in imports.iter().enumerate().filter(|(_, function)| in_scopes(function)) {
            writer.scopes.entry(function.owner()).or_default().functions.push((number, function));
        }
        let mut words = BTreeMap::new();
        // The words are those of exported interfaces before others have them.
        let (exported, others): (Vec<&Owner>, Vec<&Owner>) =
            writer.scopes.keys().partition(|owner| matches!(owner, Owner::Export(_)));
        for owner in exported.into_iter().chain(others) {
            let Some(name) = owner.interface() else { continue };
            let word = word_of(name);
            let count = words.entry(word.clone()).or_insert(0);
            *count += 1;
            let namespace = if *count == 1 { word } else { format!("{word}{count}") };
            writer.namespaces.insert(owner, namespace);
        }
        writer
    }

    fn write(&self, text: &mut String) -> fmt::Result {
        writeln!(text, "// The addon {}, made by aot.", self.interface.name)?;
        let mut instance = String::new();
        for (owner, scope) in &self.scopes {
            match owner {
                Owner::World => self.write_world(text, &mut instance, scope)?,
                _ => self.write_interface(text, &mut instance, owner, scope)?,
            }
        }
        if text.contains("Option<") {
            writeln!(text, "export type Option<T> = {{ tag: 'none' }} | {{ tag: 'some', val: T }};")?;
        }
        if text.contains("Result<") {
            writeln!(text, "export type Result<T, E> = {{ tag: 'ok', val: T }} | {{ tag: 'err', val: E }};")?;
        }
        if self.has_imports() {
            self.write_imports(text)?;
        }
        write_instances(text, &instance, self.has_imports())
    }

    /// Returns true for an addon whose instances need imports, so that the module has none.
    fn has_imports(&self) -> bool {
        !self.interface.imports.is_empty()
    }

    /// Writes the type of what a new instance imports.
    fn write_imports(&self, text: &mut String) -> fmt::Result {
        writeln!(
            text,
            "/** The functions and classes that a new instance imports. */\nexport interface ImportObject {{"
        )?;
        let places: BTreeSet<&str> = self.interface.imports.iter().filter_map(|i| i.owner.interface()).collect();
        for place in places {
            match self.namespaces.get(&Owner::Import(place.to_string())).filter(|_| self.interface.is_component) {
                Some(namespace) => writeln!(text, "  {}: typeof {namespace},", quoted(place))?,
                None => self.write_module(text, place)?,
            }
        }
        // What is imported by itself is a default, as modules of JavaScript have one.
        for function in self.imports.iter().filter(|function| function.owner.is_none()) {
            let (role, class, _) = function.role();
            match role {
                Role::Function => {
                    let key = if is_name(&function.name) { function.name.clone() } else { quoted(&function.name) };
                    writeln!(text, "  {key}: {{ 'default'{} }},", self.signature("", function))?;
                }
                Role::Constructor => writeln!(text, "  {0}: typeof {0},", javascript_type_name(class))?,
                Role::Method | Role::Static => {}
            }
        }
        writeln!(text, "}}")
    }

    /// Writes the functions that a core module imports from another.
    fn write_module(&self, text: &mut String, module: &str) -> fmt::Result {
        writeln!(text, "  {}: {{", quoted(module))?;
        let of_module = |function: &&Function| function.owner().interface() == Some(module);
        for function in self.imports.iter().filter(of_module) {
            writeln!(text, "    {};", self.signature(&quoted(&function.name), function))?;
        }
        writeln!(text, "  }},")
    }

    fn write_world(&self, text: &mut String, instance: &mut String, scope: &Scope<'_>) -> fmt::Result {
        self.write_types(text, WORLD, scope, "")?;
        for global in &self.interface.globals {
            self.write_global(text, instance, global)?;
        }
        for (_, name) in self.classes(scope) {
            writeln!(instance, "  {name}: typeof {name},")?;
        }
        functions(scope).try_for_each(|function| self.write_function(text, instance, function))
    }

    /// Writes a global, which is an object with its value.
    fn write_global(&self, text: &mut String, instance: &mut String, global: &Global) -> fmt::Result {
        let readonly = if global.set.is_some() { "" } else { "readonly " };
        let ty = self.kind(&Kind::Scalar(global.scalar), WORLD);
        let export = export_name(&global.export);
        let name = if is_name(export) { export.to_string() } else { quoted(export) };
        if !self.has_imports() && is_name(export) {
            writeln!(text, "export const {name}: {{ {readonly}value: {ty} }};")?;
        } else if !self.has_imports() {
            let number = instance.lines().count();
            writeln!(text, "declare const _{number}: {{ {readonly}value: {ty} }};")?;
            writeln!(text, "export {{ _{number} as {name} }};")?;
        }
        writeln!(instance, "  readonly {name}: {{ {readonly}value: {ty} }};")
    }

    /// Writes an interface as a namespace, which has the interface's whole name too if it is exported.
    fn write_interface(
        &self,
        text: &mut String,
        instance: &mut String,
        owner: &Owner,
        scope: &Scope<'_>,
    ) -> fmt::Result {
        let namespace = self.namespaces.get(owner).map_or("", String::as_str);
        writeln!(text, "declare namespace {namespace} {{")?;
        self.write_types(text, owner, scope, "  ")?;
        for function in functions(scope) {
            let name = self.interface.javascript_name(&function.name);
            if is_name(&name) {
                writeln!(text, "  export function {};", self.signature(&name, function))?;
            } else {
                writeln!(text, "  function {};", self.signature(&format!("{name}_"), function))?;
                writeln!(text, "  export {{ {name}_ as {name} }};")?;
            }
        }
        writeln!(text, "}}")?;
        let Owner::Export(interface) = owner else { return Ok(()) };
        let is_word = namespace == word_of(interface);
        for name in is_word.then(|| namespace.to_string()).into_iter().chain([quoted(interface)]) {
            let renamed = if name == namespace { String::new() } else { format!(" as {name}") };
            match self.has_imports() {
                true if name == namespace => writeln!(text, "export type {{ {namespace} }};")?,
                true => {}
                false => writeln!(text, "export {{ {namespace}{renamed} }};")?,
            }
            writeln!(instance, "  {name}: typeof {namespace},")?;
        }
        Ok(())
    }

    /// Writes a function that is exported itself. What no function can be called is the name under which it is exported.
    fn write_function(&self, text: &mut String, instance: &mut String, function: &Function) -> fmt::Result {
        let name = self.interface.javascript_name(&function.name);
        let name = export_name(&name).to_string();
        if self.has_imports() {
            // The module has no instance.
            let name = if is_name(&name) { name } else { quoted(&name) };
            return writeln!(instance, "  {};", self.signature(&name, function));
        }
        if is_name(&name) {
            writeln!(text, "export function {};", self.signature(&name, function))?;
            return writeln!(instance, "  {};", self.signature(&name, function));
        }
        let number = instance.lines().count();
        writeln!(text, "declare function _{number}{};", self.signature("", function))?;
        writeln!(text, "export {{ _{number} as {} }};", quoted(&name))?;
        writeln!(instance, "  {};", self.signature(&quoted(&name), function))
    }

    fn signature(&self, name: &str, function: &Function) -> String {
        format!("{name}({}): {}", self.params(&function.params, function), self.returned(function))
    }

    fn params(&self, params: &[Param], function: &Function) -> String {
        let param = |(index, param): (usize, &Param)| {
            format!("{}: {}", parameter_name(&param.own_name, index), self.ty(param.ty, function.owner()))
        };
        params.iter().enumerate().map(param).collect::<Vec<_>>().join(", ")
    }

    fn returned(&self, function: &Function) -> String {
        let result = match function.returns {
            Returns::Nothing => None,
            Returns::Result(ok, _) => ok,
            Returns::Value(_) | Returns::Option(_) => function.result,
        };
        self.or_void(result, function.owner())
    }

    fn write_types(&self, text: &mut String, owner: &Owner, scope: &Scope<'_>, indent: &str) -> fmt::Result {
        for (_, name, kind) in scope.definitions(self.interface) {
            let (mut definition, name) = (String::new(), javascript_type_name(name));
            match kind {
                Kind::Handle { resource, .. } => self.write_class(&mut definition, &name, scope, *resource)?,
                kind => self.write_definition(&mut definition, &name, kind, owner)?,
            }
            definition.lines().try_for_each(|line| writeln!(text, "{indent}{line}"))?;
        }
        Ok(())
    }

    /// The resource types that a scope defines, and the names of their classes.
    fn classes(&self, scope: &Scope<'_>) -> Vec<(usize, String)> {
        let class = |(_, name, kind): (TypeId, &str, &Kind)| match kind {
            Kind::Handle { resource, .. } => Some((*resource, javascript_type_name(name))),
            _ => None,
        };
        scope.definitions(self.interface).filter_map(class).collect()
    }

    fn write_class(&self, text: &mut String, name: &str, scope: &Scope<'_>, resource: usize) -> fmt::Result {
        writeln!(text, "export class {name} {{")?;
        let functions = || {
            scope
                .functions
                .iter()
                .map(|(_, function)| *function)
                .filter(|of| self.interface.resource_of(of) == Some(resource))
        };
        if !functions().any(|function| function.role().0 == Role::Constructor) {
            writeln!(text, "  private constructor();")?;
        }
        for function in functions() {
            let (role, _, own_name) = function.role();
            let own_name = javascript_name(own_name);
            match role {
                Role::Constructor => writeln!(text, "  constructor({});", self.params(&function.params, function))?,
                Role::Static => writeln!(text, "  static {};", self.signature(&own_name, function))?,
                Role::Method | Role::Function => {
                    let params = self.params(function.params.get(1..).unwrap_or_default(), function);
                    writeln!(text, "  {own_name}({params}): {};", self.returned(function))?;
                }
            }
        }
        // Node.js 18 has no Symbol.dispose in its first versions, nor have older libraries of TypeScript.
        writeln!(text, "}}")
    }

    fn write_definition(&self, text: &mut String, name: &str, kind: &Kind, owner: &Owner) -> fmt::Result {
        match kind {
            Kind::Record(fields) => {
                writeln!(text, "export interface {name} {{")?;
                for (field, ty) in fields {
                    let field = javascript_name(field);
                    match self.option(*ty) {
                        Some(some) if !is_tagged_option(&self.interface.types, *ty) => {
                            writeln!(text, "  {field}?: {},", self.ty(some, owner))?;
                        }
                        _ => writeln!(text, "  {field}: {},", self.ty(*ty, owner))?,
                    }
                }
                writeln!(text, "}}")
            }
            Kind::Flags(flags) => {
                writeln!(text, "export interface {name} {{")?;
                flags.iter().try_for_each(|flag| writeln!(text, "  {}?: boolean,", javascript_name(flag)))?;
                writeln!(text, "}}")
            }
            Kind::Enum(cases) => writeln!(text, "export type {name} = {};", strings(cases)),
            Kind::Variant(cases) => {
                let of = |case: &str| format!("{name}{}", javascript_type_name(case));
                let names: Vec<String> = cases.iter().map(|(case, _)| of(case)).collect();
                writeln!(text, "export type {name} = {};", names.join(" | "))?;
                for (case, ty) in cases {
                    writeln!(text, "export interface {} {{\n  tag: '{case}',", of(case))?;
                    if let Some(ty) = ty {
                        writeln!(text, "  val: {},", self.ty(*ty, owner))?;
                    }
                    writeln!(text, "}}")?;
                }
                Ok(())
            }
            kind => writeln!(text, "export type {name} = {};", self.kind(kind, owner)),
        }
    }

    /// The text of a type within what has an owner: its name, or what it is made of.
    fn ty(&self, ty: TypeId, owner: &Owner) -> String {
        let ty = &self.interface.types[ty];
        match &ty.definition {
            Some((other, name)) => match self.namespaces.get(other) {
                Some(namespace) if other != owner => format!("{namespace}.{}", javascript_type_name(name)),
                _ => javascript_type_name(name),
            },
            None => self.kind(&ty.kind, owner),
        }
    }

    fn kind(&self, kind: &Kind, owner: &Owner) -> String {
        match kind {
            Kind::Scalar(Scalar::Bool) => "boolean".to_string(),
            Kind::Scalar(Scalar::S64 | Scalar::U64) => "bigint".to_string(),
            Kind::Scalar(Scalar::Char) | Kind::String => "string".to_string(),
            Kind::Scalar(_) => "number".to_string(),
            Kind::List(element) => match self.typed_array(*element) {
                Some(name) => name.to_string(),
                None => format!("Array<{}>", self.ty(*element, owner)),
            },
            Kind::Tuple(types) => {
                let types: Vec<String> = types.iter().map(|ty| self.ty(*ty, owner)).collect();
                format!("[{}]", types.join(", "))
            }
            Kind::Option(some) if self.may_be_undefined(*some) => format!("Option<{}>", self.ty(*some, owner)),
            Kind::Option(some) => format!("{} | undefined", self.ty(*some, owner)),
            Kind::Result(ok, err) => format!("Result<{}, {}>", self.or_void(*ok, owner), self.or_void(*err, owner)),
            Kind::Alias(ty) => self.ty(*ty, owner),
            Kind::Enum(cases) => strings(cases),
            // The component model has no others without a name.
            Kind::Handle { .. } | Kind::Record(_) | Kind::Variant(_) | Kind::Flags(_) => "unknown".to_string(),
        }
    }

    fn or_void(&self, ty: Option<TypeId>, owner: &Owner) -> String {
        ty.map_or_else(|| "void".to_string(), |ty| self.ty(ty, owner))
    }

    /// Returns true for an option that has no tag.
    fn may_be_undefined(&self, ty: TypeId) -> bool {
        self.option(ty).is_some() && !is_tagged_option(&self.interface.types, ty)
    }

    /// The type of what is in an option; none for other types.
    fn option(&self, ty: TypeId) -> Option<TypeId> {
        match self.interface.types[unaliased(&self.interface.types, ty)].kind {
            Kind::Option(some) => Some(some),
            _ => None,
        }
    }

    /// The array that a list of numbers is.
    fn typed_array(&self, element: TypeId) -> Option<&'static str> {
        let Kind::Scalar(scalar) = self.interface.types[unaliased(&self.interface.types, element)].kind else {
            return None;
        };
        Some(match scalar {
            Scalar::S8 => "Int8Array",
            Scalar::U8 => "Uint8Array",
            Scalar::S16 => "Int16Array",
            Scalar::U16 => "Uint16Array",
            Scalar::S32 => "Int32Array",
            Scalar::U32 => "Uint32Array",
            Scalar::S64 => "BigInt64Array",
            Scalar::U64 => "BigUint64Array",
            Scalar::F32 => "Float32Array",
            Scalar::F64 => "Float64Array",
            Scalar::Bool | Scalar::Char => return None,
        })
    }
}

/// The functions that belong to no class.
fn functions<'s, 'i>(scope: &'s Scope<'i>) -> impl Iterator<Item = &'i Function> + use<'s, 'i> {
    scope.functions.iter().map(|(_, function)| *function).filter(|function| function.role().0 == Role::Function)
}

/// Cases as a type of strings.
fn strings(cases: &[String]) -> String {
    cases.iter().map(|case| format!("'{case}'")).collect::<Vec<_>>().join(" | ")
}

/// Writes what makes further instances.
fn write_instances(text: &mut String, instance: &str, has_imports: bool) -> fmt::Result {
    writeln!(text, "/** Limits of a new instance: no more than what the addon was built with. */")?;
    writeln!(text, "export interface Options {{")?;
    for (name, meaning) in OPTIONS.iter().skip(1).chain(TIMES) {
        writeln!(text, "  /** Sets {meaning}. */\n  {}?: number | bigint,", javascript_name(name))?;
    }
    let (name, meaning) = SETTINGS;
    let meaning = meaning.split_once(',').map_or(meaning, |(meaning, _)| meaning);
    writeln!(text, "  /** Says {meaning}, by the names of variables. */\n  {name}?: Record<string, string>,")?;
    writeln!(text, "  /** Names the instance for `{INTERRUPT}`. */\n  {INTERRUPT_KEY}?: number | bigint,")?;
    writeln!(text, "}}\n/** The functions of an instance, which has memory, globals and tables of its own. */")?;
    writeln!(text, "export interface Instance {{\n{instance}}}")?;
    writeln!(text, "/** Ends the calls that run in instances with this key, on other threads; false if none does. */")?;
    writeln!(text, "export function {INTERRUPT}({INTERRUPT_KEY}: number | bigint): boolean;")?;
    writeln!(text, "/** Sets how many freed instances the addon keeps the memory of: 16 at first, 64 at most. */")?;
    writeln!(text, "export function {POOL}(instances: number): void;")?;
    let (meaning, imports) = match has_imports {
        true => ("Makes an instance.", "imports: ImportObject, "),
        false => ("Makes an instance beside the one that the module's own functions have.", ""),
    };
    writeln!(text, "/** {meaning} */\nexport function {INSTANTIATE}({imports}options?: Options): Instance;")
}

/// The last word of an interface's name, under which an addon shows the interface.
fn word_of(interface: &str) -> String {
    export_name(&javascript_name(interface_word(interface))).to_string()
}

/// The name of a parameter; those of core modules have none.
fn parameter_name(name: &str, index: usize) -> String {
    let name = javascript_name(name);
    match &*name {
        "" => format!("arg{index}"),
        keyword if KEYWORDS.contains(&keyword) => name + "_",
        _ => name,
    }
}

/// Returns true for what a function of TypeScript can be called.
fn is_name(name: &str) -> bool {
    let is_first = |first: char| first.is_ascii_alphabetic() || "_$".contains(first);
    !KEYWORDS.contains(&name)
        && name.starts_with(is_first)
        && name.chars().all(|character| is_first(character) || character.is_ascii_digit())
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
