//! An instantiation that is going on: its index spaces.

use super::definitions::Definition;
use super::items::{Func, Item, Items};
use std::collections::HashMap;
use wasmparser::component_types::ComponentInstanceTypeId;
use wasmparser::{CanonicalOption, Export, ExternalKind};
use wasmtime_environ::component::{
    AdapterOptions, DataModel, ExportItem, ResourcesBuilder, RuntimeComponentInstanceIndex, StringEncoding, dfg,
};
use wasmtime_environ::{
    EntityIndex, Memory, MemoryIndex, ModuleInternedTypeIndex, ModuleTranslation, PrimaryMap, StaticModuleIndex,
};

/// The core modules of the input.
pub(super) type Modules<'a> = PrimaryMap<StaticModuleIndex, ModuleTranslation<'a>>;

/// A memory that canonical options name, and its type.
pub(super) type NamedMemory = (dfg::CoreExport<MemoryIndex>, Memory);

/// An instantiation that is going on.
pub(super) struct Frame<'d> {
    pub definition: &'d Definition<'d>,
    /// The index of the next step.
    pub next: usize,
    pub instance: RuntimeComponentInstanceIndex,
    /// The index of its scope.
    pub scope: usize,
    /// `None` for the root.
    pub given: Option<Given>,
    pub exports: HashMap<String, Item>,
    pub funcs: Vec<Func>,
    pub instances: Vec<Items>,
    pub core_funcs: Vec<dfg::CoreDef>,
    pub memories: Vec<NamedMemory>,
    pub core_instances: Vec<CoreInstance<'d>>,
    /// The resource types that were known before.
    pub resources: ResourcesBuilder,
}

/// The arguments of an instantiation, and its type, from the one around it.
pub(super) struct Given {
    /// The items for its imports.
    pub arguments: HashMap<String, Item>,
    /// The type that the instance has there.
    pub ty: ComponentInstanceTypeId,
}

/// A core instance in its index space.
pub(super) enum CoreInstance<'d> {
    Module(dfg::InstanceId, StaticModuleIndex),
    Items(HashMap<&'d str, (ExternalKind, u32)>),
}

impl<'d> CoreInstance<'d> {
    /// An instance of the items that are exported like this.
    pub fn of_items(exports: &[Export<'d>]) -> Self {
        Self::Items(exports.iter().map(|export| (export.name, (export.kind, export.index))).collect())
    }
}

impl<'d> Frame<'d> {
    /// An instantiation at its first step.
    pub fn new(
        definition: &'d Definition<'d>,
        instance: RuntimeComponentInstanceIndex,
        scope: usize,
        given: Option<Given>,
        resources: ResourcesBuilder,
    ) -> Self {
        Self {
            definition,
            next: 0,
            instance,
            scope,
            given,
            exports: HashMap::new(),
            funcs: Vec::new(),
            instances: Vec::new(),
            core_funcs: Vec::new(),
            memories: Vec::new(),
            core_instances: Vec::new(),
            resources,
        }
    }

    /// Canonical options as an adapter is made from them, for a core function of this type.
    pub fn options(
        &self,
        options: &[CanonicalOption],
        core_type: ModuleInternedTypeIndex,
        ancestors: Vec<RuntimeComponentInstanceIndex>,
    ) -> Option<AdapterOptions> {
        let (mut memory, mut realloc, mut post_return) = (None, None, None);
        let (mut callback, mut is_async) = (None, false);
        let mut string_encoding = StringEncoding::Utf8;
        let func = |index: u32| self.core_funcs.get(index as usize).cloned();
        for option in options {
            match *option {
                CanonicalOption::UTF8 => string_encoding = StringEncoding::Utf8,
                CanonicalOption::UTF16 => string_encoding = StringEncoding::Utf16,
                CanonicalOption::CompactUTF16 => string_encoding = StringEncoding::CompactUtf16,
                CanonicalOption::Memory(index) => memory = Some(self.memories.get(index as usize)?.clone()),
                CanonicalOption::Realloc(index) => realloc = Some(func(index)?),
                CanonicalOption::PostReturn(index) => post_return = Some(func(index)?),
                CanonicalOption::Async => is_async = true,
                CanonicalOption::Callback(index) => callback = Some(func(index)?),
                CanonicalOption::CoreType(_) => {}
                // An option of a proposal that isn't compiled.
                CanonicalOption::Gc => return None,
            }
        }
        Some(AdapterOptions {
            instance: self.instance,
            ancestors,
            string_encoding,
            callback,
            post_return,
            async_: is_async,
            cancellable: false,
            core_type,
            data_model: DataModel::LinearMemory { memory, realloc },
        })
    }

    /// Puts the function or memory that a core instance exports into its index space. Nothing else is kept.
    pub fn alias_core(&mut self, instance: u32, name: &str, modules: &Modules<'_>) -> Option<()> {
        match self.core_instances.get(instance as usize)? {
            CoreInstance::Module(instance, module) => {
                let module = &modules[*module].module;
                let entity = *module.exports.get(&module.strings.get_atom(name)?)?;
                let instance = *instance;
                match entity {
                    EntityIndex::Function(_) => {
                        let export = dfg::CoreExport { instance, item: ExportItem::Index(entity) };
                        self.core_funcs.push(export.into());
                    }
                    EntityIndex::Memory(index) => {
                        let export = dfg::CoreExport { instance, item: ExportItem::Index(index) };
                        self.memories.push((export, module.memories[index]));
                    }
                    _ => {}
                }
            }
            CoreInstance::Items(items) => match *items.get(name)? {
                (ExternalKind::Func | ExternalKind::FuncExact, index) => {
                    self.core_funcs.push(self.core_funcs.get(index as usize)?.clone());
                }
                (ExternalKind::Memory, index) => self.memories.push(self.memories.get(index as usize)?.clone()),
                _ => {}
            },
        }
        Some(())
    }
}
