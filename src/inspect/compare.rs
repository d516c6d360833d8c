//! The command `aot inspect OLD NEW`: what the second executable may do more or less than the first, and what grew.

use super::list;
use crate::console;
use crate::inputs;
use anyhow::{Result, anyhow};
use aot_compiler::describe::{Contents, Executable, Grants, Part};
use aot_compiler::display::shown;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::path::Path;

/// Functions and modules that are listed.
const ROWS_MAX: usize = 10;

/// An executable, ready to be compared.
struct Side {
    name: String,
    executable: Executable,
    grants: BTreeSet<String>,
    contents: Contents,
}

/// Compares two executables.
///
/// # Errors
/// One of them isn't an executable of this version of aot, or somebody changed it.
pub fn run(old: &Path, new: &Path) -> Result<()> {
    let sides = [Side::read(old)?, Side::read(new)?];
    console::print(&text(&sides[0], &sides[1])?)?;
    sides.iter().try_for_each(|side| super::check_alarms(&side.name, &side.executable))
}

impl Side {
    fn read(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let file = inputs::contents(path)?;
        let executable = Executable::read(&file).map_err(|why| anyhow!("{name} {why}"))?;
        let grants = grants(&Grants::of(&executable.policy, &executable.note));
        let contents = Contents::of(&executable, &file);
        Ok(Self { name, executable, grants, contents })
    }

    fn host_functions(&self) -> BTreeSet<String> {
        self.executable.note.host_functions.iter().cloned().collect()
    }
}

/// Returns everything that a program may do, in the words of the flags.
fn grants(grants: &Grants) -> BTreeSet<String> {
    let mut items: BTreeSet<String> = grants.rest.items().collect();
    for component in &grants.components {
        items.extend(component.grants.items().map(|item| format!("for {}: {item}", component.name)));
    }
    if let Some(server) = &grants.serve {
        items.extend(server.addresses.iter().chain(&server.admin).map(|address| format!("serve {address}")));
        items.insert(format!("reuse {}", server.reuse));
    }
    let facts = [
        (grants.inherit_sockets, "inherit-sockets"),
        (grants.runtime_grants, "allow-runtime-grants"),
        (grants.dumpable, "dumpable"),
        (grants.http_authorities > 0, "http-ca"),
        (grants.sandbox == "off", "no-sandbox"),
    ];
    items.extend(facts.into_iter().filter(|(is_so, _)| *is_so).map(|(_, flag)| flag.to_string()));
    // A higher limit, too, is more.
    items.extend(grants.limits.iter().map(|limit| limit.trim_start_matches('-').to_string()));
    items
}

fn text(old: &Side, new: &Side) -> Result<String, fmt::Error> {
    let mut out = String::new();
    writeln!(out, "{} in place of {}", shown(&new.name), shown(&old.name))?;
    for side in [old, new] {
        let alarms = side.executable.alarms.iter();
        alarms.map(shown).try_for_each(|alarm| writeln!(out, "ALARM: {}: {alarm}", shown(&side.name)))?;
    }
    let (one, other) = (&old.executable.note, &new.executable.note);
    let facts = [("for", &one.target, &other.target), ("made from a", &one.kind, &other.kind)];
    for (what, one, other) in facts.into_iter().filter(|(_, one, other)| one != other) {
        writeln!(out, "{what} {} in place of {}", shown(other), shown(one))?;
    }
    differences(&mut out, "may do", &old.grants, &new.grants)?;
    differences(&mut out, "can call", &old.host_functions(), &new.host_functions())?;
    let (before, after) = (&old.contents.whole, &new.contents.whole);
    writeln!(out, "bytes: {}", change(before.bytes, after.bytes))?;
    grown(&mut out, "parts", &leaves(before, 1), &leaves(after, 1))?;
    // Code is by component or module, and below that by package or function.
    grown(&mut out, "code", &leaves(&code(before), 1), &leaves(&code(after), 1))?;
    grown(&mut out, "functions", &leaves(&code(before), usize::MAX), &leaves(&code(after), usize::MAX))?;
    Ok(out)
}

fn code(whole: &Part) -> Part {
    let code = whole.parts.iter().find(|part| part.name == Contents::CODE).cloned();
    code.unwrap_or(Part { name: String::new(), bytes: 0, parts: Vec::new() })
}

/// Writes what the new one has more, and what it has less.
fn differences(out: &mut String, verb: &str, old: &BTreeSet<String>, new: &BTreeSet<String>) -> fmt::Result {
    list(out, &format!("{verb} more"), &new.difference(old).cloned().collect::<Vec<_>>())?;
    list(out, &format!("{verb} less"), &old.difference(new).cloned().collect::<Vec<_>>())
}

/// Returns the bytes of parts at a depth, or of those above that consist of nothing, by their names.
fn leaves(part: &Part, depth: usize) -> BTreeMap<String, u64> {
    let mut leaves = BTreeMap::new();
    add(&mut leaves, part, depth);
    leaves
}

fn add(leaves: &mut BTreeMap<String, u64>, part: &Part, depth: usize) {
    if depth == 0 || part.parts.is_empty() {
        *leaves.entry(part.name.clone()).or_default() += part.bytes;
    } else {
        part.parts.iter().for_each(|inner| add(leaves, inner, depth - 1));
    }
}

/// Writes the parts whose sizes differ most.
fn grown(out: &mut String, title: &str, old: &BTreeMap<String, u64>, new: &BTreeMap<String, u64>) -> fmt::Result {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let sizes = |name: &String| [old, new].map(|sizes| sizes.get(name).copied().unwrap_or_default());
    let mut changed: Vec<(&String, [u64; 2])> = names.into_iter().map(|name| (name, sizes(name))).collect();
    changed.retain(|(_, [before, after])| before != after);
    changed.sort_by_key(|(_, [before, after])| std::cmp::Reverse(before.abs_diff(*after)));
    let mut lines: Vec<String> = changed
        .iter()
        .take(ROWS_MAX)
        .map(|(name, [before, after])| format!("{}: {}", shown(name), change(*before, *after)))
        .collect();
    if changed.len() > ROWS_MAX {
        lines.push(format!("and {} more", changed.len() - ROWS_MAX));
    }
    list(out, title, &lines)
}

fn change(old: u64, new: u64) -> String {
    match new.cmp(&old) {
        std::cmp::Ordering::Equal => format!("{new}"),
        _ => format!("{new} ({:+})", i128::from(new) - i128::from(old)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_signs() {
        assert_eq!([change(1, 3), change(3, 1), change(2, 2)], ["3 (+2)", "1 (-2)", "2"]);
    }
}
