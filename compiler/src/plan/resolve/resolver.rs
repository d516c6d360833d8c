//! The state of resolving: the program as far as it is resolved, and the functions that the component model makes.

use crate::decode::{
    Component, CoreDef, Entity, ExportItem, GlobalType, MEMORY64_HELP, Options, Program, TrampolineIndex, TypeId,
    ValType,
};
use crate::error::{Error, Result, Stage};
use crate::plan::options::PlanOptions;
use crate::plan::program::{
    ConstValue, FuncKind, GlobalId, GroupId, InstanceId, MemoryId, OptionsPlan, TableId, TagId,
};
use crate::plan::resolved::{FuncDef, Generated, GlobalDef, Initial, Resolved};
use cranelift_entity::{EntityRef, PrimaryMap};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// The definition of an item that satisfies an import.
#[derive(Clone, Copy, Debug)]
pub(super) enum Definition {
    Func(FuncDef),
    Table(TableId),
    Memory(MemoryId),
    Global(GlobalId),
    Tag(TagId),
}

/// The code of a generated function.
pub(super) type Kind = FuncKind<FuncDef, OptionsPlan<FuncDef>>;

/// A program that is being resolved.
pub(super) struct Resolver<'p, 'a> {
    pub resolved: Resolved<'p, 'a>,
    pub component: Option<&'p Component>,
    pub options: &'p PlanOptions,
    /// The trampolines that are used.
    pub trampolines: HashMap<TrampolineIndex, FuncDef>,
    /// Used trampolines that aren't made yet: what canonical options name may be of instances that come later.
    pub unmade: VecDeque<(TrampolineIndex, usize)>,
    /// The group of the instances with each memory 0.
    pub groups: HashMap<MemoryId, GroupId>,
    flags: HashMap<u32, GlobalId>,
    /// The functions of slots of the running task's context, by slot and whether they write it.
    context_slots: HashMap<(u32, bool), FuncDef>,
    /// The parts of the program that start up when they are entered.
    pub parts: Parts,
}

/// The parts that start up when they are entered.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// The part that starts up with the program.
    pub main: u32,
    /// The start-up function of each other part, from 1.
    pub starts: HashMap<u32, u32>,
    /// The functions that enter a part, by those that they call.
    pub entering: HashMap<FuncDef, FuncDef>,
}

impl<'p, 'a> Resolver<'p, 'a> {
    /// A program of which nothing is resolved.
    pub fn new(program: &'p Program<'a>, options: &'p PlanOptions) -> Self {
        let resolved = Resolved {
            program,
            instances: PrimaryMap::new(),
            starts: PrimaryMap::new(),
            parts: Vec::new(),
            groups: PrimaryMap::new(),
            tables: PrimaryMap::new(),
            memories: PrimaryMap::new(),
            globals: PrimaryMap::new(),
            tags: PrimaryMap::new(),
            generated: Vec::new(),
            missing_interfaces: BTreeSet::new(),
        };
        let component = program.component.as_ref();
        Self {
            resolved,
            component,
            options,
            trampolines: HashMap::new(),
            unmade: VecDeque::new(),
            groups: HashMap::new(),
            flags: HashMap::new(),
            context_slots: HashMap::new(),
            parts: Parts::default(),
        }
    }

    /// The component, which everything that names trampolines and canonical options has.
    pub fn component(&self) -> Result<&'p Component> {
        self.component.ok_or_else(|| Error::defect(Stage::Plan, "a core module has items of a component"))
    }

    /// The item that a core definition names.
    pub fn definition(&mut self, def: &CoreDef) -> Result<Definition> {
        match def {
            CoreDef::Export { instance, item } => self.export(*instance, item),
            CoreDef::Trampoline(index) => Ok(Definition::Func(self.trampoline(*index)?)),
            CoreDef::InstanceFlags(instance) => Ok(Definition::Global(self.instance_flags(*instance))),
            // A word behind the flags of all instances.
            CoreDef::TaskMayBlock => {
                let behind = self.component()?.component_instances;
                Ok(Definition::Global(self.instance_flags(behind)))
            }
            CoreDef::Context { slot, is_set, ty } => Ok(Definition::Func(self.context_slot(*slot, *is_set, *ty))),
        }
    }

    /// The function that a core definition names.
    pub fn function(&mut self, def: &CoreDef) -> Result<FuncDef> {
        match self.definition(def)? {
            Definition::Func(func) => Ok(func),
            _ => Err(Error::defect(Stage::Plan, "a core definition isn't the function that it should be")),
        }
    }

    /// The memory with this index among those of canonical options.
    pub fn memory(&mut self, index: usize) -> Result<MemoryId> {
        match self.definition(&self.component()?.memories[index])? {
            Definition::Memory(memory) => Ok(memory),
            _ => Err(Error::defect(Stage::Plan, "a canonical option's memory isn't one")),
        }
    }

    /// The memory of a call from or to the host, whose pointers have 32 bits.
    fn memory32(&mut self, index: usize) -> Result<MemoryId> {
        let memory = self.memory(index)?;
        if !self.resolved.memories[memory].ty.memory64 {
            return Ok(memory);
        }
        Err(Error::input(
            Stage::Plan,
            "the program uses 64-bit memories in the canonical ABI of functions that it imports or exports",
            MEMORY64_HELP,
        ))
    }

    /// Canonical options, resolved.
    pub fn canonical(&mut self, options: &Options) -> Result<OptionsPlan<FuncDef>> {
        let memory = match options.memory {
            Some(index) => Some(self.memory32(index)?),
            None => None,
        };
        let realloc = match options.realloc {
            Some(index) => Some(self.function(&self.component()?.reallocs[index])?),
            None => None,
        };
        Ok(OptionsPlan {
            memory,
            realloc,
            component_instance: options.instance,
            string_encoding: options.string_encoding,
            grantee: self.options.grantees.get(options.instance as usize).copied().unwrap_or_default(),
        })
    }

    /// Adds a generated function.
    pub fn generate(&mut self, kind: Kind, ty: TypeId) -> FuncDef {
        self.resolved.generated.push(Generated { kind, ty });
        FuncDef::Generated(self.resolved.generated.len() - 1)
    }

    /// The function that reads or writes a slot of the running task's context.
    fn context_slot(&mut self, slot: u32, is_set: bool, ty: TypeId) -> FuncDef {
        if let Some(def) = self.context_slots.get(&(slot, is_set)) {
            return *def;
        }
        let def = self.generate(FuncKind::Context { slot, is_set }, ty);
        self.context_slots.insert((slot, is_set), def);
        def
    }

    fn export(&self, instance: usize, item: &ExportItem) -> Result<Definition> {
        let id = InstanceId::new(instance);
        let instance = self.resolved.instances.get(id);
        let instance = instance.ok_or_else(|| Error::defect(Stage::Plan, "an instance is used before it is made"))?;
        let entity = match item {
            ExportItem::Index(entity) => *entity,
            ExportItem::Name(name) => {
                let export = self.resolved.module(id).export(name);
                export.ok_or_else(|| Error::defect(Stage::Plan, format!("no export is named {name:?}")))?
            }
        };
        Ok(match entity {
            Entity::Func(func) => Definition::Func(instance.functions[func]),
            Entity::Table(table) => Definition::Table(instance.tables[table]),
            Entity::Memory(memory) => Definition::Memory(instance.memories[memory]),
            Entity::Global(global) => Definition::Global(instance.globals[global]),
            Entity::Tag(tag) => Definition::Tag(instance.tags[tag]),
        })
    }

    /// The flags of a component instance, as a global.
    pub fn instance_flags(&mut self, instance: u32) -> GlobalId {
        let globals = &mut self.resolved.globals;
        *self.flags.entry(instance).or_insert_with(|| {
            let ty = GlobalType { value: ValType::I32, mutable: true };
            let init = Initial::Constant(ConstValue::I32(0));
            globals.push(GlobalDef { ty, init, flags_of: Some(instance) })
        })
    }

    /// The program with all that was resolved.
    pub fn finish(mut self) -> Result<Resolved<'p, 'a>> {
        while let Some((trampoline, generated)) = self.unmade.pop_front() {
            self.resolved.generated[generated].kind = self.kind(trampoline)?;
        }
        Ok(self.resolved)
    }
}
