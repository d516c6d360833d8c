//! A crate of Rust around the archive: types and functions of the program, which call it.
//!
//! The types have the names that `wit-bindgen rust` gives them. What is the same for every program is `runtime.rs`, which becomes
//! the crate's module `runtime`.

mod callers;
mod convert;
mod ffi;
mod handles;
mod imports;
mod names;
mod options;
mod scalars;
mod types;

use super::modules::modules;
use super::names::check_unique;
use super::scopes::{Scope, WORLD, scopes};
use super::{Function, Interface, Role, TypeId};
use crate::decode::Owner;
use crate::error::Result;
use cranelift_entity::SecondaryMap;
use handles::Handles;
use names::{checked_crate, core_name, doc, import_name, name, type_name, write_indented};
use scalars::scalar_name;
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// The private modules, in which a program may leave something unused.
const MODULES: &str = "\
#[allow(dead_code, non_snake_case, unused_imports, unused_mut, unused_unsafe, unused_variables)]
mod convert;
#[allow(dead_code, non_camel_case_types, non_snake_case, unused_imports)]
mod ffi;
#[allow(dead_code)]
mod runtime;
";

/// The files of a crate besides the archive: names and texts. The version is that of the program, if it has one.
///
/// # Errors
/// Rust can't have the names of the crate or of two exports.
pub fn rust(interface: &Interface, version: Option<&str>) -> Result<Vec<(String, String)>> {
    let made = Crate::new(interface);
    made.check_names()?;
    let written = |write: &dyn Fn(&mut String) -> fmt::Result| {
        let mut text = String::new();
        // Writing to a string doesn't fail.
        let _ = write(&mut text);
        text
    };
    Ok(vec![
        ("Cargo.toml".to_string(), manifest(&interface.name, version.unwrap_or_default())),
        ("build.rs".to_string(), build_script(&interface.name)),
        ("src/lib.rs".to_string(), written(&|text| made.write_crate(text))),
        ("src/ffi.rs".to_string(), written(&|text| made.write_ffi(text))),
        ("src/convert.rs".to_string(), written(&|text| made.write_convert(text))),
        ("src/runtime.rs".to_string(), include_str!("runtime.rs").to_string()),
    ])
}

fn manifest(name: &str, version: &str) -> String {
    // A crate's version has three numbers.
    let is_number = |part: &str| part.parse::<u32>().is_ok_and(|number| number.to_string() == part);
    let is_version = version.split('.').count() == 3 && version.split('.').all(is_number);
    format!(
        "# The library {name}, made by aot.
[package]
name = \"{name}\"
version = \"{}\"
edition = \"2024\"
rust-version = \"1.85\"
links = \"{name}\"
publish = false
",
        if is_version { version } else { "1.0.0" }
    )
}

fn build_script(name: &str) -> String {
    format!(
        "//! Links the archive beside this file.

fn main() {{
    let folder = std::env::var(\"CARGO_MANIFEST_DIR\").unwrap_or_default();
    println!(\"cargo:rustc-link-search=native={{folder}}\");
    println!(\"cargo:rustc-link-lib=static={name}\");
    println!(\"cargo:rerun-if-changed=lib{name}.a\");
}}
"
    )
}

/// A crate: the interface, and the modules of its interfaces.
struct Crate<'i> {
    interface: &'i Interface,
    modules: BTreeMap<&'i Owner, String>,
    scopes: BTreeMap<&'i Owner, Scope<'i>>,
    /// The handles that values of each type can have.
    handles: SecondaryMap<TypeId, Handles>,
}

impl<'i> Crate<'i> {
    fn new(interface: &'i Interface) -> Self {
        let mut scopes = scopes(interface);
        for import in interface.imports.iter().filter(|_| interface.is_component) {
            scopes.entry(&import.owner).or_default();
        }
        let modules = modules(&scopes, &name, &|_| false);
        Self { interface, modules, scopes, handles: handles::handles(interface) }
    }

    fn check_names(&self) -> Result<()> {
        checked_crate(&self.interface.name)?;
        let mut places: BTreeMap<(&Owner, &str), Vec<(String, &str)>> = BTreeMap::new();
        for function in &self.interface.functions {
            let (role, resource, _) = function.role();
            let resource = if role == Role::Function { "" } else { resource };
            let names = places.entry((function.owner(), resource)).or_default();
            names.push((self.function_name(function), function.export.as_str()));
        }
        let memories = self.interface.memories.iter().map(|memory| &memory.export);
        for export in memories.chain(self.interface.globals.iter().map(|global| &global.export)) {
            places.entry((WORLD, "")).or_default().push((core_name(export), export));
        }
        let imports = self.interface.imports.iter();
        check_unique("Rust", imports.map(|import| (import_name(&import.field), import.name.as_str())))?;
        for (owner, scope) in &self.scopes {
            let types = scope.definitions(self.interface);
            check_unique("Rust", types.map(|(_, of, _)| (type_name(of, *owner == WORLD), of)))?;
        }
        places.into_values().try_for_each(|names| check_unique("Rust", names))
    }

    /// The name of a function.
    fn function_name(&self, function: &Function) -> String {
        match function.role() {
            (Role::Function, ..) if !self.interface.is_component => core_name(&function.name),
            (Role::Constructor, ..) => "new".to_string(),
            (_, _, own_name) => name(own_name),
        }
    }

    fn write_crate(&self, text: &mut String) -> fmt::Result {
        writeln!(text, "//! The library {}, made by aot.\n\n{MODULES}", self.interface.name)?;
        writeln!(text, "pub use runtime::Error;")?;
        let globals = &self.interface.globals;
        let shown = [
            ("Interrupter", true),
            ("Memory", !self.interface.memories.is_empty()),
            ("Global", globals.iter().any(|global| global.set.is_none())),
            ("MutableGlobal", globals.iter().any(|global| global.set.is_some())),
        ];
        // Within another crate a program may leave them unused.
        let mut shown = shown.iter().filter(|(_, is_shown)| *is_shown);
        shown.try_for_each(|(name, _)| writeln!(text, "#[allow(unused_imports)]\npub use runtime::{name};"))?;
        writeln!(text, "#[allow(unused_imports)]\npub use runtime::pool;\n")?;
        let empty = Scope::default();
        let world = self.scopes.get(WORLD).unwrap_or(&empty);
        self.write_types(text, WORLD, world)?;
        options::write(text)?;
        self.write_imports(text)?;
        self.write_instance(text, world)?;
        for (owner, module) in &self.modules {
            let Some(scope) = self.scopes.get(owner) else { continue };
            writeln!(text, "/// The interface `{}`.\npub mod {module} {{", owner.interface().unwrap_or_default())?;
            let mut body = String::new();
            self.write_types(&mut body, owner, scope)?;
            self.write_traits(&mut body, owner)?;
            self.write_functions(&mut body, scope, ("instance: &crate::Instance", "&instance.0"))?;
            write_indented(text, &body)?;
            writeln!(text, "}}\n")?;
        }
        Ok(())
    }

    /// Writes the functions of a scope that belong to no type.
    fn write_functions(&self, text: &mut String, scope: &Scope<'_>, receiver: (&str, &str)) -> fmt::Result {
        let functions = scope.functions.iter().filter(|(_, function)| function.role().0 == Role::Function);
        functions.copied().try_for_each(|(number, function)| {
            self.write_function(text, (number, function), &self.function_name(function), receiver)
        })
    }

    fn write_instance(&self, text: &mut String, world: &Scope<'_>) -> fmt::Result {
        let (generic, param, table, functions) = match self.interface.imports.is_empty() {
            true => ("", "", "None", "()"),
            false => ("<I: Imports>", ", imports: I", "Some(&mut convert::imports::<I>())", "imports"),
        };
        writeln!(
            text,
            "/// An instance of the program, with memory, globals and tables of its own, for one thread at a time.
///
/// It is freed when neither it nor a resource of it is left.
pub struct Instance(
    pub(crate) ::std::sync::Arc<runtime::Inner>,
    // What shows the instance to a second thread would let that write to memories meanwhile.
    ::std::marker::PhantomData<::std::cell::Cell<()>>,
);

{}impl Instance {{
    /// Makes an instance, and runs its start-up.
    ///
    /// # Errors
    /// The system refuses what it needs, options don't fit the program, or its start-up traps.
    pub fn new{generic}(options: Options{param}) -> ::std::result::Result<Self, Error> {{
        // SAFETY: the function is the library's.
        if unsafe {{ ffi::abi_version() }} != ffi::VERSION {{
            return Err(Error::Start(\"the archive isn't the one that this crate was made with\".to_string()));
        }}
        let inner = options.with(|options| runtime::Inner::new(options, {table}, ::std::boxed::Box::new({functions})))?;
        Ok(Self(inner, ::std::marker::PhantomData))
    }}
",
            self.names_as_they_are()
        )?;
        let mut body = String::new();
        self.write_functions(&mut body, world, ("&self", "&self.0"))?;
        for memory in &self.interface.memories {
            writeln!(
                body,
                "/// Shows the memory `{}`, as long as it is until the program grows it.\npub fn {}(&self) -> Memory<'_> {{\n    Memory::find(&self.0, ffi::{})\n}}\n",
                doc(&memory.export),
                core_name(&memory.export),
                memory.symbol
            )?;
        }
        self.write_globals(&mut body)?;
        write_indented(text, &body)?;
        writeln!(text, "}}\n\nimpl ::std::fmt::Debug for Instance {{")?;
        writeln!(text, "    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {{")?;
        writeln!(text, "        f.write_str(\"Instance\")\n    }}\n}}\n")
    }

    /// The attribute of what has names as a core module has them.
    fn names_as_they_are(&self) -> &'static str {
        if self.interface.is_component { "" } else { "#[allow(non_snake_case)]\n" }
    }

    /// Writes the methods that show globals.
    fn write_globals(&self, text: &mut String) -> fmt::Result {
        self.interface.globals.iter().try_for_each(|global| {
            let (name, scalar) = (core_name(&global.export), scalar_name(global.scalar));
            let (of, set) = match &global.set {
                Some(set) => ("MutableGlobal", format!(", ffi::{set}")),
                None => ("Global", String::new()),
            };
            writeln!(text, "/// Shows the global `{}`.", doc(&global.export))?;
            writeln!(text, "pub fn {name}(&self) -> {of}<'_, {scalar}> {{")?;
            writeln!(text, "    {of}::new(&self.0, ffi::{}{set})\n}}\n", global.get)
        })
    }
}
