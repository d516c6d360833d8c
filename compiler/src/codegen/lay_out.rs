//! The places of all items in the guest text.

use super::code::{Code, CompiledItem, Merged, Target};
use super::merge::merge;
use super::order;
use crate::translate::{Context, TextItem, names::Name};
use std::collections::{HashMap, HashSet};

/// Assigns each item its text offset, in the order that profiles suggest, and drops libcall trampolines that nothing refers to. Where size counts, functions that do
/// the same become one.
pub fn lay_out(context: &Context<'_>, mut compiled: Vec<CompiledItem>) -> Code {
    let for_size = context.is_for_size();
    let mut merged = if for_size && !context.debug { merge(context, &mut compiled) } else { Vec::new() };
    let referenced: HashSet<Name> = compiled
        .iter()
        .flat_map(|item| &item.relocations)
        .filter_map(|relocation| match relocation.target {
            Target::Name(name) => Some(name),
            _ => None,
        })
        .collect();
    let kept =
        |item: &CompiledItem| !matches!(item.item, TextItem::Libcall(_)) || referenced.contains(&item.item.name());
    let mut items: Vec<CompiledItem> = compiled.into_iter().filter(kept).collect();
    order::sort(context, &mut items);
    let mut bytes = 0u64;
    let mut offsets = HashMap::new();
    for item in &mut items {
        // The first item begins at offset 0, so no padding can move it.
        item.offset = match bytes {
            0 => 0,
            _ if for_size => bytes.next_multiple_of(item.alignment.into()),
            _ => item.costs.place(bytes),
        };
        offsets.insert(item.item, item.offset);
        bytes = item.offset + item.bytes.len() as u64;
    }
    for Merged { item, into } in &merged {
        offsets.insert(*item, offsets[into]);
    }
    merged.sort_by_key(|merged| offsets[&merged.item]);
    Code { items, merged, bytes, offsets }
}
