//! Tables that the garbage collector reads (`aot_abi::gc`), for programs that allocate objects.

use super::records::{Table, bytes_of, words};
use crate::codegen::Code;
use crate::decode::{CompositeType, DefinedType, TypeId, Types, ValType};
use crate::plan::{ExceptionsPlan, GlobalPlace, HeapPlan, ProgramPlan, TablePlace};
use crate::plan::{is_traced, struct_layout, traced_fields};
use aot_abi::gc::{Heap, KIND_ARRAY, KIND_ARRAY_OF_REFERENCES, KIND_STRUCT, Root, STRESS, Site, Tag, Type};
use aot_abi::symbols;
use std::collections::HashMap;

/// Builds the tables: symbol, contents and alignment of each.
pub(super) fn tables(
    types: &Types,
    plan: &ProgramPlan,
    heap: &HeapPlan,
    code: &Code,
) -> Vec<(&'static str, Vec<u8>, u64)> {
    let mut lists = Lists::default();
    let objects = object_types(types, &mut lists);
    let tags = tags(types, plan, &mut lists);
    let (sites, slots) = sites(code);
    let roots = roots(types, plan);
    let head = Heap {
        base: heap.base,
        bytes: heap.bytes,
        marks: heap.marks,
        pending: heap.pending,
        first_type: types.struct_numbers().start,
        types: objects.count(),
        fields: lists.values.len() as u32,
        sites: sites.count(),
        slots: slots.values.len() as u32,
        roots: roots.count(),
        tags: tags.count(),
        flags: if heap.stress { STRESS } else { 0 },
    };
    vec![
        (symbols::GC_HEAP, bytes_of(&head), 8),
        (symbols::GC_TYPES, objects.into_bytes(), 4),
        (symbols::GC_FIELDS, words(lists.values), 4),
        (symbols::GC_SITES, sites.into_bytes(), 4),
        (symbols::GC_SLOTS, words(slots.values), 4),
        (symbols::GC_ROOTS, roots.into_bytes(), 8),
        (symbols::GC_TAGS, tags.into_bytes(), 4),
    ]
}

/// Lists of numbers, one after another; equal lists are stored once.
#[derive(Default)]
struct Lists {
    values: Vec<u32>,
    known: HashMap<Vec<u32>, u32>,
}

impl Lists {
    /// Returns the index and the length of a list, and adds the list if it is new.
    fn add(&mut self, list: Vec<u32>) -> (u32, u32) {
        let count = list.len() as u32;
        let next = self.values.len() as u32;
        let values = &mut self.values;
        let first = *self.known.entry(list).or_insert_with_key(|list| {
            values.extend(list);
            next
        });
        (first, count)
    }
}

/// Builds `[gc::Type]`, indexed by type number.
fn object_types(types: &Types, lists: &mut Lists) -> Table<Type> {
    let is_object = |ty: &DefinedType| matches!(ty.composite, CompositeType::Struct(_) | CompositeType::Array(_));
    let mut objects: Vec<TypeId> = types.iter().filter(|(_, ty)| is_object(ty)).map(|(id, _)| id).collect();
    objects.sort_by_key(|id| types.number(*id));
    let mut table = Table::new();
    for id in objects {
        let (kind, bytes) = match types.composite(id) {
            CompositeType::Array(element) if is_traced(types, *element) => (KIND_ARRAY_OF_REFERENCES, element.bytes()),
            CompositeType::Array(element) => (KIND_ARRAY, element.bytes()),
            _ => (KIND_STRUCT, struct_layout(types.fields(id)).1),
        };
        let (first, count) = lists.add(traced_fields(types, id));
        table.push(Type { kind, bytes, first, count });
    }
    table
}

/// Builds the table of `gc::Tag` records.
fn tags(types: &Types, plan: &ProgramPlan, lists: &mut Lists) -> Table<Tag> {
    let mut table = Table::new();
    for tag in plan.tags.values() {
        let offsets = ExceptionsPlan::value_offsets(types, tag.ty);
        let values = types.func(tag.ty).params.iter().zip(offsets);
        let traced = values.filter(|(ty, _)| types.is_traced(**ty)).map(|(_, offset)| offset as u32);
        let (first, count) = lists.add(traced.collect());
        table.push(Tag { first, count });
    }
    table
}

/// Builds `[gc::Site]`, sorted by return address, and the slot lists.
fn sites(code: &Code) -> (Table<Site>, Lists) {
    let (mut sites, mut slots) = (Table::new(), Lists::default());
    for item in &code.items {
        let maps = &item.stack_maps;
        let lists: Vec<(u32, u32)> = maps.slots.iter().map(|list| slots.add(list.clone())).collect();
        for (return_address, list) in &maps.calls {
            let (first, count) = lists[*list];
            sites.push(Site { return_address: item.offset as u32 + return_address, first, count });
        }
    }
    (sites, slots)
}

/// Builds the table of `gc::Root` records.
fn roots(types: &Types, plan: &ProgramPlan) -> Table<Root> {
    let mut table = Table::new();
    for global in plan.globals.values() {
        if let GlobalPlace::Slab { offset } = global.place
            && types.is_traced(global.ty.value)
        {
            table.push(Root { offset, length: 0 });
        }
    }
    for of_slab in plan.tables.values() {
        if let TablePlace::Slab { base } = of_slab.place
            && types.is_traced(ValType::Ref(of_slab.ty.element))
        {
            table.push(Root { offset: base, length: plan.slab.table_length(of_slab) });
        }
    }
    table
}
