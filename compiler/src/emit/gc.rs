//! What the collector has to know (`aot_abi::gc`), of programs that make objects.

use super::code::Code;
use super::tables::Fields;
use crate::decode::{CompositeType, DefinedType, TypeId, Types, ValType};
use crate::plan::{ExceptionsPlan, GlobalPlace, HeapPlan, ProgramPlan, TablePlace};
use crate::plan::{is_traced, struct_layout, traced_fields};
use aot_abi::gc::{KIND_ARRAY, KIND_ARRAY_OF_REFERENCES, KIND_STRUCT, STRESS};
use aot_abi::symbols;
use std::collections::HashMap;

/// The tables: symbol, contents and alignment of each.
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
    let count = |bytes: &[u8], entry: usize| (bytes.len() / entry) as u32;
    let mut head = Fields::default();
    head.u64(heap.base)
        .u64(heap.bytes)
        .u64(heap.marks)
        .u64(heap.pending)
        .u32(types.struct_numbers().start)
        .u32(count(&objects, size_of::<aot_abi::gc::Type>()))
        .u32(lists.values.len() as u32)
        .u32(count(&sites, size_of::<aot_abi::gc::Site>()))
        .u32(slots.values.len() as u32)
        .u32(count(&roots, size_of::<aot_abi::gc::Root>()))
        .u32(count(&tags, size_of::<aot_abi::gc::Tag>()))
        .u32(if heap.stress { STRESS } else { 0 });
    debug_assert_eq!(head.0.len(), size_of::<aot_abi::gc::Heap>());
    vec![
        (symbols::GC_HEAP, head.0, 8),
        (symbols::GC_TYPES, objects, 4),
        (symbols::GC_FIELDS, lists.bytes(), 4),
        (symbols::GC_SITES, sites, 4),
        (symbols::GC_SLOTS, slots.bytes(), 4),
        (symbols::GC_ROOTS, roots, 8),
        (symbols::GC_TAGS, tags, 4),
    ]
}

/// Lists of numbers one after another, equal ones once.
#[derive(Default)]
struct Lists {
    values: Vec<u32>,
    known: HashMap<Vec<u32>, u32>,
}

impl Lists {
    /// The place of a list, and how long it is.
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

    fn bytes(&self) -> Vec<u8> {
        self.values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }
}

/// `[gc::Type]`, by number.
fn object_types(types: &Types, lists: &mut Lists) -> Vec<u8> {
    let is_object = |ty: &DefinedType| matches!(ty.composite, CompositeType::Struct(_) | CompositeType::Array(_));
    let mut objects: Vec<TypeId> = types.iter().filter(|(_, ty)| is_object(ty)).map(|(id, _)| id).collect();
    objects.sort_by_key(|id| types.number(*id));
    let mut fields = Fields::default();
    for id in objects {
        let (kind, bytes) = match types.composite(id) {
            CompositeType::Array(element) if is_traced(types, *element) => (KIND_ARRAY_OF_REFERENCES, element.bytes()),
            CompositeType::Array(element) => (KIND_ARRAY, element.bytes()),
            _ => (KIND_STRUCT, struct_layout(types.fields(id)).1),
        };
        let (first, count) = lists.add(traced_fields(types, id));
        fields.u32(kind).u32(bytes).u32(first).u32(count);
    }
    fields.0
}

/// `[gc::Tag]`.
fn tags(types: &Types, plan: &ProgramPlan, lists: &mut Lists) -> Vec<u8> {
    let mut fields = Fields::default();
    for tag in plan.tags.values() {
        let offsets = ExceptionsPlan::value_offsets(types, tag.ty);
        let values = types.func(tag.ty).params.iter().zip(offsets);
        let traced = values.filter(|(ty, _)| types.is_traced(**ty)).map(|(_, offset)| offset as u32);
        let (first, count) = lists.add(traced.collect());
        fields.u32(first).u32(count);
    }
    fields.0
}

/// `[gc::Site]`, sorted, and the slots.
fn sites(code: &Code) -> (Vec<u8>, Lists) {
    let (mut sites, mut slots) = (Fields::default(), Lists::default());
    for item in &code.items {
        let maps = &item.stack_maps;
        let lists: Vec<(u32, u32)> = maps.slots.iter().map(|list| slots.add(list.clone())).collect();
        for (return_address, list) in &maps.calls {
            let (first, count) = lists[*list];
            sites.u32(item.offset as u32 + return_address).u32(first).u32(count);
        }
    }
    (sites.0, slots)
}

/// `[gc::Root]`.
fn roots(types: &Types, plan: &ProgramPlan) -> Vec<u8> {
    let mut fields = Fields::default();
    for global in plan.globals.values() {
        if let GlobalPlace::Slab { offset } = global.place
            && types.is_traced(global.ty.value)
        {
            fields.u64(offset).u64(0);
        }
    }
    for table in plan.tables.values() {
        if let TablePlace::Slab { base } = table.place
            && types.is_traced(ValType::Ref(table.ty.element))
        {
            fields.u64(base).u64(plan.slab.table_length(table));
        }
    }
    fields.0
}
