//! The text of a document.

use super::document::{Document, Place};
use super::names::label;
use super::scope::Scope;
use crate::decode::{Owner, WorldInterface};
use std::collections::HashMap;

/// The package of the world, which tools call by this name: a component doesn't have it.
const PACKAGE: &str = "root:component";

/// Prints a document: the world, and behind it the packages.
pub fn print(document: &Document<'_>) -> String {
    let packages = packages(document);
    // A component may have an interface of the very package.
    let is_free = |name: &String| packages.iter().all(|(package, _)| package != name);
    let names = (2..).map(|number| format!("{PACKAGE}{number}"));
    let package = [PACKAGE.to_string()].into_iter().chain(names).find(is_free).unwrap_or_default();
    let mut out = format!("package {package};\n\nworld root {{\n{}}}\n", block("  ", &world_parts(document)));
    for (package, interfaces) in packages {
        out += &format!("\npackage {package} {{\n");
        let interfaces = interfaces.into_iter().map(|(name, scope)| braced(&format!("interface {name}"), scope));
        out += &block("  ", &interfaces.collect::<Vec<_>>());
        out += "}\n";
    }
    out
}

/// Packages in their order, each with its interfaces.
type Packages<'d> = Vec<(String, Vec<(String, &'d Scope)>)>;

fn packages<'d>(document: &'d Document<'_>) -> Packages<'d> {
    let (mut packages, mut places): (Packages<'_>, HashMap<String, usize>) = Default::default();
    for (path, scope) in document.interfaces() {
        let package = path.package();
        let place = *places.entry(package.clone()).or_insert(packages.len());
        if place == packages.len() {
            packages.push((package, Vec::new()));
        }
        packages[place].1.push((path.interface(), scope));
    }
    packages
}

fn world_parts(document: &Document<'_>) -> Vec<String> {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    for interface in &document.world().interfaces {
        match &interface.owner {
            Owner::Export(name) => exports.push(port(document, "export", name, interface)),
            Owner::Import(name) => imports.push(port(document, "import", name, interface)),
            Owner::World => {}
        }
    }
    let mut parts = vec![imports.concat()];
    parts.extend(document.items(&Place::World).map(|scope| scope_parts(scope, "import ")).unwrap_or_default());
    exports.extend(document.items(&Place::Exports).map(|scope| scope_parts(scope, "export ")).unwrap_or_default());
    parts.push(exports.concat());
    parts
}

/// The line of an imported or exported interface.
fn port(document: &Document<'_>, word: &str, name: &str, interface: &WorldInterface) -> String {
    match document.place(&interface.owner) {
        Ok(Place::Interface(path)) if interface.implements.is_none() => format!("{word} {};\n", path.full()),
        Ok(Place::Interface(path)) => format!("{word} {}: {};\n", label(name), path.full()),
        Ok(place) => {
            let head = format!("{word} {}: interface", label(name));
            document.items(&place).map_or_else(String::new, |scope| braced(&head, scope))
        }
        // The document has a place for each interface.
        Err(_) => String::new(),
    }
}

/// Items in braces.
fn braced(head: &str, scope: &Scope) -> String {
    format!("{head} {{\n{}}}\n", block("  ", &scope_parts(scope, "")))
}

/// The parts of a scope that have an empty line between them. Functions of no resource begin with `word`.
fn scope_parts(scope: &Scope, word: &str) -> Vec<String> {
    let uses = scope.uses().into_iter().map(|(from, names)| format!("use {from}.{{{}}};\n", names.join(", ")));
    let mut parts = vec![uses.collect::<String>()];
    let functions = scope.functions();
    let of = |resource: &str| functions.get(resource).cloned().unwrap_or_default();
    for (name, definition) in scope.types() {
        parts.push(match (definition, &of(name)[..]) {
            (Some(definition), _) => format!("{definition}\n"),
            (None, []) => format!("resource {};\n", label(name)),
            (None, functions) => {
                let lines: String = functions.iter().map(|function| format!("  {function}\n")).collect();
                format!("resource {} {{\n{lines}}}\n", label(name))
            }
        });
    }
    parts.push(of("").iter().map(|function| format!("{word}{function}\n")).collect());
    parts
}

/// Parts with an empty line between them, each line behind `indent`.
fn block(indent: &str, parts: &[String]) -> String {
    let parts = parts.iter().filter(|part| !part.is_empty());
    let indented = parts.map(|part| {
        let lines =
            part.lines().map(|line| if line.is_empty() { "\n".to_string() } else { format!("{indent}{line}\n") });
        lines.collect::<String>()
    });
    indented.collect::<Vec<_>>().join("\n")
}
