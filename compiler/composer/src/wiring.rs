//! Wiring of components: the export that satisfies each import, and the order of instantiation.

use anyhow::{Result, bail};
use wac_types::are_semver_compatible;

/// A component's imports and exports.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    /// Import names, each with true if a component must satisfy it; an interface without functions may stay
    /// unsatisfied.
    pub imports: Vec<(String, bool)>,
    pub exports: Vec<String>,
}

/// An export that satisfies an import. Components are named by their indices, 0 being the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    pub exporter: usize,
    pub export: String,
    pub importer: usize,
    pub import: String,
}

impl Wire {
    /// Describes the wire for the user.
    pub fn display(&self, parts: &[Part]) -> String {
        let (importer, exporter) = (&parts[self.importer].name, &parts[self.exporter].name);
        format!("{importer} imports {} from {exporter} ({})", self.import, self.export)
    }
}

/// Wires the components. Only components that the application needs, directly or not, get wires.
pub fn wire(parts: &[Part]) -> Result<Vec<Wire>> {
    let mut wires: Vec<Wire> = Vec::new();
    let mut reached = vec![false; parts.len()];
    let mut work = vec![0];
    reached[0] = true;
    while let Some(importer) = work.pop() {
        for (import, needed) in &parts[importer].imports {
            let Some(wire) = satisfy(parts, importer, import, *needed)? else {
                continue;
            };
            if !reached[wire.exporter] {
                reached[wire.exporter] = true;
                work.push(wire.exporter);
            }
            wires.push(wire);
        }
    }
    if let Some(unused) = reached.iter().position(|reached| !reached) {
        bail!(
            "{} satisfies no import: it exports {}, and what is left to satisfy is {}",
            parts[unused].name,
            list(parts[unused].exports.iter()),
            list(parts[0].imports.iter().map(|(name, _)| name).filter(|name| !is_host(name)))
        );
    }
    Ok(wires)
}

fn satisfy(parts: &[Part], importer: usize, import: &str, needed: bool) -> Result<Option<Wire>> {
    let mut candidates = Vec::new();
    for (exporter, part) in parts.iter().enumerate().skip(1).filter(|(index, _)| *index != importer) {
        let exact = part.exports.iter().find(|export| *export == import);
        let export = exact.or_else(|| part.exports.iter().find(|export| are_semver_compatible(export, import)));
        candidates.extend(export.map(|export| (exporter, export)));
    }
    match candidates[..] {
        [] if needed && !is_host(import) && parts.len() > 1 => bail!(
            "nothing satisfies the import {import} of {}: {}",
            parts[importer].name,
            other_version(parts, import)
                .unwrap_or_else(|| "give the component that exports it with --link".to_string())
        ),
        [] => Ok(None),
        [(exporter, export)] => {
            Ok(Some(Wire { exporter, export: export.clone(), importer, import: import.to_string() }))
        }
        [(first, one), (second, other), ..] => bail!(
            "the import {import} of {} is ambiguous: {one} of {} and {other} of {} both satisfy it",
            parts[importer].name,
            parts[first].name,
            parts[second].name
        ),
    }
}

/// Returns help text if some component exports another version of the import.
fn other_version(parts: &[Part], import: &str) -> Option<String> {
    let unversioned = |name: &str| name.split('@').next().map(str::to_string);
    parts.iter().find_map(|part| {
        let export = part.exports.iter().find(|export| unversioned(export) == unversioned(import))?;
        Some(format!("{export} of {} is of a version that doesn't fit", part.name))
    })
}

/// Returns true if the host may satisfy an import.
fn is_host(import: &str) -> bool {
    import.starts_with("wasi:")
}

fn list<'n>(names: impl Iterator<Item = &'n String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() { "nothing".to_string() } else { names.join(", ") }
}

/// Returns the components that have wires, each after those that it imports from.
pub fn order(parts: &[Part], wires: &[Wire]) -> Result<Vec<usize>> {
    let mut order = Vec::new();
    let mut state = vec![State::New; parts.len()];
    let mut path = vec![0];
    while let Some(&part) = path.last() {
        state[part] = State::Open;
        let next = wires.iter().filter(|wire| wire.importer == part).find(|wire| state[wire.exporter] != State::Done);
        match next {
            None => {
                state[part] = State::Done;
                order.push(part);
                path.pop();
            }
            Some(wire) if state[wire.exporter] == State::Open => bail!(
                "{} and {} import from each other: {} and back",
                parts[wire.importer].name,
                parts[wire.exporter].name,
                wire.display(parts)
            ),
            Some(wire) => path.push(wire.exporter),
        }
    }
    Ok(order)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, imports: &[&str], exports: &[&str]) -> Part {
        Part {
            name: name.to_string(),
            imports: imports.iter().map(|name| (name.to_string(), true)).collect(),
            exports: exports.iter().map(|name| name.to_string()).collect(),
        }
    }

    #[test]
    fn versions_match_by_semver() {
        let parts = [part("app", &["a:b/c@1.2.0", "wasi:io/poll@0.2.6"], &[]), part("lib", &[], &["a:b/c@1.3.0"])];
        let wires = wire(&parts).unwrap();
        assert_eq!(wires.len(), 1);
        assert_eq!(wires[0].export, "a:b/c@1.3.0");
        assert_eq!(order(&parts, &wires).unwrap(), [1, 0]);
    }

    #[test]
    fn ambiguities_cycles_gaps_and_idle_parts_name_both_sides() {
        let both = [part("app", &["a:b/c"], &[]), part("x", &[], &["a:b/c"]), part("y", &[], &["a:b/c"])];
        let message = wire(&both).unwrap_err().to_string();
        assert!(message.contains("of app is ambiguous") && message.contains(" x ") && message.contains(" y "));
        let cycle =
            [part("app", &["a:b/c"], &[]), part("x", &["a:b/d"], &["a:b/c"]), part("y", &["a:b/c"], &["a:b/d"])];
        let wires = wire(&cycle).unwrap();
        let message = order(&cycle, &wires).unwrap_err().to_string();
        assert!(message.contains("y and x import from each other"), "{message}");
        let version = [part("app", &["a:b/c@2.0.0"], &[]), part("x", &[], &["a:b/c@1.0.0"])];
        let message = wire(&version).unwrap_err().to_string();
        assert!(message.contains("import a:b/c@2.0.0 of app: a:b/c@1.0.0 of x is of a version"), "{message}");
        let gap = [part("app", &["a:b/c"], &[]), part("x", &["a:b/e"], &["a:b/c"])];
        assert!(wire(&gap).unwrap_err().to_string().contains("import a:b/e of x"));
        let idle = [part("app", &[], &[]), part("x", &[], &["a:b/c"])];
        assert!(wire(&idle).unwrap_err().to_string().contains("x satisfies no import"));
    }
}
