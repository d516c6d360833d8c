//! A crate of Rust around the archive: types and functions of the program, which call it.
//!
//! The types have the names that `wit-bindgen rust` gives them. What is the same for every program is `runtime.rs`, which becomes
//! the crate's module `runtime`.

mod convert;
mod ffi;
mod handles;
mod names;
mod scalars;
mod types;

use super::modules::modules;
use super::scopes::{Scope, WORLD, scopes};
use super::{Function, Import, Interface, Kind, Param, Role, Type, TypeId};
use crate::decode::Owner;
use crate::error::{Error, Result, Stage};
use aot_abi::library::{OPTIONS, SETTINGS, TIMES};
use cranelift_entity::SecondaryMap;
use names::{checked_crate, core_name, doc, name, type_name, write_indented};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};

/// The private modules, in which a program may leave something unused.
const MODULES: &str = "\
#[allow(dead_code, unused_imports, unused_mut, unused_unsafe, unused_variables)]
mod convert;
#[allow(dead_code, non_camel_case_types, unused_imports)]
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
    /// Says for each type if a value can have handles that own, and that are lent.
    handles: SecondaryMap<TypeId, (bool, bool)>,
}

impl<'i> Crate<'i> {
    fn new(interface: &'i Interface) -> Self {
        let scopes = scopes(interface);
        let modules = modules(&scopes, &name, &|_| false);
        Self { interface, modules, scopes, handles: handles::handles(interface) }
    }

    fn check_names(&self) -> Result<()> {
        checked_crate(&self.interface.name)?;
        if let Some(import) = self.interface.imports.iter().find(|_| self.interface.is_component) {
            let message = format!("the program imports {}", import.name);
            let help = "a crate of a component imports no more than WASI yet; --emit lib makes a library for C";
            return Err(Error::input(Stage::Plan, message, help));
        }
        let mut taken = BTreeSet::new();
        let functions = self.interface.functions.iter().map(|function| {
            let (role, resource, _) = function.role();
            let resource = if role == Role::Function { "" } else { resource };
            (Some(function.owner()), resource.to_string(), self.function_name(function))
        });
        let memories = self.interface.memories.iter();
        let memories = memories.map(|memory| (Some(WORLD), String::new(), core_name(&memory.export)));
        let types = self.interface.types.values().filter_map(|ty| match ty {
            Type { kind: Kind::Handle { is_own: false, .. }, .. } => None,
            Type { definition, .. } => definition.as_ref(),
        });
        let types = types.map(|(owner, name)| (Some(owner), String::new(), type_name(name, owner == WORLD)));
        for (owner, resource, name) in functions.chain(memories).chain(types) {
            if !taken.insert((owner, resource, name.clone())) {
                let message = format!("two exports would both be {name} in Rust");
                return Err(Error::input(Stage::Plan, message, "rename one of them"));
            }
        }
        Ok(())
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
        if !self.interface.memories.is_empty() {
            writeln!(text, "pub use runtime::Memory;")?;
        }
        writeln!(text)?;
        let empty = Scope::default();
        let world = self.scopes.get(WORLD).unwrap_or(&empty);
        self.write_types(text, WORLD, world)?;
        write_options(text)?;
        self.write_imports(text)?;
        self.write_instance(text, world)?;
        for (owner, module) in &self.modules {
            let Some(scope) = self.scopes.get(owner) else { continue };
            writeln!(text, "/// The interface `{}`.\npub mod {module} {{", owner.interface().unwrap_or_default())?;
            let mut body = String::new();
            self.write_types(&mut body, owner, scope)?;
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
        let (param, table, functions) = match self.interface.imports.is_empty() {
            true => ("", "None", "::std::boxed::Box::new(())"),
            false => (
                ", imports: impl Imports",
                "Some(&mut imports::table())",
                "::std::boxed::Box::new(::std::boxed::Box::new(imports) as ::std::boxed::Box<dyn Imports>)",
            ),
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

impl Instance {{
    /// Makes an instance, and runs its start-up.
    ///
    /// # Errors
    /// The system refuses what it needs, options don't fit the program, or its start-up traps.
    pub fn new(options: Options{param}) -> ::std::result::Result<Self, Error> {{
        // SAFETY: the function is the library's.
        if unsafe {{ ffi::abi_version() }} != ffi::VERSION {{
            return Err(Error::Start(\"the archive isn't the one that this crate was made with\".to_string()));
        }}
        options.with(|options| runtime::Inner::new(options, {table}, {functions})).map(Self::of)
    }}

    fn of(inner: ::std::sync::Arc<runtime::Inner>) -> Self {{
        Self(inner, ::std::marker::PhantomData)
    }}
"
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
        write_indented(text, &body)?;
        writeln!(text, "}}\n\nimpl ::std::fmt::Debug for Instance {{")?;
        writeln!(text, "    fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {{")?;
        writeln!(text, "        f.write_str(\"Instance\")\n    }}\n}}\n")
    }

    /// Writes the trait of the functions that the program imports, and what calls them.
    fn write_imports(&self, text: &mut String) -> fmt::Result {
        let imports = &self.interface.imports;
        if imports.is_empty() {
            return Ok(());
        }
        writeln!(
            text,
            "/// The functions that the program imports. Each gets the instance that calls it; an error is the text of the trap with
/// which the program ends, and a panic goes on behind the call that the program was in.
pub trait Imports: Send + Sync + 'static {{"
        )?;
        for import in imports {
            let param = |(index, param): (usize, &Param)| format!(", p{index}: {}", self.c(param.ty));
            let params: String = import.params.iter().enumerate().map(param).collect();
            let result = import.result.map_or_else(|| "()".to_string(), |ty| self.c(ty));
            writeln!(
                text,
                "    /// Performs `{}`.\n    ///\n    /// # Errors\n    /// The text of a trap.",
                doc(&import.name)
            )?;
            writeln!(
                text,
                "    fn {}(&self, instance: &Instance{params}) -> ::std::result::Result<{result}, ::std::string::String>;",
                import.field
            )?;
        }
        writeln!(text, "}}\n\nmod imports {{")?;
        writeln!(text, "    use super::{{Imports, Instance, ffi}};\n    use crate::runtime::Inner;")?;
        writeln!(text, "    use std::ffi::{{c_char, c_void}};\n    use std::mem::ManuallyDrop;")?;
        writeln!(text, "    use std::panic::{{AssertUnwindSafe, catch_unwind}};\n    use std::sync::Arc;\n")?;
        writeln!(text, "    pub fn table() -> ffi::Imports {{\n        ffi::Imports {{")?;
        writeln!(
            text,
            "            size: size_of::<ffi::Imports>() as u64,\n            context: std::ptr::null_mut(),"
        )?;
        imports.iter().try_for_each(|import| writeln!(text, "            {0}: call_{0},", import.field))?;
        writeln!(text, "        }}\n    }}\n")?;
        writeln!(
            text,
            "    /// # Safety
    ///
    /// The context is that of a table that an instance was made with, which calls.
    unsafe fn perform<T>(
        context: *mut c_void,
        pointer: *mut c_void,
        call: impl FnOnce(&dyn Imports, &Instance) -> Result<T, String>,
        store: impl FnOnce(T),
    ) -> *const c_char {{
        // SAFETY: the caller's promise. The reference isn't ours, so its count stays.
        let instance = ManuallyDrop::new(Instance::of(unsafe {{ Arc::from_raw(context.cast::<Inner>()) }}));
        let inner = &instance.0;
        inner.starts_as(pointer);
        let Some(imports) = inner.functions.downcast_ref::<Box<dyn Imports>>() else {{
            return inner.fail(\"no functions\".to_string());
        }};
        match catch_unwind(AssertUnwindSafe(|| call(&**imports, &instance))) {{
            Ok(Ok(value)) => {{
                store(value);
                std::ptr::null()
            }}
            Ok(Err(text)) => inner.fail(text),
            Err(panic) => inner.panicked(panic),
        }}
    }}
"
        )?;
        imports.iter().try_for_each(|import| self.write_caller(text, import))?;
        writeln!(text, "}}\n")
    }

    /// Writes the function that C calls for an imported one.
    fn write_caller(&self, text: &mut String, import: &Import) -> fmt::Result {
        let field = &import.field;
        let arguments: String = (0..import.params.len()).map(|index| format!(", p{index}")).collect();
        let store = match import.result {
            Some(_) => "|value| *ret = value",
            None => "|()| ()",
        };
        writeln!(text, "    unsafe extern \"C\" fn call_{field}({}) -> *const c_char {{", self.import_params(import))?;
        writeln!(text, "        // SAFETY: the library passes the context back, and where the result goes.")?;
        writeln!(
            text,
            "        unsafe {{ perform(context, instance, |imports, instance| imports.{field}(instance{arguments}), {store}) }}\n    }}\n"
        )
    }
}

/// Writes the options of instances.
fn write_options(text: &mut String) -> fmt::Result {
    let numbers = || OPTIONS.iter().skip(1).chain(TIMES);
    let (settings, meaning) = SETTINGS;
    let meaning = meaning.split_once(',').map_or(meaning, |(meaning, _)| meaning);
    writeln!(
        text,
        "/// Limits of a new instance, and grants to take away from it: they only lower what the library was built with."
    )?;
    writeln!(text, "#[derive(Clone, Debug, Default, PartialEq, Eq)]\npub struct Options {{")?;
    numbers().try_for_each(|(name, doc)| {
        writeln!(text, "    /// Number for {doc}.\n    pub {name}: ::std::option::Option<u64>,")
    })?;
    let pair = "(::std::string::String, ::std::string::String)";
    writeln!(
        text,
        "    /// Variables for {meaning}: names and values.\n    pub {settings}: ::std::vec::Vec<{pair}>,\n}}\n"
    )?;
    writeln!(text, "impl Options {{")?;
    writeln!(
        text,
        "    fn with<T>(&self, call: impl FnOnce(&ffi::Options) -> ::std::result::Result<T, Error>) -> ::std::result::Result<T, Error> {{"
    )?;
    writeln!(text, "        let zero = |_| Error::Start(\"a setting has a zero byte\".to_string());")?;
    writeln!(
        text,
        "        let text = |(name, value): &{pair}| ::std::ffi::CString::new(::std::format!(\"{{name}}={{value}}\")).map_err(zero);"
    )?;
    writeln!(
        text,
        "        let texts = self.{settings}.iter().map(text).collect::<::std::result::Result<::std::vec::Vec<_>, _>>()?;"
    )?;
    writeln!(text, "        let end = ::std::iter::once(::std::ptr::null());")?;
    writeln!(
        text,
        "        let pointers: ::std::vec::Vec<_> = texts.iter().map(|text| text.as_ptr()).chain(end).collect();"
    )?;
    writeln!(text, "        call(&ffi::Options {{\n            size: ::std::mem::size_of::<ffi::Options>() as u64,")?;
    numbers().try_for_each(|(name, _)| writeln!(text, "            {name}: self.{name}.unwrap_or(0),"))?;
    writeln!(
        text,
        "            settings: if texts.is_empty() {{ ::std::ptr::null() }} else {{ pointers.as_ptr() }},\n        }})\n    }}\n}}\n"
    )
}
