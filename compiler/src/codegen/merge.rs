//! Functions that do the same become one: those of the same machine code, which refers to the same.

use super::code::{CompiledItem, Merged, Relocation, Target};
use crate::plan::FuncKind;
use crate::translate::{Context, TextItem, names::Name};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};

/// Maximum number of times that functions are compared: those that call functions which were merged may be the same now.
const ROUNDS_MAX: usize = 4;

/// Removes functions that are the same as one before them, and returns which.
pub fn merge(context: &Context<'_>, items: &mut Vec<CompiledItem>) -> Vec<Merged> {
    let mut into: HashMap<Name, TextItem> = HashMap::new();
    let mut removed = Vec::new();
    for _ in 0..ROUNDS_MAX {
        let merged = find(context, items, &into);
        if merged.is_empty() {
            break;
        }
        into.extend(merged.iter().map(|merged| (merged.item.name(), merged.into)));
        items.retain(|item| !into.contains_key(&item.item.name()));
        removed.extend(merged);
    }
    // What a function became may have become another since.
    for merged in &mut removed {
        while let Some(into) = into.get(&merged.into.name()) {
            merged.into = *into;
        }
    }
    removed
}

/// Finds functions that are the same as one before them, where those of `into` are others.
fn find(context: &Context<'_>, items: &[CompiledItem], into: &HashMap<Name, TextItem>) -> Vec<Merged> {
    let mut firsts: HashMap<Body<'_>, TextItem> = HashMap::new();
    let mut merged = Vec::new();
    for item in items.iter().filter(|item| is_of_module(context, item.item)) {
        match firsts.entry(Body { item, into }) {
            std::collections::hash_map::Entry::Occupied(first) => {
                merged.push(Merged { item: item.item, into: *first.get() });
            }
            std::collections::hash_map::Entry::Vacant(place) => drop(place.insert(item.item)),
        }
    }
    merged
}

/// Returns true for functions of wasm: backtraces leave out generated code, and must not leave out a function that is the same.
fn is_of_module(context: &Context<'_>, item: TextItem) -> bool {
    matches!(item, TextItem::Func(func) if matches!(context.plan.functions[func].kind, FuncKind::Wasm { .. }))
}

/// A function as what it does.
struct Body<'i> {
    item: &'i CompiledItem,
    into: &'i HashMap<Name, TextItem>,
}

impl Body<'_> {
    /// Returns what a relocation refers to; `None` if it is the function itself.
    fn target(&self, relocation: &Relocation) -> Option<Target> {
        match relocation.target {
            Target::Name(name) if name == self.item.item.name() => None,
            Target::Name(name) => Some(Target::Name(self.into.get(&name).map_or(name, |into| into.name()))),
            Target::Own(_) | Target::Libcall(_) => Some(relocation.target.clone()),
        }
    }

    fn relocations(&self) -> impl Iterator<Item = (u32, Option<Target>, i64)> + '_ {
        let relocations = self.item.relocations.iter();
        relocations.map(|relocation| (relocation.offset, self.target(relocation), relocation.addend))
    }
}

impl PartialEq for Body<'_> {
    fn eq(&self, other: &Self) -> bool {
        let (one, two) = (self.item, other.item);
        let kinds =
            |item: &'_ CompiledItem| item.relocations.iter().map(|relocation| relocation.kind).collect::<Vec<_>>();
        one.bytes == two.bytes
            && one.traps == two.traps
            && one.handled_calls == two.handled_calls
            && one.stack_maps == two.stack_maps
            && self.relocations().eq(other.relocations())
            && kinds(one) == kinds(two)
    }
}

impl Eq for Body<'_> {}

impl Hash for Body<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.item.bytes.hash(state);
    }
}
