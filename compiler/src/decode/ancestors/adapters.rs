//! Makes the modules of adapters anew.

use super::frame::Modules;
use super::references;
use crate::decode::Arena;
use crate::error::{Error, Result, Stage};
use std::collections::HashMap;
use wasmparser::{Parser, Validator};
use wasmtime_environ::component::{
    Adapter, ComponentTranslation, ComponentTypesBuilder, CoreDef, CoreExport, ExportItem, ExtractMemory,
    GlobalInitializer, InstantiateModule, RuntimeInstanceIndex, RuntimeMemoryIndex, Trampoline, dfg,
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
            // Imports of adapters for proposals that aren't compiled.
            _ => Err(defect("an adapter imports something new")),
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
        let index = RuntimeMemoryIndex::from_u32(component.num_runtime_memories);
        component.num_runtime_memories += 1;
        component.initializers.push(GlobalInitializer::ExtractMemory(ExtractMemory { index, export }));
        Ok(index)
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

/// The names of the adapters in a module, in their order: they are its exports.
fn adapter_names<'m>(module: &'m ModuleTranslation<'_>) -> impl Iterator<Item = &'m str> {
    module.module.exports.keys().map(|name| &module.module.strings[name])
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
        (dfg::CoreDef::Adapter(_), CoreDef::Export(_)) | (dfg::CoreDef::Trampoline(_), CoreDef::Trampoline(_)) => true,
        _ => false,
    }
}

/// The places of the exported functions in a module and in the one that takes its place: it has other imports.
fn moves(old: &ModuleTranslation<'_>, new: &ModuleTranslation<'_>) -> impl Iterator<Item = (EntityIndex, EntityIndex)> {
    old.module.exports.values().copied().zip(new.module.exports.values().copied())
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
