//! The adapter that makes a component of a module of preview1: its functions are those of preview1, on top of WASI 0.2.
//!
//! The runtime has the functions of both. So the module's imports are bound to the runtime's functions of preview1, and the
//! adapter isn't needed: with the same grants and the same output, the program runs as the core module does.

use super::instances::Removable;
use super::wiring::{Argument, Uses, Wiring, lifted};
use crate::decode::component::{Command, CoreDef, ExportKind, Options, Trampoline};
use crate::decode::indices::{FuncIndex, MemoryIndex, ModuleIndex};
use crate::decode::module::{Entity, Import, Module};
use crate::versions;
use aot_abi::known_exports::{RUN, START};
use aot_abi::wasi::{self, CoreFunction};
use cranelift_entity::EntityRef;
use std::collections::{BTreeMap, HashMap};

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

/// Exports of a module that could be an adapter.
#[derive(Default)]
struct Exports {
    /// The functions that are exported as functions of preview1, with the types of these.
    functions: BTreeMap<FuncIndex, &'static CoreFunction>,
    /// The function that is exported as the command of a component.
    run: Option<FuncIndex>,
}

/// Binds everything that uses an adapter to what the adapter stands for. The runtime has descriptors for each component instance,
/// so an instance with several adapters, each of which has descriptors of its own, keeps them.
pub fn bind(wiring: &mut Wiring<'_, '_>) -> Vec<Removable> {
    let uses = Uses::find(wiring);
    let mut adapters = adapters(wiring, &uses);
    let mut counts: HashMap<u32, u32> = HashMap::new();
    adapters.iter().for_each(|adapter| *counts.entry(adapter.component_instance).or_default() += 1);
    adapters.retain(|adapter| counts[&adapter.component_instance] == 1);
    for adapter in &adapters {
        bind_functions(wiring, adapter, &uses.arguments[adapter.instance]);
    }
    bind_commands(wiring, &adapters);
    adapters.iter().map(|adapter| Removable { instance: adapter.instance, filler: None }).collect()
}

fn adapters(wiring: &Wiring<'_, '_>, uses: &Uses) -> Vec<Adapter> {
    let mut exports: HashMap<ModuleIndex, Exports> = HashMap::new();
    let is_one = |instance: usize| {
        let index = wiring.component.instances[instance].module;
        let exports = exports.entry(index).or_insert_with(|| self::exports(wiring, index));
        adapter(wiring, instance, uses, exports)
    };
    (0..wiring.component.instances.len()).filter_map(is_one).collect()
}

/// The exports of a module; none if it has more of its own than an adapter has.
fn exports(wiring: &Wiring<'_, '_>, module: ModuleIndex) -> Exports {
    let module = &wiring.modules[module];
    let mut exports = Exports::default();
    let has_no_data = module.tables.is_empty() && module.data.is_empty() && module.tags.is_empty();
    if !has_no_data || module.memories.len() != 1 || module.imported_globals != 0 {
        return exports;
    }
    for (name, entity) in &module.exports {
        let Entity::Func(func) = *entity else { continue };
        let ty = wiring.types.func(module.functions[func]);
        let known = wasi::PREVIEW1.iter().find(|known| known.name == name);
        if let Some(known) = known.filter(|known| ty.has_core_types(known.params, known.result.as_slice())) {
            exports.functions.entry(func).or_insert(known);
        }
        let interface = name.strip_suffix(RUN.function).and_then(|name| name.strip_suffix('#'));
        if interface.is_some_and(|interface| versions::is_of(interface, RUN.interface, RUN.version)) {
            exports.run = Some(func);
        }
    }
    exports
}

/// The adapter that an instance is.
fn adapter(wiring: &Wiring<'_, '_>, instance: usize, uses: &Uses, exports: &Exports) -> Option<Adapter> {
    let functions = functions(wiring.module(instance), &uses.arguments[instance], exports)?;
    let memory = argument(wiring, instance, |import| import.entity == Entity::Memory(MemoryIndex::new(0)))?;
    let component_instance = component_instance(wiring, instance)?;
    let command = argument(wiring, instance, |import| import.name == START.function);
    let run = exports.run.zip(command);
    let is_run = |item: &Entity| run.as_ref().is_some_and(|(run, _)| *item == Entity::Func(*run));
    let is_run_alone = uses.others[instance].iter().all(is_run);
    is_run_alone.then_some(Adapter { instance, memory, component_instance, functions, run })
}

/// The argument for an import of an instance.
fn argument(wiring: &Wiring<'_, '_>, instance: usize, is: impl Fn(&Import) -> bool) -> Option<CoreDef> {
    let mut imports = wiring.module(instance).imports.iter().zip(&wiring.component.instances[instance].arguments);
    imports.find(|(import, _)| is(import)).map(|(_, argument)| argument.clone())
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

/// The functions of preview1 that other instances use of an instance of this module, if they use nothing else, and it imports what
/// is behind them.
fn functions(
    module: &Module<'_>,
    users: &[Argument],
    exports: &Exports,
) -> Option<BTreeMap<FuncIndex, &'static CoreFunction>> {
    let mut functions = BTreeMap::new();
    for argument in users {
        let Entity::Func(func) = argument.item else { return None };
        functions.insert(func, *exports.functions.get(&func)?);
    }
    let all_behind = functions.values().all(|function| imports_behind(module, function.name));
    (all_behind && !functions.is_empty()).then_some(functions)
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

/// Binds the imports that an adapter satisfies to the runtime's functions of preview1.
fn bind_functions(wiring: &mut Wiring<'_, '_>, adapter: &Adapter, users: &[Argument]) {
    let memory = wiring.component.memories.len();
    wiring.component.memories.push(adapter.memory.clone());
    let options = Options { memory: Some(memory), ..Options::without_memory(adapter.component_instance) };
    let module = wiring.module(adapter.instance);
    let mut bound = BTreeMap::new();
    for (func, function) in &adapter.functions {
        let trampoline = trampoline(function, options.clone());
        bound.insert(*func, wiring.component.trampolines.push((trampoline, module.functions[*func])));
    }
    for Argument { item, user, place } in users {
        if let Entity::Func(func) = item {
            wiring.component.instances[*user].arguments[*place] = CoreDef::Trampoline(bound[func]);
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

/// Makes the command of an adapter's module that of the component, if the component exports what the adapter calls it by.
fn bind_commands(wiring: &mut Wiring<'_, '_>, adapters: &[Adapter]) {
    let runs = adapters.iter().filter_map(|adapter| {
        let (run, command) = adapter.run.clone()?;
        Some(((adapter.instance, Entity::Func(run)), Command { func: command, instance: adapter.component_instance }))
    });
    let runs: HashMap<(usize, Entity), Command> = runs.collect();
    let mut exports = std::mem::take(&mut wiring.component.exports);
    for export in exports.iter_mut().filter(|export| versions::is_of(&export.name, RUN.interface, RUN.version)) {
        let command = lifted(&mut export.kind).iter().find_map(|func| runs.get(&wiring.entity(&func.func)?));
        let Some(command) = command else { continue };
        if let ExportKind::Interface(functions) = &mut export.kind {
            functions.clear();
        }
        wiring.component.command = Some(command.clone());
    }
    wiring.component.exports = exports;
}
