//! Dependencies between our crates run `src → compiler → runtime-lib/abi ← foundation ← host ← faces ← start` and
//! `foundation ← library ← start`, and nowhere else; the contract crate depends on nothing.

use super::Finding;
use super::files::{Files, TextFile};
use anyhow::{Context, Result};
use toml::Table;

/// Each crate, and those of ours that it may depend on.
const EDGES: &[(&str, &[&str])] = &[
    // The contract is for its tests: they look for what it describes.
    ("aot", &["aot-abi", "aot-compiler", "aot-wast"]),
    ("aot-compiler", &["aot-abi", "aot-composer", "aot-linker"]),
    ("aot-composer", &[]),
    ("aot-linker", &[]),
    ("aot-abi", &[]),
    ("aot-benches", &[]),
    ("aot-build", &[]),
    ("aot-fuzz", &["aot-compiler", "aot-wast"]),
    ("aot-foundation", &["aot-abi"]),
    ("aot-host", &["aot-abi", "aot-foundation"]),
    ("aot-faces", &["aot-abi", "aot-host"]),
    ("aot-library", &["aot-abi", "aot-foundation"]),
    ("aot-node", &["aot-abi", "aot-foundation", "aot-library"]),
    ("aot-start", &["aot-abi", "aot-faces", "aot-foundation", "aot-host", "aot-library", "aot-node"]),
    ("aot-wast", &["aot-abi", "aot-compiler"]),
    ("xtask", &[]),
    // Parts of a program that tests compile.
    ("harbor-command", &[]),
    ("harbor-parser", &[]),
    // Components that try what they may do.
    ("grants-actions", &[]),
    ("grants-asker", &["grants-actions"]),
    ("grants-probe", &["grants-actions"]),
    // Examples.
    ("library-host", &[]),
    ("service", &[]),
    // The commands of the tests of WASI 0.3.
    ("p3-files", &[]),
    ("p3-http", &[]),
    ("p3-sockets", &[]),
    // The handler of the server's tests.
    ("serve-steps", &[]),
    // The programs of the tests of stores.
    ("state", &[]),
];

const CONTRACT: &str = "aot-abi";
const TABLES: &[&str] = &["dependencies", "build-dependencies", "dev-dependencies"];

pub fn check(files: &Files) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let manifests = files.all.iter().filter(|file| file.path.ends_with("Cargo.toml"));
    for file in manifests {
        let manifest: Table = file.text.parse().with_context(|| format!("reading {}", file.path))?;
        let name = manifest.get("package").and_then(|package| package.get("name"));
        if let Some(name) = name.and_then(|name| name.as_str()) {
            check_crate(file, name, &dependencies(&manifest), &mut findings);
        }
    }
    Ok(findings)
}

fn check_crate(file: &TextFile, name: &str, present: &[String], findings: &mut Vec<Finding>) {
    let mut find = |needle: &str, advice: String| {
        let line = file.line_of(needle);
        findings.push(Finding { path: file.path.clone(), line, rule: "crate-edge", advice });
    };
    let Some((_, allowed)) = EDGES.iter().find(|(known, _)| *known == name) else {
        find(name, format!("say in xtask/src/tidy/crate_edges.rs what `{name}` may depend on"));
        return;
    };
    for dependency in present {
        let ours = EDGES.iter().any(|(known, _)| known == dependency);
        if ours && !allowed.contains(&dependency.as_str()) {
            find(dependency, format!("`{name}` must not depend on `{dependency}`"));
        } else if name == CONTRACT {
            find(dependency, format!("the contract depends on nothing: remove `{dependency}`"));
        }
    }
}

/// The names of everything that a manifest depends on, for any platform.
fn dependencies(manifest: &Table) -> Vec<String> {
    let mut names = names_in(manifest);
    let platforms = manifest.get("target").and_then(|target| target.as_table());
    for platform in platforms.into_iter().flat_map(|platforms| platforms.values()) {
        names.extend(platform.as_table().map(names_in).unwrap_or_default());
    }
    names
}

fn names_in(table: &Table) -> Vec<String> {
    let tables = TABLES.iter().filter_map(|name| table.get(*name)?.as_table());
    tables.flat_map(|dependencies| dependencies.keys().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(manifest: &str) -> Vec<String> {
        let file = TextFile { path: String::from("Cargo.toml"), text: manifest.to_owned() };
        let findings = check(&Files { all: vec![file] }).expect("valid TOML");
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_edge_against_the_direction_is_found_on_any_platform() {
        let manifest = "[package]\nname = \"aot-linker\"\n[target.'cfg(unix)'.dependencies]\naot-compiler = \"1\"\n";
        assert_eq!(findings(manifest).len(), 1);
        assert!(findings(manifest)[0].starts_with("Cargo.toml:4: crate-edge: "));
    }

    #[test]
    fn an_edge_along_the_direction_and_foreign_crates_are_fine() {
        let manifest = "[package]\nname = \"aot-compiler\"\n[dependencies]\naot-abi = \"1\"\nserde = \"1\"\n";
        assert!(findings(manifest).is_empty());
    }
}
