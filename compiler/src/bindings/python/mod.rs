//! A package of Python around the shared object: modules with the program's types and functions, which call it through
//! `ctypes`, as a wheel.
//!
//! The functions and types have the names that `componentize-py` gives them. What is the same for every program is
//! `runtime.py`, which becomes the package's module `_aot`.

mod descriptions;
mod names;
mod types;
mod wheel;

pub use wheel::{Wheel, wheel};

use super::modules::modules;
use super::names::check_unique;
use super::scopes::{Scope, WORLD, scopes};
use super::{Function, Interface, Kind, Param, Role};
use crate::decode::Owner;
use crate::error::Result;
use aot_abi::library::{OPTIONS, SETTINGS, TIMES};
use names::{INTERFACE, checked_package, class_name, core_name, import_name, module_name, name, world_name};
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// The names that a package shows besides those of the program.
const SHOWN: [&str; 9] = ["Busy", "Ended", "Err", "Error", "Exit", "Ok", "Some", "StartError", "Trap"];

/// Imports of each module.
const IMPORTS: &str = "\
from __future__ import annotations

import dataclasses as _dataclasses
import enum as _enum
import typing as _t

from . import _aot
";

/// The modules of a package: names and texts.
///
/// # Errors
/// Python can't have the names of the package or of two exports.
pub fn python(interface: &Interface) -> Result<Vec<(String, String)>> {
    let package = Package::new(interface);
    package.check_names()?;
    let mut files = Vec::new();
    let mut write = |name: &str, write: &dyn Fn(&mut String) -> fmt::Result| {
        let mut text = String::new();
        // Writing to a string doesn't fail.
        let _ = write(&mut text);
        files.push((format!("{}/{name}.py", interface.name), text));
    };
    write("__init__", &|text| package.write_world(text));
    write("_aot", &|text| text.write_str(include_str!("runtime.py")));
    write("_bindings", &|text| package.write_bindings(text));
    write("_library", &|text| package.write_library(text));
    for (owner, module) in &package.modules {
        write(module, &|text| package.write_interface(text, owner));
    }
    // The modules have types for those who use them (PEP 561).
    files.push((format!("{}/py.typed", interface.name), String::new()));
    Ok(files)
}

/// A package: the interface, and the modules of its interfaces.
struct Package<'i> {
    interface: &'i Interface,
    modules: BTreeMap<&'i Owner, String>,
    scopes: BTreeMap<&'i Owner, Scope<'i>>,
}

impl<'i> Package<'i> {
    fn new(interface: &'i Interface) -> Self {
        let scopes = scopes(interface);
        let of_world = scopes.get(WORLD);
        let functions: Vec<String> = of_world
            .iter()
            .flat_map(|scope| &scope.functions)
            .map(|(_, function)| world_name(&function.name))
            .collect();
        let is_taken = |name: &str| functions.iter().any(|function| function == name);
        let modules = modules(&scopes, &module_name, &is_taken);
        Self { interface, modules, scopes }
    }

    fn check_names(&self) -> Result<()> {
        checked_package(&self.interface.name)?;
        let functions = self.interface.functions.iter().filter(|function| function.owner() == WORLD);
        let functions = functions.map(|function| (self.function_name(function), &function.export));
        let memories = self.interface.memories.iter().map(|memory| &memory.export);
        let shown = memories.chain(self.interface.globals.iter().map(|global| &global.export));
        check_unique("Python", functions.chain(shown.map(|export| (core_name(export), export))))?;
        let imports = self.interface.imports.iter();
        check_unique("Python", imports.map(|import| (import_name(&import.field), &import.name)))?;
        for (owner, scope) in &self.scopes {
            let types = scope.definitions(self.interface);
            check_unique("Python", types.map(|(_, name, _)| (class_name(name, *owner == WORLD), name)))?;
        }
        Ok(())
    }

    /// The name of a function.
    fn function_name(&self, function: &Function) -> String {
        match function.owner() {
            _ if !self.interface.is_component => core_name(&function.name),
            Owner::World => world_name(&function.name),
            _ => name(&function.name),
        }
    }

    /// Returns true if the module's functions have an instance of their own: one without imports can be made.
    fn has_default(&self) -> bool {
        self.interface.imports.is_empty()
    }

    /// Writes the package's own module.
    fn write_world(&self, text: &mut String) -> fmt::Result {
        writeln!(text, "\"\"\"The library {}, made by aot.\"\"\"\n", self.interface.name)?;
        text.write_str(IMPORTS)?;
        for module in self.modules.values() {
            writeln!(text, "from . import {module}\nfrom . import {module} as _{module}")?;
        }
        SHOWN.iter().try_for_each(|name| writeln!(text, "from ._aot import {name} as {name}"))?;
        let empty = Scope::default();
        let scope = self.scopes.get(WORLD).unwrap_or(&empty);
        self.write_types(text, WORLD, scope)?;
        self.write_imports(text)?;
        self.write_instance(text, scope)?;
        writeln!(
            text,
            "\n\ndef pool(instances: int) -> None:
    \"\"\"Sets how many ended instances the library keeps the memory of for new ones: 16 at first, 64 at most.\"\"\"
    _aot.pool(instances)"
        )?;
        if self.has_default() {
            self.write_own_instance(text, scope)?;
        }
        writeln!(text, "\n\nfrom . import _bindings as _bindings")
    }

    /// Writes the functions that call the module's own instance.
    fn write_own_instance(&self, text: &mut String, scope: &Scope<'_>) -> fmt::Result {
        writeln!(
            text,
            "\n\ndef interrupt() -> bool:
    \"\"\"Ends the call that runs in the module's own instance, on another thread. False if none runs.\"\"\"
    return _aot.interrupt()"
        )?;
        self.write_functions(text, scope, "", "None")?;
        self.write_shown(text, "", "None")
    }

    /// Writes the module of an interface.
    fn write_interface(&self, text: &mut String, owner: &Owner) -> fmt::Result {
        writeln!(text, "\"\"\"The interface {}.\"\"\"\n", owner.interface().unwrap_or_default())?;
        text.write_str(IMPORTS)?;
        let Some(scope) = self.scopes.get(owner) else { return Ok(()) };
        let mut body = String::new();
        self.write_types(&mut body, owner, scope)?;
        if matches!(owner, Owner::Export(_)) {
            self.write_interface_class(&mut body, owner, scope)?;
            if self.has_default() {
                self.write_functions(&mut body, scope, "", "None")?;
            }
        }
        for (other, module) in &self.modules {
            if other != &owner && body.contains(&format!("_{module}.")) {
                writeln!(text, "from . import {module} as _{module}")?;
            }
        }
        text.write_str(&body)
    }

    fn write_interface_class(&self, text: &mut String, owner: &Owner, scope: &Scope<'_>) -> fmt::Result {
        writeln!(text, "\n\nclass {INTERFACE}:\n    \"\"\"The functions of an instance.\"\"\"\n")?;
        writeln!(text, "    def __init__(self, instance: _aot.Instance) -> None:\n        self._instance = instance")?;
        for id in &scope.types {
            if matches!(self.interface.types[*id].kind, Kind::Handle { is_own: true, .. }) {
                let class = self.class(*id, owner);
                writeln!(text, "        self.{class}: _t.Type[{class}] = _aot.bound({class}, instance)")?;
            }
        }
        self.write_functions(text, scope, "    ", "self._instance")
    }

    /// Writes the functions of a scope that belong to no class: of the module, or the methods of something that has an instance.
    fn write_functions(&self, text: &mut String, scope: &Scope<'_>, indent: &str, instance: &str) -> fmt::Result {
        for (number, function) in &scope.functions {
            if function.role().0 != Role::Function {
                continue;
            }
            let (params, arguments) = self.params(&function.params, function);
            let params =
                if indent.is_empty() { params.trim_start_matches(", ").to_string() } else { format!("self{params}") };
            let space = if indent.is_empty() { "\n\n" } else { "\n" };
            let (name, returned) = (self.function_name(function), self.returned(function));
            writeln!(text, "{space}{indent}def {name}({params}) -> {returned}:")?;
            writeln!(text, "{indent}    return _aot.call({number}, {instance}{arguments})")?;
        }
        Ok(())
    }

    /// Writes the functions that show memories and globals.
    fn write_shown(&self, text: &mut String, indent: &str, instance: &str) -> fmt::Result {
        let memories = self.interface.memories.iter().enumerate().map(|(number, memory)| {
            let meaning = "the memory, as long as it is until the program grows it";
            (&memory.export, "memoryview".to_string(), meaning, format!("MEMORIES[{number}]"))
        });
        let globals = self.interface.globals.iter().enumerate().map(|(number, global)| {
            let of = if global.set.is_some() { "MutableGlobal" } else { "Global" };
            let ty = self.annotation_of_kind(&Kind::Scalar(global.scalar), WORLD);
            (&global.export, format!("_aot.{of}[{ty}]"), "the global", format!("GLOBALS[{number}]"))
        });
        for (export, returned, meaning, function) in memories.chain(globals) {
            let (params, space) = if indent.is_empty() { ("", "\n\n") } else { ("self", "\n") };
            writeln!(text, "{space}{indent}def {}({params}) -> {returned}:", core_name(export))?;
            writeln!(text, "{indent}    \"\"\"Shows {meaning}.\"\"\"")?;
            writeln!(text, "{indent}    return _aot.{function}({instance})")?;
        }
        Ok(())
    }

    /// Writes the class of the functions that the program imports.
    fn write_imports(&self, text: &mut String) -> fmt::Result {
        if self.interface.imports.is_empty() {
            return Ok(());
        }
        writeln!(text, "\n\n@_dataclasses.dataclass\nclass Imports:")?;
        writeln!(
            text,
            "    \"\"\"The functions that the program imports. Each gets the instance that calls it.\"\"\"\n"
        )?;
        for import in self.interface.imports.iter().filter(|import| import.drops.is_none()) {
            let annotation = |param: &Param| format!(", {}", self.annotation(param.ty, WORLD));
            let params: String = import.params.iter().map(annotation).collect();
            // An error is raised.
            let result = match import.result.map(|ty| self.kind(ty)) {
                Some(Kind::Result(ok, _)) => *ok,
                _ => import.result,
            };
            let result = self.annotation_or_none(result, WORLD);
            let name = import_name(&import.field);
            writeln!(text, "    {name}: _t.Callable[[Instance{params}], {result}]")?;
        }
        Ok(())
    }

    /// Writes the class of instances.
    fn write_instance(&self, text: &mut String, scope: &Scope<'_>) -> fmt::Result {
        writeln!(
            text,
            "\n\nclass Instance(_aot.Instance):
    \"\"\"An instance of the program, with memory, globals and tables of its own, for one thread at a time.

    It ends at the end of a `with` block, or when nothing refers to it any more.

    Options lower what the library was built with:
"
        )?;
        let numbers = || OPTIONS.iter().skip(1).chain(TIMES);
        for (name, meaning) in numbers() {
            writeln!(text, "    {name}: {meaning}")?;
        }
        let (settings, meaning) = SETTINGS;
        let meaning = meaning.split_once(',').map_or(meaning, |(meaning, _)| meaning);
        writeln!(
            text,
            "    {settings}: {meaning}, by the names of variables\n    \"\"\"\n\n    def __init__(\n        self,"
        )?;
        let imports = if self.has_default() { "" } else { "imports" };
        if !imports.is_empty() {
            writeln!(text, "        imports: Imports,")?;
        }
        writeln!(text, "        *,")?;
        numbers().try_for_each(|(name, _)| writeln!(text, "        {name}: _t.Optional[int] = None,"))?;
        writeln!(text, "        {settings}: _t.Optional[_t.Mapping[str, str]] = None,\n    ) -> None:")?;
        writeln!(text, "        super().__init__(")?;
        writeln!(text, "            {},", if imports.is_empty() { "None" } else { imports })?;
        let names = numbers().map(|(name, _)| *name).chain([settings]);
        for name in names {
            writeln!(text, "            {name}={name},")?;
        }
        writeln!(text, "        )")?;
        for (owner, module) in &self.modules {
            if matches!(owner, Owner::Export(_)) {
                writeln!(text, "\n    @property\n    def {module}(self) -> _{module}.{INTERFACE}:")?;
                writeln!(text, "        return _{module}.{INTERFACE}(self)")?;
            }
        }
        self.write_functions(text, scope, "    ", "self")?;
        self.write_shown(text, "    ", "self")
    }
}
