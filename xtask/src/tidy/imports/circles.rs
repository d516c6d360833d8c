//! Sets of modules that import each other, directly or through others.

use super::modules::Module;
use std::collections::{BTreeMap, BTreeSet};

/// Imports: each module with those that it imports from.
type Imports = BTreeMap<Module, BTreeSet<Module>>;

/// The circles, the largest first. A module is in one at most.
pub fn circles(imports: &Imports) -> Vec<Vec<Module>> {
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        imports.keys().map(|module| (module, reached(imports, module))).collect();
    let mut circles = BTreeSet::new();
    for (module, others) in reached.iter().filter(|(module, others)| others.contains(*module)) {
        let back = others.iter().filter(|other| reached.get(*other).is_some_and(|others| others.contains(module)));
        circles.insert(back.map(|other| (*other).clone()).collect::<Vec<Module>>());
    }
    let mut circles: Vec<_> = circles.into_iter().collect();
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    circles
}

/// The modules that a path of imports leads to from `module`.
fn reached<'a>(imports: &'a Imports, module: &'a Module) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![module];
    while let Some(module) = waiting.pop() {
        let others = imports.get(module).into_iter().flatten();
        waiting.extend(others.filter(|other| reached.insert(*other)));
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(imports: &[(&str, &[&str])]) -> Vec<Vec<String>> {
        let module = |name: &&str| vec![(*name).to_owned()];
        let imports = imports.iter().map(|(from, to)| (module(from), to.iter().map(module).collect())).collect();
        circles(&imports).iter().map(|circle| circle.concat()).collect()
    }

    #[test]
    fn modules_in_a_line_are_in_no_circle() {
        assert!(found(&[("a", &["b"]), ("b", &["c"]), ("c", &[])]).is_empty());
    }

    #[test]
    fn the_largest_circle_is_the_first() {
        let imports: &[(&str, &[&str])] =
            &[("a", &["b"]), ("b", &["a", "c"]), ("c", &["d"]), ("d", &["e"]), ("e", &["c"])];
        assert_eq!(found(imports), [["c", "d", "e"].as_slice(), &["a", "b"]]);
    }
}
