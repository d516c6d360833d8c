//! Wiring of components: the export that satisfies each import, and the order of instantiation.

use anyhow::{Result, bail};
use wac_types::are_semver_compatible;

/// A component's imports and exports.
#[derive(Clone, Debug)]
pub struct Component {
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
    pub fn display(&self, components: &[Component]) -> String {
        let (importer, exporter) = (&components[self.importer].name, &components[self.exporter].name);
        format!("{importer} imports {} from {exporter} ({})", self.import, self.export)
    }
}

/// Wires the components as the given wires do, and further imports by their names. Only components that the application needs,
/// directly or not, get wires.
pub fn wire(components: &[Component], given: Vec<Wire>) -> Result<Vec<Wire>> {
    let mut reached = vec![false; components.len()];
    reached[0] = true;
    given.iter().for_each(|wire| reached[wire.exporter] = true);
    let mut work: Vec<usize> = (0..components.len()).filter(|component| reached[*component]).collect();
    let mut wires = given;
    while let Some(importer) = work.pop() {
        for (import, needed) in &components[importer].imports {
            if wires.iter().any(|wire| wire.importer == importer && wire.import == *import) {
                continue;
            }
            let Some(wire) = satisfy(components, importer, import, *needed)? else {
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
            components[unused].name,
            list(components[unused].exports.iter()),
            list(components[0].imports.iter().map(|(name, _)| name).filter(|name| !is_host(name)))
        );
    }
    Ok(wires)
}

fn satisfy(components: &[Component], importer: usize, import: &str, needed: bool) -> Result<Option<Wire>> {
    let mut candidates = Vec::new();
    for (exporter, component) in components.iter().enumerate().skip(1).filter(|(index, _)| *index != importer) {
        let exact = component.exports.iter().find(|export| *export == import);
        let export = exact.or_else(|| component.exports.iter().find(|export| are_semver_compatible(export, import)));
        candidates.extend(export.map(|export| (exporter, export)));
    }
    match candidates[..] {
        [] if needed && !is_host(import) && components.len() > 1 => bail!(
            "nothing satisfies the import {import} of {}: {}",
            components[importer].name,
            other_version(components, import)
                .unwrap_or_else(|| "give the component that exports it with --link".to_string())
        ),
        [] => Ok(None),
        [(exporter, export)] => {
            Ok(Some(Wire { exporter, export: export.clone(), importer, import: import.to_string() }))
        }
        [(first, one), (second, other), ..] => bail!(
            "the import {import} of {} is ambiguous: {one} of {} and {other} of {} both satisfy it",
            components[importer].name,
            components[first].name,
            components[second].name
        ),
    }
}

/// Returns help text if some component exports another version of the import.
fn other_version(components: &[Component], import: &str) -> Option<String> {
    let unversioned = |name: &str| name.split('@').next().map(str::to_string);
    components.iter().find_map(|component| {
        let export = component.exports.iter().find(|export| unversioned(export) == unversioned(import))?;
        Some(format!("{export} of {} is of a version that doesn't fit", component.name))
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
pub fn order(components: &[Component], wires: &[Wire]) -> Result<Vec<usize>> {
    let mut order = Vec::new();
    let mut state = vec![State::New; components.len()];
    let mut path = vec![0];
    while let Some(&component) = path.last() {
        state[component] = State::Open;
        let next =
            wires.iter().filter(|wire| wire.importer == component).find(|wire| state[wire.exporter] != State::Done);
        match next {
            None => {
                state[component] = State::Done;
                order.push(component);
                path.pop();
            }
            Some(wire) if state[wire.exporter] == State::Open => bail!(
                "{} and {} import from each other: {} and back",
                components[wire.importer].name,
                components[wire.exporter].name,
                wire.display(components)
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

    fn component(name: &str, imports: &[&str], exports: &[&str]) -> Component {
        Component {
            name: name.to_string(),
            imports: imports.iter().map(|name| (name.to_string(), true)).collect(),
            exports: exports.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn versions_match_by_semver() {
        let components =
            [component("app", &["a:b/c@1.2.0", "wasi:io/poll@0.2.6"], &[]), component("lib", &[], &["a:b/c@1.3.0"])];
        let wires = wire(&components, Vec::new()).unwrap();
        assert_eq!(wires.len(), 1);
        assert_eq!(wires[0].export, "a:b/c@1.3.0");
        assert_eq!(order(&components, &wires).unwrap(), [1, 0]);
    }

    #[test]
    fn ambiguities_cycles_gaps_and_idle_components_name_both_sides() {
        let both =
            [component("app", &["a:b/c"], &[]), component("x", &[], &["a:b/c"]), component("y", &[], &["a:b/c"])];
        let message = wire(&both, Vec::new()).unwrap_err().to_string();
        assert!(message.contains("of app is ambiguous") && message.contains(" x ") && message.contains(" y "));
        let cycle = [
            component("app", &["a:b/c"], &[]),
            component("x", &["a:b/d"], &["a:b/c"]),
            component("y", &["a:b/c"], &["a:b/d"]),
        ];
        let wires = wire(&cycle, Vec::new()).unwrap();
        let message = order(&cycle, &wires).unwrap_err().to_string();
        assert!(message.contains("y and x import from each other"), "{message}");
        let version = [component("app", &["a:b/c@2.0.0"], &[]), component("x", &[], &["a:b/c@1.0.0"])];
        let message = wire(&version, Vec::new()).unwrap_err().to_string();
        assert!(message.contains("import a:b/c@2.0.0 of app: a:b/c@1.0.0 of x is of a version"), "{message}");
        let gap = [component("app", &["a:b/c"], &[]), component("x", &["a:b/e"], &["a:b/c"])];
        assert!(wire(&gap, Vec::new()).unwrap_err().to_string().contains("import a:b/e of x"));
        let idle = [component("app", &[], &[]), component("x", &[], &["a:b/c"])];
        assert!(wire(&idle, Vec::new()).unwrap_err().to_string().contains("x satisfies no import"));
    }
}
