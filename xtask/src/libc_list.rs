//! `runtime-lib/libc.toml`: the functions of a C library that the run-time library may leave undefined.

use crate::libc_subset::Symbols;
use crate::{archive, places};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;

/// The prefix of our own symbols, which a program defines.
const OWN: &str = concat!("aot", "_");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    unreached: Vec<String>,
    node: Vec<String>,
    function: Vec<Function>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Function {
    name: String,
    types: String,
    #[serde(default)]
    layout: String,
    #[serde(default)]
    differs: bool,
    #[serde(default)]
    full: bool,
}

/// Refuses an archive, full or not, that leaves other functions undefined.
pub fn check(archive: &[u8], full: bool) -> Result<()> {
    let undefined = undefined(archive)?;
    let listed: BTreeSet<String> = list()?.allowed(full).collect();
    let others: Vec<&String> = undefined.difference(&listed).collect();
    ensure!(others.is_empty(), "the run-time library needs {others:?}, which runtime-lib/libc.toml doesn't list");
    Ok(())
}

fn list() -> Result<List> {
    let path = places::repository().join("runtime-lib/libc.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let list: List = toml::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
    for function in &list.function {
        ensure!(!function.types.is_empty(), "{} has no types", function.name);
        ensure!(!function.differs || !function.layout.is_empty(), "say how the types of {} differ", function.name);
    }
    Ok(list)
}

impl List {
    fn allowed(self, full: bool) -> impl Iterator<Item = String> {
        let functions = self.function.into_iter().filter(move |function| full || !function.full);
        functions.map(|function| function.name).chain(self.unreached).chain(self.node)
    }
}

/// The symbols that no member of an archive defines, without those that programs define.
fn undefined(archive: &[u8]) -> Result<BTreeSet<String>> {
    let (mut defined, mut undefined) = (BTreeSet::new(), BTreeSet::new());
    for member in archive::read(archive)? {
        let symbols = Symbols::of(member.bytes).with_context(|| member.name.to_owned())?;
        defined.extend(symbols.defined);
        undefined.extend(symbols.undefined);
    }
    // The linker defines the table of offsets.
    let is_own = |name: &String| name.starts_with(OWN) || name == "_GLOBAL_OFFSET_TABLE_";
    Ok(undefined.into_iter().filter(|name| !defined.contains(name) && !is_own(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets;

    /// Reads what `cargo xtask runtime` has built.
    #[test]
    fn the_archives_leave_the_listed_functions_undefined_and_no_others() {
        let mut all = BTreeSet::new();
        for target in targets::all().expect("the targets") {
            for (name, full) in [("libaot_runtime.a", false), ("libaot_runtime_full.a", true)] {
                let path = places::runtimes().join(&target.name).join(name);
                let archive = fs::read(&path).expect("an archive that `cargo xtask runtime` has built");
                check(&archive, full).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                all.extend(undefined(&archive).expect("an archive"));
            }
        }
        let listed: BTreeSet<String> = list().expect("the list").allowed(true).collect();
        assert_eq!(listed.difference(&all).collect::<Vec<_>>(), Vec::<&String>::new(), "listed, but not needed");
    }
}
