//! The instances of core modules, with what satisfies their imports.

use super::constant::evaluate;
use super::host_imports::{self, HostImport};
use super::resolver::{Definition, Resolver};
use crate::decode::{Component, ConstExpr, CoreDef, CoreInstance, Entity, Import, Module, ModuleIndex, TypeId};
use crate::error::{Error, Result, Stage};
use crate::plan::host_names::HostName;
use crate::plan::program::is_written_out;
use crate::plan::program::{
    Computation, ConstValue, FuncKind, GroupId, GroupPlan, InstanceId, InstancePlan, MemoryId, OptionsPlan, TagPlan,
};
use crate::plan::resolved::{FuncDef, GlobalDef, Initial, MemoryDef, Resolved, TableDef};
use cranelift_entity::{EntityRef, PrimaryMap};

impl Resolver<'_, '_> {
    /// A core module as the only instance; the host satisfies its imports.
    pub fn only_module(&mut self) -> Result<()> {
        let module = ModuleIndex::new(0);
        let imports = self.host_arguments(module)?;
        self.instantiate(module, imports, 0)?;
        self.resolve_host_memory(module);
        self.group_those_without_memory();
        Ok(())
    }

    /// The instances of a component, or of modules that import only from each other.
    pub fn instances(&mut self, component: &Component) -> Result<()> {
        if let Some(module) = component.imported_modules.first() {
            let message = format!("the component instantiates the core module that it imports as {module}");
            return Err(Error::input(
                Stage::Plan,
                message,
                "give the component that exports the core module with --link, or compose them with --wac",
            ));
        }
        for instance in &component.instances {
            let arguments = instance.arguments.iter().map(|argument| self.argument(instance, argument));
            let definitions = arguments.collect::<Result<Vec<_>>>()?;
            let start = self.start_of(instance);
            self.instantiate(instance.module, definitions, start)?;
        }
        self.group_those_without_memory();
        Ok(())
    }

    /// The item that satisfies an import of an instance.
    fn argument(&mut self, instance: &CoreInstance, argument: &CoreDef) -> Result<Definition> {
        let definition = self.definition(argument)?;
        if instance.component.is_none() { self.entering(definition) } else { Ok(definition) }
    }

    fn instantiate(&mut self, index: ModuleIndex, imports: Vec<Definition>, start: u32) -> Result<()> {
        self.resolved.starts.push(start);
        let module = &self.resolved.program.modules[index];
        let id = self.resolved.instances.next_key();
        let mut instance = new_instance(index, module);
        imports.into_iter().for_each(|import| add_import(&mut instance, import));
        define(&mut self.resolved, id, module, &mut instance);
        define_globals(&mut self.resolved, id, module, &mut instance)?;
        define_tables(&mut self.resolved, id, module, &mut instance)?;
        if let Some(memory) = instance.memories.values().next() {
            instance.group = self.group_of(*memory);
        }
        self.resolved.instances.push(instance);
        Ok(())
    }

    /// The group of the instances with this memory 0: one for each.
    fn group_of(&mut self, memory: MemoryId) -> GroupId {
        let groups = &mut self.resolved.groups;
        *self.groups.entry(memory).or_insert_with(|| groups.push(empty_group(Some(memory))))
    }

    /// Instances without a memory are in the first group, from which all distances are constants too.
    fn group_those_without_memory(&mut self) {
        if self.resolved.groups.is_empty() {
            self.resolved.groups.push(empty_group(None));
        }
    }

    /// The host's definitions for a core module: functions, and shared memories, which threads import as wasi-threads
    /// wants it.
    fn host_arguments(&mut self, module: ModuleIndex) -> Result<Vec<Definition>> {
        let module = &self.resolved.program.modules[module];
        let mut unknown = Vec::new();
        let mut definitions = Vec::new();
        for import in &module.imports {
            match self.host_argument(module, import)? {
                Ok(definition) => definitions.push(definition),
                Err(name) => unknown.push(name),
            }
        }
        if unknown.is_empty() { Ok(definitions) } else { Err(host_imports::unknown_imports(&unknown)) }
    }

    /// The host's definition for an import, or the name of what it doesn't have.
    fn host_argument(
        &mut self,
        module: &Module<'_>,
        import: &Import,
    ) -> Result<std::result::Result<Definition, String>> {
        let name = format!("{}::{}", import.module, import.name);
        let func = match import.entity {
            Entity::Func(func) => func,
            Entity::Memory(memory) if module.memories[memory].shared => {
                let memory = MemoryDef { ty: module.memories[memory], part: None, name };
                return Ok(Ok(Definition::Memory(self.resolved.memories.push(memory))));
            }
            _ => return Ok(Err(format!("{name}{}", host_imports::NO_FUNCTION))),
        };
        let ty = module.functions[func];
        match self.host_import(import, ty)? {
            HostImport::Unknown { name } if !self.options.stub_unknown_imports => Ok(Err(name)),
            host => {
                let kind = self.host_function(host, OptionsPlan::without_memory(0))?;
                Ok(Ok(Definition::Func(self.generate(kind, ty))))
            }
        }
    }

    /// The host function for an import; the runtime's, or the host program's.
    fn host_import(&self, import: &Import, ty: TypeId) -> Result<HostImport> {
        let name = HostName::of_module(&import.module, &import.name);
        let ty = self.resolved.program.types.func(ty);
        let host_imports = self.options.host_imports.as_ref();
        if host_imports.is_some_and(|imports| imports.modules.contains(&import.module)) {
            return Ok(HostImport::of_host_program(&name, ty));
        }
        Ok(match host_imports::core(&import.module, &import.name, ty)? {
            HostImport::Unknown { .. } if host_imports.is_some() && !self.options.stub_unknown_imports => {
                HostImport::of_host_program(&name, ty)
            }
            host => host,
        })
    }

    /// preview1 functions find their arguments in the memory that the module exports as `memory`.
    fn resolve_host_memory(&mut self, module: ModuleIndex) {
        let Some(Entity::Memory(memory)) = self.resolved.program.modules[module].export("memory") else {
            return;
        };
        let memory = self.resolved.instances[InstanceId::new(0)].memories[memory];
        for generated in &mut self.resolved.generated {
            if let FuncKind::Host { options, .. } = &mut generated.kind {
                options.memory = Some(memory);
            }
        }
    }
}

fn new_instance(index: ModuleIndex, module: &Module<'_>) -> InstancePlan<FuncDef> {
    InstancePlan {
        module: index,
        group: GroupId::new(0),
        functions: PrimaryMap::new(),
        tables: PrimaryMap::new(),
        memories: PrimaryMap::new(),
        globals: PrimaryMap::new(),
        tags: PrimaryMap::new(),
        data: module.data.values().map(|_| None).collect(),
        elements: module.elements.values().map(|_| None).collect(),
    }
}

fn add_import(instance: &mut InstancePlan<FuncDef>, import: Definition) {
    match import {
        Definition::Func(func) => _ = instance.functions.push(func),
        Definition::Table(table) => _ = instance.tables.push(table),
        Definition::Memory(memory) => _ = instance.memories.push(memory),
        Definition::Global(global) => _ = instance.globals.push(global),
        Definition::Tag(tag) => _ = instance.tags.push(tag),
    }
}

/// Defines the tags, functions and memories of an instance.
fn define(resolved: &mut Resolved<'_, '_>, id: InstanceId, module: &Module<'_>, instance: &mut InstancePlan<FuncDef>) {
    for (tag, ty) in module.tags.iter().skip(module.imported_tags) {
        instance.tags.push(resolved.tags.push(TagPlan { ty: *ty, name: module.display_tag(tag) }));
    }
    for func in module.functions.keys().skip(module.imported_functions) {
        instance.functions.push(FuncDef::Wasm(id, func));
    }
    let part = resolved.part_of(id);
    for (memory, ty) in module.memories.iter().skip(module.imported_memories) {
        let name = format!("{} of {id}", memory.index());
        instance.memories.push(resolved.memories.push(MemoryDef { ty: *ty, part, name }));
    }
}

/// Defines the globals of an instance, each of which may read earlier ones.
fn define_globals(
    resolved: &mut Resolved<'_, '_>,
    id: InstanceId,
    module: &Module<'_>,
    instance: &mut InstancePlan<FuncDef>,
) -> Result<()> {
    for (position, (_, ty)) in module.globals.iter().skip(module.imported_globals).enumerate() {
        let init = module.global_inits.get(position);
        let init = init.ok_or_else(|| Error::defect(Stage::Plan, "a global has no initial value"))?;
        let init = initial(resolved, id, instance, &init.init)?;
        instance.globals.push(resolved.globals.push(GlobalDef { ty: *ty, init, flags_of: None }));
    }
    Ok(())
}

/// Defines the tables of an instance, whose elements may be the values of globals.
fn define_tables(
    resolved: &mut Resolved<'_, '_>,
    id: InstanceId,
    module: &Module<'_>,
    instance: &mut InstancePlan<FuncDef>,
) -> Result<()> {
    for (position, (_, ty)) in module.tables.iter().skip(module.imported_tables).enumerate() {
        let init = match module.table_inits.get(position) {
            Some(Some(expr)) => first_elements(initial(resolved, id, instance, expr)?, ty.min, id, expr),
            _ => Initial::Constant(ConstValue::Null),
        };
        instance.tables.push(resolved.tables.push(TableDef { ty: *ty, init }));
    }
    Ok(())
}

/// The first elements of a table with `min` of them. Start-up fills a large table, so that neither the compiler's memory
/// nor the executable's size follows a number in the input.
fn first_elements(init: Initial, min: u64, instance: InstanceId, expr: &ConstExpr) -> Initial {
    match init {
        Initial::Constant(value) if value != ConstValue::Null && !is_written_out(min, 1) => {
            Initial::Computed(Computation { instance, expr: expr.clone() })
        }
        init => init,
    }
}

fn initial(
    resolved: &Resolved<'_, '_>,
    id: InstanceId,
    instance: &InstancePlan<FuncDef>,
    expr: &ConstExpr,
) -> Result<Initial> {
    Ok(match evaluate(expr, instance, &resolved.globals)? {
        Some(value) => Initial::Constant(value),
        None => Initial::Computed(Computation { instance: id, expr: expr.clone() }),
    })
}

fn empty_group(memory: Option<MemoryId>) -> GroupPlan {
    GroupPlan { memory, vmctx: 0, globals: Vec::new(), globals_bytes: 0 }
}
