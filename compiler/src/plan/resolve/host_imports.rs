//! Imports that the host satisfies: looked up in the descriptions of the contract, and checked against them.

use crate::decode::{ComponentFuncType, FuncType, InterfaceType, InterfaceTypeId, InterfaceTypes, Resource, ValType};
use crate::error::{Error, Result, Stage};
use crate::hosts::foreign_host;
use crate::plan::host_names::HostName;
use crate::plan::options::HostImports;
use crate::versions;
use aot_abi::symbols::{PREVIEW1, THREAD_SPAWN};
use aot_abi::wasi::{self, Function, Interface, Type};

/// An import of the host.
#[derive(Debug)]
pub(super) enum HostImport {
    /// A host function.
    Known { symbol: String },
    /// An import from a `wasi:` package that this version lacks.
    Missing { interface: String, name: String },
    /// An import that nothing satisfies.
    Unknown { name: String },
}

impl HostImport {
    /// A function of the host program, if it can be one: it takes and gives numbers.
    pub(super) fn of_host_program(name: &HostName, ty: &FuncType) -> HostImport {
        let is_number = |ty: &ValType| InterfaceTypes::of_number(*ty).is_some();
        if ty.results.len() <= 1 && ty.params.iter().chain(&ty.results).all(is_number) {
            return HostImport::Known { symbol: name.symbol() };
        }
        HostImport::Unknown { name: format!("{name} (not a function of numbers with one result at most)") }
    }

    /// A function of the host program that a component imports, in an interface or by itself.
    pub(super) fn of_component(interface: &str, function: &str) -> HostImport {
        let name = match function {
            "" => HostName::of_component("", interface),
            // The drop of a resource that is imported by itself.
            RESOURCE_DROP => HostName::of_component("", &format!("{RESOURCE_DROP}{interface}")),
            function => HostName::of_component(interface, function),
        };
        HostImport::Known { symbol: name.symbol() }
    }
}

/// An import of a core module.
pub(super) fn core(module: &str, name: &str, ty: &FuncType) -> Result<HostImport> {
    let full = format!("{module}::{name}");
    let is_spawn = (module, name) == ("wasi", "thread-spawn");
    if is_spawn && ty.params[..] == [ValType::I32] && ty.results[..] == [ValType::I32] {
        return Ok(HostImport::Known { symbol: THREAD_SPAWN.to_string() });
    }
    if module != PREVIEW1 {
        return Ok(HostImport::Unknown { name: full });
    }
    let Some(function) = wasi::PREVIEW1.iter().find(|function| function.name == name) else {
        return Ok(HostImport::Unknown { name: full });
    };
    if !ty.has_core_types(function.params, function.result.as_slice()) {
        return Err(Error::input(
            Stage::Plan,
            format!("the import {full} has another type than preview1's function"),
            "the module was made for another version of WASI: preview1 is `wasi_snapshot_preview1`",
        ));
    }
    Ok(HostImport::Known { symbol: function.symbol.to_string() })
}

/// The function of an interface that drops a resource, before the resource's name.
const RESOURCE_DROP: &str = "[resource-drop]";

/// A function of an interface that a component imports, which isn't the host program's. The component model gives drops of resources their type, so they
/// come without one. A caller that goes on, which lowers it asynchronously, calls another symbol.
pub(super) fn lowered(
    import: &str,
    function: &str,
    ty: Option<&ComponentFuncType>,
    types: &InterfaceTypes,
    host_imports: Option<&HostImports>,
    is_async: bool,
) -> Result<HostImport> {
    let full = format!("{import}#{function}");
    let Some(interface) = find_interface(import) else {
        return Ok(absent(import, full));
    };
    let Some(known) = interface.functions.iter().find(|known| known.name == function) else {
        return Ok(absent(import, full));
    };
    match ty.and_then(|ty| difference(known, ty, &Same { types, host_imports })) {
        None => {
            let symbol = known.async_symbol.filter(|_| is_async).unwrap_or(known.symbol);
            Ok(HostImport::Known { symbol: symbol.to_string() })
        }
        Some(difference) => Err(Error::input(
            Stage::Plan,
            format!("the import {full} has another type: {difference}"),
            match host_imports.is_some_and(|imports| !imports.modules.is_empty()) {
                true => "interfaces that use the same resource have one definer: give this one with --host-import too",
                false => "the component was made for a version of the interface that this version of aot doesn't know",
            },
        )),
    }
}

/// The number of a resource type of the host; 0 for one that this version lacks.
pub(super) fn resource_number(interface: &str, name: &str) -> u32 {
    find_interface(interface)
        .and_then(|interface| interface.resources.iter().find(|resource| resource.name == name))
        .map_or(0, |resource| resource.number)
}

/// The words behind the name of an unknown import that isn't a function.
pub(super) const NO_FUNCTION: &str = " (not a function)";

/// The error for one unknown import.
pub(super) fn unknown_import(name: &str) -> Error {
    unknown_imports(&[name.to_string()])
}

/// The error for unknown imports.
pub(super) fn unknown_imports(names: &[String]) -> Error {
    const SHOWN: usize = 10;
    let mut list = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        list += &format!(" and {} more", names.len() - SHOWN);
    }
    let imports = names.iter().filter_map(|name| name.trim_end_matches(NO_FUNCTION).split_once("::"));
    match foreign_host(imports) {
        Some(host) => Error::input(
            Stage::Plan,
            format!("the module is {}: nothing satisfies the import of {list}", host.made),
            host.help,
        ),
        None => Error::input(
            Stage::Plan,
            format!("nothing satisfies the import of {list}"),
            "link the program with what it needs, or give --stub-unknown-imports to make calls of it a trap",
        ),
    }
}

fn absent(import: &str, full: String) -> HostImport {
    if import.starts_with("wasi:") {
        HostImport::Missing { interface: import.to_string(), name: full }
    } else {
        HostImport::Unknown { name: full }
    }
}

/// The interface that satisfies `import` by semver: `wasi:io/streams@0.2.6` is satisfied by any `0.2`.
fn find_interface(import: &str) -> Option<&'static Interface> {
    let is_it = |interface: &&Interface| {
        let mut versions = [interface.version].into_iter().chain(interface.further_versions.iter().copied());
        versions.any(|version| versions::is_of(import, interface.name, version))
    };
    wasi::INTERFACES.iter().copied().find(is_it)
}

/// The difference between a description and an import's type.
fn difference(known: &Function, ty: &ComponentFuncType, same: &Same<'_>) -> Option<String> {
    let types = same.types;
    if known.async_symbol.is_some() != ty.is_async {
        return Some(if ty.is_async { "it is asynchronous" } else { "it isn't asynchronous" }.to_string());
    }
    if known.params.len() != ty.params.len() {
        return Some(format!("{} parameters instead of {}", ty.params.len(), known.params.len()));
    }
    for ((name, expected), (_, actual)) in known.params.iter().zip(&ty.params) {
        if !same.types(expected, *actual) {
            return Some(format!("parameter {name} is {}", types.display(*actual)));
        }
    }
    if !same.payloads(known.result.as_ref(), ty.result) {
        return Some(match ty.result {
            Some(result) => format!("the result is {}", types.display(result)),
            None => "there is no result".to_string(),
        });
    }
    None
}

/// Compares types of descriptions with those of a component. The description decides how deep it goes.
struct Same<'t> {
    types: &'t InterfaceTypes,
    host_imports: Option<&'t HostImports>,
}

impl Same<'_> {
    fn payloads(&self, known: Option<&Type>, ty: Option<InterfaceTypeId>) -> bool {
        match (known, ty) {
            (Some(known), Some(ty)) => self.types(known, ty),
            (None, None) => true,
            _ => false,
        }
    }

    fn types(&self, known: &Type, ty: InterfaceTypeId) -> bool {
        match (known, self.types.get(ty)) {
            (Type::Bool, InterfaceType::Bool)
            | (Type::S8, InterfaceType::S8)
            | (Type::U8, InterfaceType::U8)
            | (Type::S16, InterfaceType::S16)
            | (Type::U16, InterfaceType::U16)
            | (Type::S32, InterfaceType::S32)
            | (Type::U32, InterfaceType::U32)
            | (Type::S64, InterfaceType::S64)
            | (Type::U64, InterfaceType::U64)
            | (Type::F32, InterfaceType::F32)
            | (Type::F64, InterfaceType::F64)
            | (Type::Char, InterfaceType::Char)
            | (Type::String, InterfaceType::String) => true,
            (Type::List(known), InterfaceType::List(ty))
            | (Type::Option(known), InterfaceType::Option(ty))
            | (Type::Stream(known), InterfaceType::Stream(Some(ty)))
            | (Type::Future(known), InterfaceType::Future(Some(ty))) => self.types(known, *ty),
            (Type::Record(known), InterfaceType::Record(fields)) => {
                let same = |((name, known), (field, ty)): (&(&str, Type), &(String, InterfaceTypeId))| {
                    name == field && self.types(known, *ty)
                };
                known.len() == fields.len() && known.iter().zip(fields).all(same)
            }
            (Type::Tuple(known), InterfaceType::Tuple(types)) => {
                known.len() == types.len() && known.iter().zip(types).all(|(known, ty)| self.types(known, *ty))
            }
            (Type::Variant(known), InterfaceType::Variant(cases)) => {
                known.len() == cases.len()
                    && known
                        .iter()
                        .zip(cases)
                        .all(|((name, known), (case, ty))| name == case && self.payloads(known.as_ref(), *ty))
            }
            (Type::Enum(known), InterfaceType::Enum(names)) | (Type::Flags(known), InterfaceType::Flags(names)) => {
                known.iter().eq(names.iter())
            }
            (Type::Result(known_ok, known_err), InterfaceType::Result(ok, err)) => {
                self.payloads(*known_ok, *ok) && self.payloads(*known_err, *err)
            }
            (Type::Own(known), InterfaceType::Own(resource))
            | (Type::Borrow(known), InterfaceType::Borrow(resource)) => self.resources(known, resource),
            _ => false,
        }
    }

    /// A resource type of the host program is another than that of the runtime.
    fn resources(&self, known: &wasi::Resource, resource: &Resource) -> bool {
        match resource {
            Resource::Imported { interface, name } => {
                let is_of_program = self.host_imports.is_some_and(|imports| imports.has_interface(interface));
                !is_of_program && resource_number(interface, name) == known.number
            }
            Resource::Defined(_) => false,
        }
    }
}
