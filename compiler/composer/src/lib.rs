//! Composes several components into one: the imports of each are satisfied by the exports of others.
//!
//! [`link`] wires by interface names and semver, [`document`] follows a WAC document, and [`route`] puts a router in front of
//! several handlers of HTTP requests. All return the bytes of a component, so that the compiler sees one program. Imports of
//! the host (`wasi:…`) stay imports unless some component exports them.

mod document;
mod routes;
mod wiring;

pub use document::document;
pub use routes::{Pattern, Route, route};

use anyhow::{Context, Result, anyhow, bail};
use wac_graph::types::{ItemKind, Package};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId};
use wiring::{Component, Wire};

/// A component to compose.
#[derive(Clone, Debug)]
pub struct Input {
    /// Name of the component in messages.
    pub name: String,
    /// Binary of the component.
    pub bytes: Vec<u8>,
}

/// A composed component.
#[derive(Debug)]
pub struct Composition {
    /// Binary of the composed component.
    pub bytes: Vec<u8>,
    /// Wiring for the user: each import with the export that satisfies it, a line each.
    pub wiring: Vec<String>,
}

/// Composes `app` with `links`: imports are wired to exports among them, and the result exports what `app` exports.
///
/// # Errors
/// Several components could satisfy an import, none satisfies it, components form a cycle, types of an export don't
/// match, or a component satisfies nothing. The message names both sides.
pub fn link(app: Input, links: Vec<Input>) -> Result<Composition> {
    compose(std::iter::once(app).chain(links).collect(), |_| Ok(Vec::new()))
}

/// Composes the first component with the others, and wires those imports first that `given` does.
fn compose(inputs: Vec<Input>, given: impl FnOnce(&[Component]) -> Result<Vec<Wire>>) -> Result<Composition> {
    let mut graph = CompositionGraph::new();
    let names: Vec<String> = inputs.iter().map(|input| input.name.clone()).collect();
    let mut packages = Vec::new();
    for (index, input) in inputs.into_iter().enumerate() {
        packages.push(register(&mut graph, index, input)?);
    }
    let components: Vec<Component> =
        packages.iter().zip(&names).map(|(package, name)| component(&graph, *package, name)).collect();
    let wires = wiring::wire(&components, given(&components)?)?;
    for wire in &wires {
        check_types(&graph, &packages, &components, wire)?;
    }
    let order = wiring::order(&components, &wires)?;
    let bytes = encode(&mut graph, &packages, &wires, &order)?;
    let wiring = wires.iter().map(|wire| wire.display(&components)).collect();
    Ok(Composition { bytes, wiring })
}

fn register(graph: &mut CompositionGraph, index: usize, input: Input) -> Result<PackageId> {
    let Input { name, bytes } = input;
    // Package names in the graph have a fixed form, which file names need not have.
    let package = Package::from_bytes(&format!("aot:part{index}"), None, bytes, graph.types_mut())
        .with_context(|| format!("{name} can't be composed"))?;
    graph.register_package(package).map_err(|error| anyhow!("{name}: {error}"))
}

fn component(graph: &CompositionGraph, package: PackageId, name: &str) -> Component {
    let world = &graph.types()[graph[package].ty()];
    let needed = |kind: &ItemKind| !is_types_only(graph, kind);
    Component {
        name: name.to_string(),
        imports: world.imports.iter().map(|(name, kind)| (name.clone(), needed(kind))).collect(),
        exports: world.exports.keys().cloned().collect(),
    }
}

/// Returns true if an import is an interface without functions, which no component has to satisfy.
fn is_types_only(graph: &CompositionGraph, kind: &ItemKind) -> bool {
    match kind {
        ItemKind::Type(_) => true,
        ItemKind::Instance(interface) => {
            graph.types()[*interface].exports.values().all(|kind| matches!(kind, ItemKind::Type(_)))
        }
        _ => false,
    }
}

fn check_types(graph: &CompositionGraph, packages: &[PackageId], components: &[Component], wire: &Wire) -> Result<()> {
    let world = |component: usize| &graph.types()[graph[packages[component]].ty()];
    let export = world(wire.exporter).exports.get(&wire.export);
    let import = world(wire.importer).imports.get(&wire.import);
    let (Some(export), Some(import)) = (export, import) else { bail!("a wire has no end") };
    let mut cache = Default::default();
    wac_types::SubtypeChecker::new(&mut cache).is_subtype(*export, graph.types(), *import, graph.types()).with_context(
        || {
            format!(
                "{} of {} doesn't fit the import {} of {}",
                wire.export, components[wire.exporter].name, wire.import, components[wire.importer].name
            )
        },
    )
}

fn encode(graph: &mut CompositionGraph, packages: &[PackageId], wires: &[Wire], order: &[usize]) -> Result<Vec<u8>> {
    let mut nodes: Vec<Option<NodeId>> = vec![None; packages.len()];
    for component in order {
        let node = graph.instantiate(packages[*component]);
        nodes[*component] = Some(node);
        for wire in wires.iter().filter(|wire| wire.importer == *component) {
            let exporter = nodes[wire.exporter].context("an instance is used before it is made")?;
            let export = graph.alias_instance_export(exporter, &wire.export)?;
            graph.set_instantiation_argument(node, &wire.import, export)?;
        }
    }
    let app = nodes[0].context("the application isn't instantiated")?;
    let exports: Vec<String> = graph.types()[graph[packages[0]].ty()].exports.keys().cloned().collect();
    for name in exports {
        let export = graph.alias_instance_export(app, &name)?;
        graph.export(export, &name)?;
    }
    // The compiler validates the result.
    let options = EncodeOptions { validate: false, ..EncodeOptions::default() };
    Ok(graph.encode(options)?)
}
