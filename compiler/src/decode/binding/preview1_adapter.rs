//! The adapter that makes a component of a module of preview1: its functions are those of preview1, on top of WASI 0.2.
//!
//! The runtime has the functions of both. So the module's imports are bound to the runtime's functions of preview1, and the
//! adapter isn't needed: with the same grants and the same output, the program runs as the core module does.

use super::instances::Removable;
use super::shim::argument;
use super::wiring::{Wiring, lifted, other_defs};
use crate::decode::component::{Command, CoreDef, Export, ExportKind, Options, Trampoline};
use crate::decode::indices::{FuncIndex, MemoryIndex};
use crate::decode::module::{Entity, Import, Module};
use crate::versions;
use aot_abi::host::STRING_UTF8;
use aot_abi::known_exports::{RUN, START};
use aot_abi::wasi::{self, CoreFunction};
use cranelift_entity::EntityRef;
use std::collections::BTreeMap;

/// The interface of which an adapter imports something, or this function, if it does what the functions of preview1 do whose
/// names begin so. Functions without a row have no effect on anything outside of the adapter.
const BEHIND: &[(&str, &str, Option<&str>)] = &[
    ("args_", "wasi:cli/environment", None),
    ("clock_res_get", "wasi:clocks/", None),
    ("clock_time_get", "wasi:clocks/", None),
    ("environ_", "wasi:cli/environment", None),
    ("fd_", "wasi:filesystem/types", None),
    ("path_", "wasi:filesystem/types", None),
    ("poll_oneoff", "wasi:io/poll", None),
    (EXIT, "wasi:cli/exit", Some("exit")),
    ("random_get", "wasi:random/random", None),
];

/// The function of preview1 that ends a program.
const EXIT: &str = "proc_exit";
/// The runtime's interface and function for it.
const ADAPTER_EXIT: (&str, &str) = ("wasi:cli/exit@0.2.0", "[adapter]proc-exit");

/// An instance of an adapter.
struct Adapter {
    instance: usize,
    /// The memory of the module that it serves.
    memory: CoreDef,
    /// The canonical options of the functions that it imports, without memory.
    component_instance: u32,
    /// The functions of preview1 that others use.
    functions: BTreeMap<FuncIndex, &'static CoreFunction>,
    /// The function that runs the module's command, if it has one, and the module's command.
    run: Option<(FuncIndex, CoreDef)>,
}

/// Binds everything that uses an adapter to what the adapter stands for. The runtime has descriptors for each component instance,
/// so an instance with several adapters, each of which has descriptors of its own, keeps them.
pub fn bind(wiring: &mut Wiring<'_, '_>) -> Vec<Removable> {
    let adapters: Vec<Adapter> =
        (0..wiring.component.instances.len()).filter_map(|instance| adapter(wiring, instance)).collect();
    let of = |instance| adapters.iter().filter(|adapter| adapter.component_instance == instance).count();
    let mut removable = Vec::new();
    for adapter in adapters.iter().filter(|adapter| of(adapter.component_instance) == 1) {
        bind_functions(wiring, adapter);
        if let Some((run, command)) = &adapter.run {
            bind_command(wiring, adapter, *run, command);
        }
        removable.push(Removable { instance: adapter.instance, filler: None });
    }
    removable
}

/// The adapter that an instance is.
fn adapter(wiring: &Wiring<'_, '_>, instance: usize) -> Option<Adapter> {
    let module = wiring.module(instance);
    let memory = argument(wiring, instance, Entity::Memory(MemoryIndex::new(0)))?;
    let has_no_data = module.tables.is_empty() && module.data.is_empty() && module.tags.is_empty();
    if !has_no_data || module.memories.len() != 1 || module.imported_globals != 0 {
        return None;
    }
    let component_instance = component_instance(wiring, instance)?;
    let functions = functions(wiring, instance)?;
    let run = run(wiring, instance);
    let is_run = |func: FuncIndex| run.as_ref().is_some_and(|(run, _)| *run == func);
    let is_run_alone = other_defs(wiring.component).all(|def| match wiring.entity(def) {
        Some((of, entity)) if of == instance => matches!(entity, Entity::Func(func) if is_run(func)),
        _ => true,
    });
    is_run_alone.then_some(Adapter { instance, memory, component_instance, functions, run })
}

/// The component instance of an adapter, all of whose imports are functions of the host and of the module that it serves.
fn component_instance(wiring: &Wiring<'_, '_>, instance: usize) -> Option<u32> {
    let module = wiring.module(instance);
    let mut component_instance = None;
    for (import, argument) in module.imports.iter().zip(&wiring.component.instances[instance].arguments) {
        match argument {
            CoreDef::Trampoline(index) => {
                let Trampoline::LowerImport { interface, function, options, .. } =
                    &wiring.component.trampolines[*index].0
                else {
                    return None;
                };
                if *function != import.name || package_and_interface(interface) != package_and_interface(&import.module)
                {
                    return None;
                }
                component_instance = Some(options.instance);
            }
            CoreDef::Export { .. } if import.module == "env" || import.module == "__main_module__" => {}
            _ => return None,
        }
    }
    component_instance
}

/// An interface without its version, if it is one of WASI 0.2.
fn package_and_interface(name: &str) -> Option<&str> {
    let (interface, _) = name.split_once('@')?;
    (interface.starts_with("wasi:") && versions::is_of(name, interface, "0.2")).then_some(interface)
}

/// The functions of preview1 that other instances use of this one, if they use nothing else, and it imports what is behind
/// them.
fn functions(wiring: &Wiring<'_, '_>, instance: usize) -> Option<BTreeMap<FuncIndex, &'static CoreFunction>> {
    let mut functions = BTreeMap::new();
    for argument in wiring.component.instances.iter().flat_map(|instance| &instance.arguments) {
        match wiring.entity(argument) {
            Some((of, Entity::Func(func))) if of == instance => {
                functions.insert(func, function(wiring, instance, func)?);
            }
            Some((of, _)) if of == instance => return None,
            _ => {}
        }
    }
    let module = wiring.module(instance);
    let all_behind = functions.values().all(|function| imports_behind(module, function.name));
    (all_behind && !functions.is_empty()).then_some(functions)
}

/// The function of preview1 as which an instance exports a function.
fn function(wiring: &Wiring<'_, '_>, instance: usize, func: FuncIndex) -> Option<&'static CoreFunction> {
    let names = || wiring.module(instance).exports.iter().filter(|(_, entity)| *entity == Entity::Func(func));
    let known = wasi::PREVIEW1.iter().find(|known| names().any(|(name, _)| name == known.name))?;
    let ty = wiring.func_type(instance, func);
    ty.has_core_types(known.params, known.result.as_slice()).then_some(known)
}

/// True if an adapter imports what is behind a function of preview1.
fn imports_behind(module: &Module<'_>, function: &str) -> bool {
    let Some((_, interface, name)) = BEHIND.iter().find(|(prefix, ..)| function.starts_with(prefix)) else {
        return true;
    };
    let is_behind =
        |import: &Import| import.module.starts_with(interface) && name.is_none_or(|name| import.name == name);
    module.imports.iter().any(is_behind)
}

/// The function that an adapter exports as the command of a component, with the module's command that it calls.
fn run(wiring: &Wiring<'_, '_>, instance: usize) -> Option<(FuncIndex, CoreDef)> {
    let module = wiring.module(instance);
    let start = module.imports.iter().find(|import| import.name == START.function)?;
    let (_, exported) = module.exports.iter().find(|(name, _)| {
        let interface = name.strip_suffix(RUN.function).and_then(|name| name.strip_suffix('#'));
        interface.is_some_and(|interface| versions::is_of(interface, RUN.interface, RUN.version))
    })?;
    let Entity::Func(func) = *exported else { return None };
    Some((func, argument(wiring, instance, start.entity)?))
}

/// Binds the imports that an adapter satisfies to the runtime's functions of preview1.
fn bind_functions(wiring: &mut Wiring<'_, '_>, adapter: &Adapter) {
    let memory = wiring.component.memories.len();
    wiring.component.memories.push(adapter.memory.clone());
    let options = Options {
        instance: adapter.component_instance,
        memory: Some(memory),
        realloc: None,
        post_return: None,
        string_encoding: STRING_UTF8,
    };
    let module = wiring.module(adapter.instance);
    let mut bound = BTreeMap::new();
    for (func, function) in &adapter.functions {
        let trampoline = trampoline(function, options.clone());
        bound.insert(*func, wiring.component.trampolines.push((trampoline, module.functions[*func])));
    }
    for instance in 0..wiring.component.instances.len() {
        for argument in 0..wiring.component.instances[instance].arguments.len() {
            let def = &wiring.component.instances[instance].arguments[argument];
            if let Some(func) = wiring.func_of(adapter.instance, def) {
                wiring.component.instances[instance].arguments[argument] = CoreDef::Trampoline(bound[&func]);
            }
        }
    }
}

/// The function of the runtime for one of preview1. An adapter ends the program by `exit` of 0.2, which knows success and
/// failure only, so that status 3 becomes 1.
fn trampoline(function: &CoreFunction, options: Options) -> Trampoline {
    match function.name {
        EXIT => Trampoline::LowerImport {
            interface: ADAPTER_EXIT.0.to_string(),
            function: ADAPTER_EXIT.1.to_string(),
            ty: None,
            options,
        },
        name => Trampoline::Preview1 { function: name.to_string(), options },
    }
}

/// Makes the module's command that of the component, if the component exports what the adapter calls it by.
fn bind_command(wiring: &mut Wiring<'_, '_>, adapter: &Adapter, run: FuncIndex, command: &CoreDef) {
    let is_run = |export: &Export| {
        let is_interface = versions::is_of(&export.name, RUN.interface, RUN.version);
        let mut functions = lifted(&export.kind).into_iter();
        is_interface && functions.any(|func| wiring.func_of(adapter.instance, &func.func) == Some(run))
    };
    let is_run: Vec<bool> = wiring.component.exports.iter().map(is_run).collect();
    for (export, _) in wiring.component.exports.iter_mut().zip(is_run).filter(|(_, is_run)| *is_run) {
        if let ExportKind::Interface(functions) = &mut export.kind {
            functions.clear();
        }
        wiring.component.command = Some(Command { func: command.clone(), instance: adapter.component_instance });
    }
}
