//! The modules of interfaces, for languages in which each has one: its last word, and a number if another has the word.

use super::scopes::Scope;
use crate::decode::Owner;
use aot_abi::javascript::interface_word;
use std::collections::BTreeMap;

/// The names of the modules of all interfaces that have something. `name` makes one of a word, `is_taken` knows those of others.
pub(super) fn modules<'i>(
    scopes: &BTreeMap<&'i Owner, Scope<'i>>,
    name: &dyn Fn(&str) -> String,
    is_taken: &dyn Fn(&str) -> bool,
) -> BTreeMap<&'i Owner, String> {
    let mut modules: BTreeMap<&Owner, String> = BTreeMap::new();
    let (exports, imports): (Vec<&Owner>, _) =
        scopes.keys().copied().partition(|owner| matches!(owner, Owner::Export(_)));
    // What the program exports gets the plain names.
    for owner in exports.into_iter().chain(imports) {
        let Some(whole) = owner.interface() else { continue };
        let word = name(interface_word(whole));
        let numbered = |number| if number == 1 { word.clone() } else { format!("{word}{number}") };
        let is_free = |name: &String| !is_taken(name) && modules.values().all(|module| module != name);
        let module = (1..).map(numbered).find(is_free).unwrap_or_default();
        modules.insert(owner, module);
    }
    modules
}
