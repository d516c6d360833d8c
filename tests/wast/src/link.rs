//! Linking: what satisfies the imports of a module, and whether its type is right (specification 3.0, section 4.5.3).

use crate::spectest;
use aot_compiler::decode::{Entity, GlobalType, MemoryType, Program, RefType, TableType, Types};
use cranelift_entity::EntityRef;
use std::collections::HashMap;

/// An instance of a script's program.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The module of the instance, by index in the script's modules.
    pub module: usize,
    /// The items that satisfy the imports, in their order.
    pub arguments: Vec<Argument>,
}

/// An export of an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Index of the instance.
    pub instance: usize,
    /// The export's name.
    pub export: String,
}

/// The instance that a name of a script refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slot {
    /// An instance that is there, by its index.
    Live(usize),
    /// An instance that was left out, because it needs these proposals.
    LeftOut(String),
    /// An instance that should be there, but its module was rejected or not linked.
    Failed,
}

/// The reason for which a module can't be linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unlinked {
    /// An import is unknown or has the wrong type: a message.
    Unlinkable(String),
    /// The module imports from an instance that was left out.
    LeftOut(String),
    /// The module imports from an instance that failed.
    Failed,
}

/// A module's imports, satisfied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Linked {
    /// The items that satisfy the imports.
    pub arguments: Vec<Argument>,
    /// Tables and memories that are large enough only if they have grown.
    pub growths: Vec<Growth>,
}

/// A table or memory of which more elements or pages are asked than it begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Growth {
    /// The table or memory.
    pub argument: Argument,
    /// The elements of a table; of a memory there are none.
    pub elements: Option<RefType>,
    /// True if indices have 64 bits.
    pub index64: bool,
    /// The size that is asked for, in elements or pages.
    pub size: u64,
}

/// The instances so far.
pub struct Linker<'p, 'a> {
    program: &'p Program<'a>,
    /// All instances that were linked.
    pub instances: Vec<Instance>,
    /// Names under which instances were registered.
    pub registered: HashMap<String, Slot>,
}

impl<'p, 'a> Linker<'p, 'a> {
    /// The instances of the host module, whose modules are the program's first.
    pub fn new(program: &'p Program<'a>) -> Self {
        let hosts = 0..spectest::MODULES.len();
        let instances = hosts.map(|module| Instance { module, arguments: Vec::new() }).collect();
        Self { program, instances, registered: HashMap::new() }
    }

    /// The module of an instance.
    pub fn module_of(&self, instance: usize) -> &'p aot_compiler::decode::Module<'a> {
        self.module(self.instances[instance].module)
    }

    /// The module with this index.
    pub fn module(&self, index: usize) -> &'p aot_compiler::decode::Module<'a> {
        &self.program.modules[EntityRef::new(index)]
    }

    /// Satisfies the imports of a module.
    pub fn link(&self, module: usize) -> Result<Linked, Unlinked> {
        let mut linked = Linked::default();
        for import in &self.module(module).imports {
            let instance = match self.registered.get(&import.module) {
                Some(Slot::Live(instance)) => *instance,
                Some(Slot::LeftOut(proposals)) => return Err(Unlinked::LeftOut(proposals.clone())),
                Some(Slot::Failed) => return Err(Unlinked::Failed),
                None if import.module == spectest::NAME => spectest::instance_of(&import.name),
                None => {
                    return Err(Unlinked::Unlinkable(format!("unknown import {:?}", import.module)));
                }
            };
            let argument = Argument { instance, export: import.name.clone() };
            let name = || format!("{:?} {:?}", import.module, import.name);
            let Some(export) = self.module_of(instance).export(&import.name) else {
                return Err(Unlinked::Unlinkable(format!("unknown import {}", name())));
            };
            match self.fit(module, import.entity, self.definer(instance, export)) {
                Fit::Yes => {}
                Fit::IfGrown { elements, size } => {
                    let index64 = has_index64(self.module(module), import.entity);
                    linked.growths.push(Growth { argument: argument.clone(), elements, index64, size });
                }
                Fit::No => {
                    return Err(Unlinked::Unlinkable(format!("incompatible import type of {}", name())));
                }
            }
            linked.arguments.push(argument);
        }
        Ok(linked)
    }

    /// The definer of an item of an instance: module and item.
    pub fn definer(&self, instance: usize, entity: Entity) -> (usize, Entity) {
        let Instance { module, arguments } = &self.instances[instance];
        let imports = &self.module(*module).imports;
        let position = imports.iter().position(|import| import.entity == entity);
        let Some(position) = position else {
            return (*module, entity);
        };
        let Argument { instance, export } = &arguments[position];
        match self.module_of(*instance).export(export) {
            Some(entity) => self.definer(*instance, entity),
            None => unreachable!("a linked import has an export"),
        }
    }

    /// Compares a definition with the import `wanted` of a module.
    fn fit(&self, module: usize, wanted: Entity, (definer, defined): (usize, Entity)) -> Fit {
        let (importer, definer) = (self.module(module), self.module(definer));
        let types = &self.program.types;
        match (wanted, defined) {
            (Entity::Func(wanted), Entity::Func(defined)) => {
                Fit::yes(types.is_below(definer.functions[defined], importer.functions[wanted]))
            }
            (Entity::Global(wanted), Entity::Global(defined)) => {
                Fit::yes(global_fits(types, importer.globals[wanted], definer.globals[defined]))
            }
            (Entity::Tag(wanted), Entity::Tag(defined)) => Fit::yes(importer.tags[wanted] == definer.tags[defined]),
            (Entity::Table(wanted), Entity::Table(defined)) => {
                table_fits(importer.tables[wanted], definer.tables[defined])
            }
            (Entity::Memory(wanted), Entity::Memory(defined)) => {
                memory_fits(importer.memories[wanted], definer.memories[defined])
            }
            _ => Fit::No,
        }
    }
}

/// The result of comparing a definition with an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    Yes,
    No,
    /// The definition satisfies the import if it has grown to this size by then.
    IfGrown {
        elements: Option<RefType>,
        size: u64,
    },
}

impl Fit {
    fn yes(fits: bool) -> Self {
        if fits { Self::Yes } else { Self::No }
    }
}

fn global_fits(types: &Types, wanted: GlobalType, defined: GlobalType) -> bool {
    wanted.mutable == defined.mutable
        && match wanted.mutable {
            true => wanted.value == defined.value,
            false => types.matches(defined.value, wanted.value),
        }
}

fn table_fits(wanted: TableType, defined: TableType) -> Fit {
    let kind = wanted.element == defined.element && wanted.table64 == defined.table64;
    match kind && max_fits(wanted.max, defined.max) {
        true => size_fits(wanted.min, defined.min, defined.max, Some(wanted.element)),
        false => Fit::No,
    }
}

fn memory_fits(wanted: MemoryType, defined: MemoryType) -> Fit {
    let kind = |ty: MemoryType| (ty.memory64, ty.shared, ty.page_log2);
    match kind(wanted) == kind(defined) && max_fits(wanted.max_pages, defined.max_pages) {
        true => size_fits(wanted.min_pages, defined.min_pages, defined.max_pages, None),
        false => Fit::No,
    }
}

/// Returns true if the indices of a table or memory have 64 bits.
fn has_index64(module: &aot_compiler::decode::Module<'_>, entity: Entity) -> bool {
    match entity {
        Entity::Table(table) => module.tables[table].table64,
        Entity::Memory(memory) => module.memories[memory].memory64,
        _ => false,
    }
}

fn max_fits(wanted: Option<u64>, defined: Option<u64>) -> bool {
    wanted.is_none_or(|wanted| defined.is_some_and(|defined| defined <= wanted))
}

fn size_fits(wanted: u64, min: u64, max: Option<u64>, elements: Option<RefType>) -> Fit {
    match wanted {
        wanted if wanted <= min => Fit::Yes,
        wanted if max.is_some_and(|max| wanted > max) => Fit::No,
        size => Fit::IfGrown { elements, size },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aot_compiler::decode::{HeapType, ValType};

    fn memory(min_pages: u64, max_pages: Option<u64>) -> MemoryType {
        MemoryType { min_pages, max_pages, page_log2: 16, memory64: false, shared: false }
    }

    #[test]
    fn limits_fit_when_they_are_as_narrow() {
        assert_eq!(memory_fits(memory(1, None), memory(1, Some(2))), Fit::Yes);
        assert_eq!(memory_fits(memory(1, Some(2)), memory(1, Some(2))), Fit::Yes);
        assert_eq!(memory_fits(memory(1, Some(1)), memory(1, Some(2))), Fit::No);
        assert_eq!(memory_fits(memory(1, Some(2)), memory(1, None)), Fit::No);
    }

    #[test]
    fn a_size_that_growth_can_reach_is_looked_at_later() {
        assert_eq!(memory_fits(memory(3, None), memory(1, Some(2))), Fit::No);
        assert_eq!(memory_fits(memory(2, None), memory(1, Some(2))), Fit::IfGrown { elements: None, size: 2 });
    }

    #[test]
    fn globals_fit_by_subtyping_unless_they_change() {
        let func = ValType::Ref(RefType::FUNCREF);
        let some = ValType::Ref(RefType { nullable: false, heap: HeapType::Func });
        let (types, global) = (Types::default(), |value, mutable| GlobalType { value, mutable });
        assert!(global_fits(&types, global(func, false), global(some, false)));
        assert!(!global_fits(&types, global(some, false), global(func, false)));
        assert!(!global_fits(&types, global(func, true), global(some, true)));
        assert!(!global_fits(&types, global(func, true), global(func, false)));
    }
}
