//! Makes the modules of adapters anew.

use super::frame::Modules;
use super::references;
use crate::decode::Arena;
use crate::error::{Error, Result, Stage};
use std::collections::HashMap;
use wasmparser::{Parser, Validator};
use wasmtime_environ::component::{
    Adapter, ComponentTranslation, ComponentTypesBuilder, CoreDef, CoreExport, ExportItem, ExtractCallback,
    ExtractMemory, ExtractPostReturn, GlobalInitializer, InstantiateModule, RuntimeCallbackIndex, RuntimeInstanceIndex,
    RuntimeMemoryIndex, RuntimePostReturnIndex, Trampoline, UnsafeIntrinsic, dfg,
};
use wasmtime_environ::fact::{Import, Module};
use wasmtime_environ::{
    EngineOrModuleTypeIndex, EntityIndex, EntityRef, EntityType, ModuleEnvironment, ModuleTranslation,
    StaticModuleIndex, Tunables,
};

/// The products of the front end, and what it made them with.
pub(in crate::decode) struct FrontEnd<'f, 'a> {
    pub input: &'a [u8],
    pub tunables: &'f Tunables,
    pub validator: &'f mut Validator,
    pub types: &'f mut ComponentTypesBuilder,
    pub arena: &'a Arena,
    pub translation: &'f mut ComponentTranslation,
    pub modules: &'f mut Modules<'a>,
}

/// The imports of a module of adapters.
struct Imports {
    /// The imports of the front end's module.
    old: Vec<Import>,
    /// The imports of the module that takes its place.
    new: Vec<Import>,
}

impl<'a> FrontEnd<'_, 'a> {
    /// Makes each module of adapters anew. They follow the modules of the input.
    pub(super) fn rebuild(&mut self, modules_of_input: usize, adapters: &[Adapter]) -> Result<()> {
        let initializers = self.translation.component.initializers.iter_mut().enumerate();
        let instances = initializers.filter_map(|(position, item)| Some((position, instantiated(item)?.0)));
        let of_adapters = |(_, (_, module)): &(_, (_, StaticModuleIndex))| module.index() >= modules_of_input;
        let instances: Vec<_> = (0..).zip(instances).filter(of_adapters).collect();
        let mut moved = HashMap::new();
        for (instance, (position, module)) in instances {
            let before = self.rebuild_module(position, module, adapters)?;
            let instance = RuntimeInstanceIndex::from_u32(instance);
            moved.extend(moves(&before, &self.modules[module]).map(|(old, new)| ((instance, old), new)));
        }
        references::each(&mut self.translation.component, |def| {
            if let CoreDef::Export(CoreExport { instance, item: ExportItem::Index(item) }) = def
                && let Some(new) = moved.get(&(*instance, *item))
            {
                *item = *new;
            }
        });
        Ok(())
    }

    /// Makes the module of adapters anew that the initializer at a position instantiates; the old one is returned.
    fn rebuild_module(
        &mut self,
        position: usize,
        module: StaticModuleIndex,
        adapters: &[Adapter],
    ) -> Result<ModuleTranslation<'a>> {
        let (imports, translation) = self.adapter_module(module, adapters)?;
        let initializer = &mut self.translation.component.initializers[position];
        let old = instantiated(initializer).map(|(_, arguments)| std::mem::take(arguments)).unwrap_or_default();
        let new = self.arguments(&translation, &imports, &old)?;
        if let Some((_, arguments)) = instantiated(&mut self.translation.component.initializers[position]) {
            *arguments = new;
        }
        Ok(std::mem::replace(&mut self.modules[module], translation))
    }

    /// Makes a module of adapters as the front end did, to know what its imports stand for, and then without ancestors.
    fn adapter_module(
        &mut self,
        index: StaticModuleIndex,
        adapters: &[Adapter],
    ) -> Result<(Imports, ModuleTranslation<'a>)> {
        let features = *self.validator.features();
        let mut old = Module::new(self.types, self.tunables, features);
        let mut new = Module::new(self.types, self.tunables, features);
        for name in adapter_names(&self.modules[index]) {
            let adapter = adapters.get(number_of(name)?).ok_or_else(|| defect("an adapter is missing"))?;
            old.adapt(name, adapter);
            new.adapt(name, &without_ancestors(adapter));
        }
        let (old_wasm, new_wasm) = (old.encode(), new.encode());
        let imports = Imports { old: old.imports().to_vec(), new: new.imports().to_vec() };
        let again = self.translate(index, old_wasm)?;
        match import_names(&again).eq(import_names(&self.modules[index])) {
            true => Ok((imports, self.translate(index, new_wasm)?)),
            false => Err(defect("adapters have other imports than before")),
        }
    }

    fn translate(&mut self, index: StaticModuleIndex, wasm: Vec<u8>) -> Result<ModuleTranslation<'a>> {
        self.validator.reset();
        let types = self.types.module_types_builder_mut();
        ModuleEnvironment::new(self.tunables, self.validator, types, index)
            .translate(Parser::new(0), self.arena.modules.push(wasm))
            .map_err(|error| defect(&format!("a module of adapters: {error:#}")))
    }

    /// The arguments of a new module of adapters, from those of the old one.
    fn arguments(
        &mut self,
        module: &ModuleTranslation<'_>,
        imports: &Imports,
        old: &[CoreDef],
    ) -> Result<Box<[CoreDef]>> {
        let known = known_imports(&imports.old, old)?;
        let known =
            |def: &dfg::CoreDef| known.get(def).copied().ok_or_else(|| defect("an adapter imports something else"));
        let types = module.module.imports().map(|(_, _, ty)| ty);
        let argument = |(import, ty): (&Import, EntityType)| match import {
            // The front end's adapter may have trapped before it asked.
            Import::CoreDef(dfg::CoreDef::TaskMayBlock) => Ok(CoreDef::TaskMayBlock),
            Import::CoreDef(def) => known(def).cloned(),
            Import::Transcode { op, from, from64, to, to64 } => {
                let (from, to) = (self.memory(known(from)?)?, self.memory(known(to)?)?);
                self.trampoline(ty, Trampoline::Transcoder { op: *op, from, from64: *from64, to, to64: *to64 })
            }
            Import::ResourceTransferOwn => self.trampoline(ty, Trampoline::ResourceTransferOwn),
            Import::ResourceTransferBorrow => self.trampoline(ty, Trampoline::ResourceTransferBorrow),
            Import::Trap => self.trampoline(ty, Trampoline::Trap),
            Import::EnterSyncCall => self.trampoline(ty, Trampoline::EnterSyncCall),
            Import::ExitSyncCall => self.trampoline(ty, Trampoline::ExitSyncCall),
            Import::StreamTransfer => self.trampoline(ty, Trampoline::StreamTransfer),
            Import::FutureTransfer => self.trampoline(ty, Trampoline::FutureTransfer),
            Import::PrepareCall { memory } => {
                let memory = memory.as_ref().map(|memory| self.memory(known(memory)?)).transpose()?;
                self.trampoline(ty, Trampoline::PrepareCall { memory })
            }
            Import::SyncStartCall { callback } => {
                let callback = callback.as_ref().map(|def| Ok(self.callback(known(def)?))).transpose()?;
                self.trampoline(ty, Trampoline::SyncStartCall { callback })
            }
            Import::AsyncStartCall { callback, post_return } => {
                let callback = callback.as_ref().map(|def| Ok(self.callback(known(def)?))).transpose()?;
                let post_return = post_return.as_ref().map(|def| Ok(self.post_return(known(def)?))).transpose()?;
                self.trampoline(ty, Trampoline::AsyncStartCall { callback, post_return })
            }
            Import::UnsafeIntrinsic(intrinsic) => self.intrinsic(ty, *intrinsic),
            // An import of adapters for a proposal that isn't compiled.
            Import::ErrorContextTransfer => Err(defect("an adapter imports something new")),
        };
        imports.new.iter().zip(types).map(argument).collect()
    }

    /// The number of a memory for trampolines.
    fn memory(&mut self, def: &CoreDef) -> Result<RuntimeMemoryIndex> {
        let CoreDef::Export(CoreExport { instance, item: ExportItem::Index(EntityIndex::Memory(memory)) }) = def else {
            return Err(defect("an adapter reads what is no memory"));
        };
        let export = CoreExport { instance: *instance, item: ExportItem::Index(*memory) };
        let component = &mut self.translation.component;
        // `task.return` and its call are compared by the numbers of their memories.
        let same = component.initializers.iter().find_map(|initializer| match initializer {
            GlobalInitializer::ExtractMemory(memory) if memory.export == export => Some(memory.index),
            _ => None,
        });
        Ok(same.unwrap_or_else(|| {
            let index = RuntimeMemoryIndex::from_u32(component.num_runtime_memories);
            component.num_runtime_memories += 1;
            component.initializers.push(GlobalInitializer::ExtractMemory(ExtractMemory { index, export }));
            index
        }))
    }

    /// The number of a callback for trampolines.
    fn callback(&mut self, def: &CoreDef) -> RuntimeCallbackIndex {
        let component = &mut self.translation.component;
        let index = RuntimeCallbackIndex::from_u32(component.num_runtime_callbacks);
        component.num_runtime_callbacks += 1;
        let def = def.clone();
        component.initializers.push(GlobalInitializer::ExtractCallback(ExtractCallback { index, def }));
        index
    }

    /// The number of a post-return function for trampolines.
    fn post_return(&mut self, def: &CoreDef) -> RuntimePostReturnIndex {
        let component = &mut self.translation.component;
        let index = RuntimePostReturnIndex::from_u32(component.num_runtime_post_returns);
        component.num_runtime_post_returns += 1;
        let def = def.clone();
        component.initializers.push(GlobalInitializer::ExtractPostReturn(ExtractPostReturn { index, def }));
        index
    }

    /// A function that adapters call around guest code, whose type the component has to have.
    fn intrinsic(&mut self, ty: EntityType, intrinsic: UnsafeIntrinsic) -> Result<CoreDef> {
        let EntityType::Function(EngineOrModuleTypeIndex::Module(ty)) = ty else {
            return Err(defect("an adapter calls what is no function"));
        };
        self.translation.component.unsafe_intrinsics[intrinsic.index() as usize] = Some(ty).into();
        Ok(CoreDef::UnsafeIntrinsic(intrinsic))
    }

    fn trampoline(&mut self, ty: EntityType, trampoline: Trampoline) -> Result<CoreDef> {
        let EntityType::Function(EngineOrModuleTypeIndex::Module(ty)) = ty else {
            return Err(defect("an adapter calls what is no function"));
        };
        self.translation.component.trampolines.push(ty);
        Ok(CoreDef::Trampoline(self.translation.trampolines.push(trampoline)))
    }
}

/// The module that an initializer instantiates, and the arguments.
fn instantiated(initializer: &mut GlobalInitializer) -> Option<(StaticModuleIndex, &mut Box<[CoreDef]>)> {
    match initializer {
        GlobalInitializer::InstantiateModule(InstantiateModule::Static(module, arguments), _) => {
            Some((*module, arguments))
        }
        _ => None,
    }
}

/// The names of the adapters in a module, in their order: they are its exports, besides functions that pass values of asynchronous
/// calls.
fn adapter_names<'m>(module: &'m ModuleTranslation<'_>) -> impl Iterator<Item = &'m str> {
    let names = module.module.exports.keys().map(|name| &module.module.strings[name]);
    names.filter(|name| !name.starts_with('['))
}

/// The number of an adapter in a name of [`adapter_names`].
fn number_of(name: &str) -> Result<usize> {
    name.strip_prefix("adapter")
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| defect("an adapter without a number"))
}

/// The arguments for the imports that an adapter is asked for with.
fn known_imports<'i>(
    imports: &'i [Import],
    arguments: &'i [CoreDef],
) -> Result<HashMap<&'i dfg::CoreDef, &'i CoreDef>> {
    let mut known = HashMap::new();
    for (import, argument) in imports.iter().zip(arguments) {
        if let Import::CoreDef(def) = import {
            if !agree(def, argument) {
                return Err(defect("an adapter was given something else"));
            }
            known.insert(def, argument);
        }
    }
    Ok(known)
}

/// True if these can be the same thing, as far as it can be seen before and after the front end has numbered instances.
fn agree(def: &dfg::CoreDef, argument: &CoreDef) -> bool {
    match (def, argument) {
        (dfg::CoreDef::Export(def), CoreDef::Export(argument)) => def.item == argument.item,
        (dfg::CoreDef::InstanceFlags(def), CoreDef::InstanceFlags(argument)) => def == argument,
        (dfg::CoreDef::UnsafeIntrinsic(_, def), CoreDef::UnsafeIntrinsic(argument)) => def == argument,
        (dfg::CoreDef::TaskMayBlock, CoreDef::TaskMayBlock) => true,
        (dfg::CoreDef::Adapter(_), CoreDef::Export(_)) | (dfg::CoreDef::Trampoline(_), CoreDef::Trampoline(_)) => true,
        _ => false,
    }
}

/// The places of the exported functions in a module and in the one that takes its place: it has other imports.
fn moves(old: &ModuleTranslation<'_>, new: &ModuleTranslation<'_>) -> impl Iterator<Item = (EntityIndex, EntityIndex)> {
    adapters_of(old).zip(adapters_of(new))
}

/// The adapters in a module, in their order.
fn adapters_of(module: &ModuleTranslation<'_>) -> impl Iterator<Item = EntityIndex> {
    let place = |name| module.module.strings.get_atom(name).and_then(|name| module.module.exports.get(&name)).copied();
    adapter_names(module).filter_map(place)
}

fn import_names<'m>(module: &'m ModuleTranslation<'_>) -> impl Iterator<Item = (&'m str, &'m str)> {
    module.module.imports().map(|(module, name, _)| (module, name))
}

fn without_ancestors(adapter: &Adapter) -> Adapter {
    let mut adapter = adapter.clone();
    adapter.lift_options.ancestors.clear();
    adapter.lower_options.ancestors.clear();
    adapter
}

fn defect(message: &str) -> Error {
    Error::defect(Stage::Decode, message)
}
