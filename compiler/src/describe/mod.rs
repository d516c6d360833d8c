//! Descriptions: those of an executable about itself, in its ELF note, and those that `aot inspect` says about a wasm file.

mod binaries;
mod binary;
mod contents;
mod executable;
mod grants;
mod note;
mod spaces;
mod wit;

pub use binaries::{binaries, sha256};
pub use binary::{Argument, Binary, BinaryKind, Instance, Producer, SourceFile};
pub use contents::{Changed, Contents, Part};
pub use executable::Executable;
pub use grants::{ComponentGrants, GrantLists, Grants, Server};
pub use note::{Described, MemoryNote, Note, is_made_by_aot, note};
pub use wit::wit;

use crate::decode::{Entity, Program};
use crate::plan::{FuncKind, HOST_IMPORT, ProgramPlan};
use crate::policy::Policy;
use std::collections::BTreeSet;

/// The symbols of the runtime's host functions that a program imports.
pub fn host_functions(plan: &ProgramPlan) -> BTreeSet<&str> {
    let functions = plan.functions.values().filter_map(|func| match &func.kind {
        FuncKind::Host { symbol, .. } if !symbol.starts_with(HOST_IMPORT) => Some(symbol.as_str()),
        _ => None,
    });
    functions.collect()
}

/// The imports whose calls trap, because nothing satisfies them.
pub fn missing_imports(plan: &ProgramPlan) -> BTreeSet<&str> {
    let functions = plan.functions.values().filter_map(|func| match &func.kind {
        FuncKind::Missing { name } => Some(name.as_str()),
        _ => None,
    });
    functions.collect()
}

/// The package of what sends and answers HTTP requests.
const HTTP_PACKAGE: &str = "wasi:http/";

/// Says if a program sends or answers HTTP requests.
pub fn uses_http(plan: &ProgramPlan) -> bool {
    let answers = plan.main.is_some_and(|main| main.export.interface.starts_with(HTTP_PACKAGE));
    answers || host_functions(plan).iter().any(|symbol| symbol.starts_with(HTTP_PACKAGE))
}

/// Says if a program with this policy needs the full runtime, with HTTP and stores in files.
pub fn needs_full_runtime(plan: &ProgramPlan, policy: &Policy) -> bool {
    uses_http(plan) || has_store_file(&host_functions(plan), policy)
}

/// Says if a program that imports these host functions opens stores, and has one in a file.
pub fn has_store_file(host_functions: &BTreeSet<&str>, policy: &Policy) -> bool {
    opens_stores(host_functions) && policy.has_store_file()
}

/// Says if a program that imports these host functions has to do with sockets.
pub fn uses_sockets(host_functions: &BTreeSet<&str>) -> bool {
    let prefixes = ["wasi:sockets/", "wasi_snapshot_preview1#sock_"];
    host_functions.iter().any(|symbol| prefixes.iter().any(|prefix| symbol.starts_with(prefix)))
}

/// Returns true if a program imports functions that open a path.
pub fn opens_paths(host_functions: &BTreeSet<&str>) -> bool {
    host_functions.iter().any(|symbol| symbol.ends_with("#path_open") || symbol.ends_with("[method]descriptor.open-at"))
}

/// Returns true if a program imports what opens a store.
pub fn opens_stores(host_functions: &BTreeSet<&str>) -> bool {
    host_functions.iter().any(|symbol| symbol.starts_with("wasi:keyvalue/"))
}

/// The kind of a decoded program, in words.
pub fn kind(program: &Program<'_>) -> &'static str {
    if program.component.is_some() { "component" } else { "core module" }
}

/// Imports and exports of a core module or component, as text lines.
pub fn imports_and_exports(program: &Program<'_>) -> (Vec<String>, Vec<String>) {
    if let Some(component) = &program.component {
        return (component.imports.clone(), component.exports.iter().map(|export| export.name.clone()).collect());
    }
    let Some(module) = program.modules.values().next() else {
        return Default::default();
    };
    let imports =
        module.imports.iter().map(|import| format!("{} {}::{}", entity(import.entity), import.module, import.name));
    let exports = module.exports.iter().map(|(name, item)| format!("{} {name}", entity(*item)));
    (imports.collect(), exports.collect())
}

fn entity(entity: Entity) -> &'static str {
    match entity {
        Entity::Func(_) => "func",
        Entity::Table(_) => "table",
        Entity::Memory(_) => "memory",
        Entity::Global(_) => "global",
        Entity::Tag(_) => "tag",
    }
}
