//! Resolves imports: every index space of every instance to the items that define them.

use super::constant::{DraftValue, evaluate};
use super::host_imports::{self, HostImport};
use super::{Computation, GlobalId, InstanceId, MemoryId, PlanOptions, ResourceType, TableId, TagId, TagPlan};
use crate::decode::{self, Component, CoreDef, CoreInstance, Entity, ExportItem, FuncIndex, GlobalIndex, MemoryIndex};
use crate::decode::{
    ConstExpr, GlobalType, MemoryType, ModuleIndex, Program, Resource, TableIndex, TableType, TagIndex, Trampoline,
    TypeId,
};
use crate::error::{Error, Result, Stage};
use aot_abi::component::{self, Builtin};
use cranelift_entity::{EntityRef, PrimaryMap};
use std::collections::{BTreeSet, HashMap};

/// Where a function is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum FuncDef {
    /// By a module, in an instance of it.
    Wasm(InstanceId, FuncIndex),
    /// Generated: index in [`Draft::generated`].
    Generated(usize),
}

/// A generated function.
#[derive(Debug)]
pub(super) struct Generated {
    pub kind: GeneratedKind,
    pub ty: TypeId,
}

/// What a generated function does.
#[derive(Debug)]
pub(super) enum GeneratedKind {
    /// A trampoline to a host function.
    Host { symbol: String, options: DraftOptions },
    /// A trap that names a missing import.
    Missing { name: String },
    /// A trampoline to the runtime, with these constants behind the slab.
    Builtin { builtin: Builtin, constants: Vec<u64> },
    /// A trampoline to a transcoder.
    Transcode { builtin: Builtin, from: MemoryId, to: MemoryId },
    /// The drop of a resource that a component defines.
    Drop { number: u32, component_instance: u32, destructor: Option<FuncDef> },
    /// The trap of an adapter.
    AdapterTrap,
}

/// Canonical options, resolved.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct DraftOptions {
    pub memory: Option<MemoryId>,
    pub realloc: Option<FuncDef>,
    pub component_instance: u32,
    pub string_encoding: u32,
}

/// An instance with resolved index spaces.
#[derive(Debug)]
pub(super) struct DraftInstance {
    pub module: ModuleIndex,
    pub functions: PrimaryMap<FuncIndex, FuncDef>,
    pub tables: PrimaryMap<TableIndex, TableId>,
    pub memories: PrimaryMap<MemoryIndex, MemoryId>,
    pub globals: PrimaryMap<GlobalIndex, GlobalId>,
    pub tags: PrimaryMap<TagIndex, TagId>,
}

/// A table before its place is known.
#[derive(Debug)]
pub(super) struct DraftTable {
    pub ty: TableType,
    /// The value of its elements at start.
    pub init: DraftValue,
    /// What makes it, where it is [`DraftValue::Computed`].
    pub source: Option<Computation>,
}

/// A memory before its place is known.
#[derive(Debug)]
pub(super) struct DraftMemory {
    pub ty: MemoryType,
    pub name: String,
}

/// A global before its place is known.
#[derive(Debug)]
pub(super) struct DraftGlobal {
    pub ty: GlobalType,
    pub init: DraftValue,
    /// What makes it, where it is [`DraftValue::Computed`].
    pub source: Option<Computation>,
    /// Set where it stands for the flags of a component instance.
    pub flags_of: Option<u32>,
}

/// The program with all imports resolved.
#[derive(Debug)]
pub(super) struct Draft<'p, 'a> {
    pub program: &'p Program<'a>,
    pub instances: PrimaryMap<InstanceId, DraftInstance>,
    pub tables: PrimaryMap<TableId, DraftTable>,
    pub memories: PrimaryMap<MemoryId, DraftMemory>,
    pub globals: PrimaryMap<GlobalId, DraftGlobal>,
    pub tags: PrimaryMap<TagId, TagPlan>,
    pub generated: Vec<Generated>,
    /// Interfaces that this version lacks, whole or in part.
    pub missing_interfaces: BTreeSet<String>,
    trampolines: HashMap<decode::TrampolineIndex, FuncDef>,
    flags: HashMap<u32, GlobalId>,
}

/// An item that satisfies an import.
#[derive(Clone, Copy, Debug)]
pub(super) enum Definition {
    Func(FuncDef),
    Table(TableId),
    Memory(MemoryId),
    Global(GlobalId),
    Tag(TagId),
}

impl<'p, 'a> Draft<'p, 'a> {
    fn new(program: &'p Program<'a>) -> Self {
        Self {
            program,
            instances: PrimaryMap::new(),
            tables: PrimaryMap::new(),
            memories: PrimaryMap::new(),
            globals: PrimaryMap::new(),
            tags: PrimaryMap::new(),
            generated: Vec::new(),
            missing_interfaces: BTreeSet::new(),
            trampolines: HashMap::new(),
            flags: HashMap::new(),
        }
    }

    /// A core module as the only instance, its imports the host's.
    pub fn of_module(program: &'p Program<'a>, options: &PlanOptions) -> Result<Self> {
        let mut draft = Self::new(program);
        let module = ModuleIndex::new(0);
        let imports = draft.host_arguments(module, options)?;
        draft.instantiate(module, imports)?;
        draft.resolve_host_memory(module);
        Ok(draft)
    }

    /// The instances of a component, or of a script whose modules import only from each other.
    pub fn of_instances(program: &'p Program<'a>, component: &Component, options: &PlanOptions) -> Result<Self> {
        if let Some(module) = component.imported_modules.first() {
            let message = format!("the component instantiates the core module that it imports as {module}");
            return Err(Error::input(
                Stage::Plan,
                message,
                "give the component that exports the core module with --link, or compose them with --wac",
            ));
        }
        let mut draft = Self::new(program);
        for CoreInstance { module, arguments } in &component.instances {
            let definitions = arguments
                .iter()
                .map(|argument| draft.definition(component, argument, options))
                .collect::<Result<Vec<_>>>()?;
            draft.instantiate(*module, definitions)?;
        }
        Ok(draft)
    }

    /// The function that a core definition names.
    pub fn function(&mut self, component: &Component, def: &CoreDef, options: &PlanOptions) -> Result<FuncDef> {
        match self.definition(component, def, options)? {
            Definition::Func(func) => Ok(func),
            _ => Err(internal("a core definition isn't the function that it should be")),
        }
    }

    fn instantiate(&mut self, index: ModuleIndex, imports: Vec<Definition>) -> Result<InstanceId> {
        let module = &self.program.modules[index];
        let id = self.instances.next_key();
        let mut instance = DraftInstance {
            module: index,
            functions: PrimaryMap::new(),
            tables: PrimaryMap::new(),
            memories: PrimaryMap::new(),
            globals: PrimaryMap::new(),
            tags: PrimaryMap::new(),
        };
        for definition in imports {
            match definition {
                Definition::Func(func) => drop(instance.functions.push(func)),
                Definition::Table(table) => drop(instance.tables.push(table)),
                Definition::Memory(memory) => drop(instance.memories.push(memory)),
                Definition::Global(global) => drop(instance.globals.push(global)),
                Definition::Tag(tag) => drop(instance.tags.push(tag)),
            }
        }
        for (tag, ty) in module.tags.iter().skip(module.imported_tags) {
            instance.tags.push(self.tags.push(TagPlan { ty: *ty, name: module.display_tag(tag) }));
        }
        for func in module.functions.keys().skip(module.imported_functions) {
            instance.functions.push(FuncDef::Wasm(id, func));
        }
        for (memory, ty) in module.memories.iter().skip(module.imported_memories) {
            let name = format!("{} of {id}", memory.index());
            instance.memories.push(self.memories.push(DraftMemory { ty: *ty, name }));
        }
        self.define_globals(index, id, &mut instance)?;
        for (position, (_, ty)) in module.tables.iter().skip(module.imported_tables).enumerate() {
            let init = match module.table_inits.get(position) {
                Some(Some(expr)) => evaluate(expr, &instance, &self.globals)?,
                _ => DraftValue::Null,
            };
            let expr = module.table_inits.get(position).and_then(Option::as_ref);
            let source = expr.and_then(|expr| Computation::of(init, id, expr));
            instance.tables.push(self.tables.push(DraftTable { ty: *ty, init, source }));
        }
        Ok(self.instances.push(instance))
    }

    fn define_globals(&mut self, module: ModuleIndex, id: InstanceId, instance: &mut DraftInstance) -> Result<()> {
        let module = &self.program.modules[module];
        for (position, (_, ty)) in module.globals.iter().skip(module.imported_globals).enumerate() {
            let init = module.global_inits.get(position).ok_or_else(|| internal("a global has no initial value"))?;
            let expr = &init.init;
            let init = evaluate(expr, instance, &self.globals)?;
            let source = Computation::of(init, id, expr);
            instance.globals.push(self.globals.push(DraftGlobal { ty: *ty, init, source, flags_of: None }));
        }
        Ok(())
    }

    fn definition(&mut self, component: &Component, def: &CoreDef, options: &PlanOptions) -> Result<Definition> {
        match def {
            CoreDef::Export { instance, item } => self.export(*instance, item),
            CoreDef::Trampoline(index) => Ok(Definition::Func(self.trampoline(component, *index, options)?)),
            CoreDef::InstanceFlags(instance) => Ok(Definition::Global(self.instance_flags(*instance))),
        }
    }

    fn export(&self, instance: usize, item: &ExportItem) -> Result<Definition> {
        let instance = self
            .instances
            .get(InstanceId::new(instance))
            .ok_or_else(|| internal("an instance is used before it is made"))?;
        let entity = match item {
            ExportItem::Index(entity) => *entity,
            ExportItem::Name(name) => self.program.modules[instance.module]
                .export(name)
                .ok_or_else(|| Error::defect(Stage::Plan, format!("no export is named {name:?}")))?,
        };
        Ok(match entity {
            Entity::Func(func) => Definition::Func(instance.functions[func]),
            Entity::Table(table) => Definition::Table(instance.tables[table]),
            Entity::Memory(memory) => Definition::Memory(instance.memories[memory]),
            Entity::Global(global) => Definition::Global(instance.globals[global]),
            Entity::Tag(tag) => Definition::Tag(instance.tags[tag]),
        })
    }

    fn instance_flags(&mut self, instance: u32) -> GlobalId {
        let globals = &mut self.globals;
        *self.flags.entry(instance).or_insert_with(|| {
            let ty = GlobalType { value: decode::ValType::I32, mutable: true };
            globals.push(DraftGlobal { ty, init: DraftValue::I32(0), source: None, flags_of: Some(instance) })
        })
    }

    fn trampoline(
        &mut self,
        component: &Component,
        index: decode::TrampolineIndex,
        options: &PlanOptions,
    ) -> Result<FuncDef> {
        if let Some(def) = self.trampolines.get(&index) {
            return Ok(*def);
        }
        let (trampoline, ty) = &component.trampolines[index];
        let kind = match trampoline {
            Trampoline::LowerImport { interface, function, ty, options: canonical } => {
                let import = host_imports::lowered(interface, function, ty, &component.types)?;
                let draft_options = self.options(component, canonical, options)?;
                self.host_function(import, draft_options, options)?
            }
            Trampoline::ResourceDrop { resource: Resource::Defined(resource), instance } => {
                let defined = &component.resources[*resource as usize];
                let destructor = match &defined.destructor {
                    Some(destructor) => Some(self.function(component, destructor, options)?),
                    None => None,
                };
                let number = defined_number(*resource);
                GeneratedKind::Drop { number, component_instance: *instance, destructor }
            }
            Trampoline::ResourceNew { resource, instance } => {
                resource_builtin(component::RESOURCE_NEW, *resource, *instance)
            }
            Trampoline::ResourceRep { resource, instance } => {
                resource_builtin(component::RESOURCE_REP, *resource, *instance)
            }
            Trampoline::ResourceTransferOwn => plain_builtin(component::RESOURCE_TRANSFER_OWN),
            Trampoline::ResourceTransferBorrow => plain_builtin(component::RESOURCE_TRANSFER_BORROW),
            Trampoline::EnterCall => plain_builtin(component::ENTER_CALL),
            Trampoline::ExitCall => plain_builtin(component::EXIT_CALL),
            Trampoline::Transcode { builtin, from, to } => GeneratedKind::Transcode {
                builtin: *builtin,
                from: self.memory(component, *from, options)?,
                to: self.memory(component, *to, options)?,
            },
            Trampoline::Trap => GeneratedKind::AdapterTrap,
            Trampoline::ResourceDrop { resource, instance } => {
                let draft_options = DraftOptions {
                    memory: None,
                    realloc: None,
                    component_instance: *instance,
                    string_encoding: aot_abi::host::STRING_UTF8,
                };
                self.host_function(host_imports::resource_drop(resource)?, draft_options, options)?
            }
            Trampoline::Unsupported(name) => {
                return Err(Error::input(
                    Stage::Plan,
                    format!("the component needs {name}"),
                    "this version of aot doesn't compile that part of the component model; build the component without it",
                ));
            }
        };
        let def = self.generate(kind, *ty);
        self.trampolines.insert(index, def);
        Ok(def)
    }

    fn host_function(
        &mut self,
        import: HostImport,
        canonical: DraftOptions,
        options: &PlanOptions,
    ) -> Result<GeneratedKind> {
        Ok(match import {
            HostImport::Known { symbol } => GeneratedKind::Host { symbol, options: canonical },
            HostImport::Missing { interface, name } => {
                self.missing_interfaces.insert(interface);
                GeneratedKind::Missing { name }
            }
            HostImport::Unknown { name } if options.stub_unknown_imports => GeneratedKind::Missing { name },
            HostImport::Unknown { name } => return Err(host_imports::unknown_import(&name)),
        })
    }

    /// Canonical options, resolved.
    pub fn options(
        &mut self,
        component: &Component,
        canonical: &decode::Options,
        options: &PlanOptions,
    ) -> Result<DraftOptions> {
        let memory = match canonical.memory {
            Some(index) => Some(self.memory(component, index, options)?),
            None => None,
        };
        let realloc = match canonical.realloc {
            Some(index) => Some(self.function(component, &component.reallocs[index], options)?),
            None => None,
        };
        Ok(DraftOptions {
            memory,
            realloc,
            component_instance: canonical.instance,
            string_encoding: canonical.string_encoding,
        })
    }

    fn memory(&mut self, component: &Component, index: usize, options: &PlanOptions) -> Result<MemoryId> {
        match self.definition(component, &component.memories[index], options)? {
            Definition::Memory(memory) => Ok(memory),
            _ => Err(internal("a canonical option's memory isn't one")),
        }
    }

    fn generate(&mut self, kind: GeneratedKind, ty: TypeId) -> FuncDef {
        self.generated.push(Generated { kind, ty });
        FuncDef::Generated(self.generated.len() - 1)
    }

    /// What the host gives to a core module: functions, and shared memories, which threads import as wasi-threads wants it.
    fn host_arguments(&mut self, module: ModuleIndex, options: &PlanOptions) -> Result<Vec<Definition>> {
        let module = &self.program.modules[module];
        let mut unknown = Vec::new();
        let mut definitions = Vec::new();
        for import in &module.imports {
            if let Entity::Memory(memory) = import.entity
                && module.memories[memory].shared
            {
                let (ty, name) = (module.memories[memory], format!("{}::{}", import.module, import.name));
                definitions.push(Definition::Memory(self.memories.push(DraftMemory { ty, name })));
                continue;
            }
            let Entity::Func(func) = import.entity else {
                unknown.push(format!("{}::{} (not a function)", import.module, import.name));
                continue;
            };
            let ty = module.functions[func];
            let host = host_imports::core(&import.module, &import.name, self.program.types.func(ty))?;
            if let HostImport::Unknown { name } = &host
                && !options.stub_unknown_imports
            {
                unknown.push(name.clone());
                continue;
            }
            let canonical = DraftOptions {
                memory: None,
                realloc: None,
                component_instance: 0,
                string_encoding: aot_abi::host::STRING_UTF8,
            };
            let kind = self.host_function(host, canonical, options)?;
            definitions.push(Definition::Func(self.generate(kind, ty)));
        }
        if unknown.is_empty() { Ok(definitions) } else { Err(host_imports::unknown_imports(&unknown)) }
    }

    /// preview1 functions find their arguments in the memory that the module exports as `memory`.
    fn resolve_host_memory(&mut self, module: ModuleIndex) {
        let Some(Entity::Memory(memory)) = self.program.modules[module].export("memory") else {
            return;
        };
        let memory = self.instances[InstanceId::new(0)].memories[memory];
        for generated in &mut self.generated {
            if let GeneratedKind::Host { options, .. } = &mut generated.kind {
                options.memory = Some(memory);
            }
        }
    }

    /// The type of a function.
    pub fn func_type(&self, def: FuncDef) -> TypeId {
        match def {
            FuncDef::Wasm(instance, func) => self.program.modules[self.instances[instance].module].functions[func],
            FuncDef::Generated(index) => self.generated[index].ty,
        }
    }
}

impl Computation {
    fn of(value: DraftValue, instance: InstanceId, expr: &ConstExpr) -> Option<Self> {
        (value == DraftValue::Computed).then(|| Self { instance, expr: expr.clone() })
    }
}

/// The number of a resource type that a component defines.
fn defined_number(resource: u32) -> u32 {
    aot_abi::wasi::RESOURCE_NUMBER_END + resource
}

fn resource_builtin(builtin: Builtin, resource: u32, component_instance: u32) -> GeneratedKind {
    let constants = vec![u64::from(component_instance), u64::from(defined_number(resource))];
    GeneratedKind::Builtin { builtin, constants }
}

fn plain_builtin(builtin: Builtin) -> GeneratedKind {
    GeneratedKind::Builtin { builtin, constants: Vec::new() }
}

/// The number of a resource type and who defines it; number 0 for one that this version lacks, or that no value has.
pub(super) fn resource_type(component: &Component, resource: &Resource) -> ResourceType {
    match resource {
        Resource::Imported { interface, name } => {
            ResourceType { number: host_imports::resource_number(interface, name), home: component::OF_THE_HOST }
        }
        Resource::Defined(resource) => match component.resources.get(*resource as usize) {
            Some(defined) => ResourceType { number: defined_number(*resource), home: defined.instance },
            None => ResourceType { number: 0, home: component::OF_THE_HOST },
        },
    }
}

/// The resource types in the hands of component instances, as the runtime reads them.
pub(super) fn resource_tables(component: &Component) -> Vec<component::ResourceTable> {
    let table = |table: &decode::ResourceTable| {
        let ResourceType { number, home } = resource_type(component, &table.resource);
        component::ResourceTable { component_instance: table.instance, number, home }
    };
    component.resource_tables.iter().map(table).collect()
}

/// A contradiction between the front end's products: a defect of ours, not of the input.
pub(super) fn internal(message: &str) -> Error {
    Error::defect(Stage::Plan, format!("internal contradiction: {message}"))
}
