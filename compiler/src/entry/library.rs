//! A library: functions that other programs call. Users ask for it by the product that they want.

use super::exports;
use super::module_exports::{describe, exported_globals, only_module};
use super::row::Entry;
use crate::decode::{InterfaceType, Program, Resource};
use crate::describe::{host_functions, opens_stores, uses_http};
use crate::driver::Options;
use crate::error::{Error, Result, Stage};
use crate::plan::{ExportPlan, ExportsPlan, FuncKind, ProgramPlan, Roots};
use crate::policy::Sandbox;

/// A library; no program is one unless a user asks for it.
pub const LIBRARY: Entry = Entry {
    name: "library",
    purpose: "a library",
    fits: |_| false,
    roots,
    main: None,
    run: None,
    server_limits: &[],
    exports: exports::names,
};

/// Help for what libraries don't have yet.
const HELP: &str = "a library can import WASI without requests of HTTP and stores, and functions of its host program, which a core module \
                    calls with numbers; exported functions take and give values without handles of WASI's resources, \
                    unless --host-import leaves their interface to the host program";

fn roots(program: &Program<'_>) -> Result<Roots> {
    let mut roots = exports::roots(program)?;
    roots.items = only_module(program).map(exported_globals).unwrap_or_default();
    if !roots.uncallable.is_empty() {
        let message = format!("these exported functions can't be called from C: {}", describe(&roots.uncallable));
        return Err(Error::input(Stage::Plan, message, HELP));
    }
    if roots.exports.as_ref().is_none_or(Vec::is_empty) {
        return Err(Error::input(Stage::Plan, "the input exports no function that a library could have", HELP));
    }
    Ok(roots)
}

/// Refuses a function of a component that has handles of resources of the runtime, which host programs have none of.
fn check_types(exports: &ExportsPlan, export: &ExportPlan) -> Result<()> {
    let types = export.ty.params.iter().map(|(_, ty)| *ty).chain(export.ty.result);
    let is_handle = |ty: &InterfaceType| match ty {
        InterfaceType::Own(Resource::Imported { interface, name })
        | InterfaceType::Borrow(Resource::Imported { interface, name }) => {
            !exports.of_host_program.contains_key(&(interface.clone(), name.clone()))
        }
        _ => false,
    };
    let mut handles = exports.types.reachable(types).into_iter().filter(|ty| is_handle(exports.types.get(*ty)));
    let Some(handle) = handles.next() else { return Ok(()) };
    let name = super::exports::full_name(&export.interface, &export.name);
    let message = format!("the exported function {name} has a {}", exports.types.display(handle));
    Err(Error::input(Stage::Plan, message, HELP))
}

/// Refuses what a library's runtime doesn't have, and options that it doesn't follow.
///
/// # Errors
/// The first of them.
pub(super) fn check(plan: &ProgramPlan, options: &Options) -> Result<()> {
    if let Some(needed) = plan.functions.values().find_map(|function| needed(&function.kind, options)) {
        return Err(Error::input(Stage::Plan, needed, HELP));
    }
    let exports = plan.exports.iter().flat_map(|exports| exports.functions.iter().map(move |export| (exports, export)));
    exports.into_iter().try_for_each(|(exports, export)| check_types(exports, export))?;
    if plan.memories.values().any(|memory| memory.shared) {
        return Err(Error::input(Stage::Plan, "the program has a memory that threads share", HELP));
    }
    if uses_http(plan) {
        return Err(Error::input(Stage::Plan, "the program imports wasi:http", HELP));
    }
    if opens_stores(&host_functions(plan)) {
        return Err(Error::input(Stage::Plan, "the program imports wasi:keyvalue", HELP));
    }
    let Some(flag) = flag_of_executables(options) else { return Ok(()) };
    let message = format!("{flag} is for executables, and the product is a library");
    Err(Error::input(Stage::Plan, message, "leave the flag out"))
}

/// Returns true if the program's functions work on the host's state of an instance.
pub fn needs_state(plan: &ProgramPlan) -> bool {
    let has_builtins = plan.functions.values().any(|function| matches!(function.kind, FuncKind::Builtin(_)));
    has_builtins || !host_functions(plan).is_empty() || !plan.resource_tables.is_empty()
}

/// Names what a function needs of the runtime that libraries don't have. Imports that nobody has are traps if the user wants that.
fn needed(kind: &FuncKind, options: &Options) -> Option<String> {
    match kind {
        FuncKind::Missing { name } if !options.stub_unknown_imports => Some(format!("the program imports {name}")),
        _ => None,
    }
}

/// A flag that the user gave and that only executables follow.
fn flag_of_executables(options: &Options) -> Option<String> {
    let flags = [
        // Code for more than the baseline would have to be refused at run time.
        ("cpu", options.cpu.is_some()),
        ("entry", options.entry.is_some()),
        ("allow-runtime-grants", options.policy.runtime_grants),
        ("inherit-sockets", options.policy.grants.network.inherit_sockets),
        ("require-sandbox", options.policy.sandbox == Sandbox::Required),
    ];
    let flag = flags.iter().find(|(_, is_given)| *is_given).map(|(flag, _)| format!("--{flag}"));
    let debug = options.debug.then(|| "-g".to_string());
    debug.or(flag)
}
