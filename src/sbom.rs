//! Bills of materials in CycloneDX 1.6 (ECMA-424), as JSON: of `aot inspect --sbom FILE`, and of images.
//!
//! The program's components and modules come from its description; the other contents of an executable come from the
//! list that `cargo xtask licenses` writes. The result doesn't depend on the time or the machine.

use anyhow::{Context, Result};
use aot_compiler::describe::{self, Binary, BinaryKind, Executable};
use serde::{Deserialize, Serialize};

/// Packages in the run-time library, as `cargo xtask licenses` wrote them.
const RUNTIME_PACKAGES: &str = include_str!("../runtime-lib/packages.toml");

#[derive(Deserialize)]
struct RuntimePackages {
    package: Vec<RuntimePackage>,
}

#[derive(Deserialize)]
struct RuntimePackage {
    name: String,
    version: String,
    license: String,
    /// True for a package of Rust's registry.
    registry: bool,
    /// True if only executables with the full runtime carry it.
    full: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bom {
    bom_format: &'static str,
    spec_version: &'static str,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    dependencies: Vec<Dependency>,
}

#[derive(Serialize)]
struct Metadata {
    tools: Tools,
    component: Component,
}

#[derive(Serialize)]
struct Tools {
    components: Vec<Component>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Component {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bom_ref: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<License>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
struct License {
    expression: String,
}

#[derive(Serialize)]
struct Property {
    name: String,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    r#ref: String,
    depends_on: Vec<String>,
}

/// Makes the bill of a wasm file: the components and modules in it.
pub fn of_wasm(name: &str, binaries: &[Binary]) -> Bom {
    // The first entry is the file itself.
    let mut described = binaries.iter().enumerate().map(|(place, binary)| described(place, binary));
    let whole = described.next().unwrap_or_else(|| component("application", String::new(), None));
    let program = Component { r#type: "application", name: name.to_string(), ..whole };
    bom(program, described.collect(), depends(binaries, 0, Vec::new()))
}

/// Makes the bill of an executable: the program's components and modules, and the packages of the runtime.
pub fn of_executable(name: &str, bytes: &[u8], executable: &Executable) -> Result<Bom> {
    let note = &executable.note;
    let mut program = component("application", name.to_string(), None);
    program.hashes.push(sha256(&describe::sha256(bytes)));
    program.properties.push(property("aot:target", &note.target));
    let carried: RuntimePackages = toml::from_str(RUNTIME_PACKAGES).context("the list of the runtime's packages")?;
    let has_full_runtime = executable.has_full_runtime();
    let carried = carried.package.into_iter().filter(|package| has_full_runtime || !package.full);
    let carried: Vec<Component> = carried.enumerate().map(|(place, package)| package.component(place)).collect();
    let references = carried.iter().filter_map(|component| component.bom_ref.clone()).collect();
    let binaries = note.binaries.iter().enumerate().map(|(place, binary)| described(place, binary));
    let components = binaries.chain(carried).collect();
    Ok(bom(program, components, depends(&note.binaries, usize::MAX, references)))
}

fn bom(mut program: Component, components: Vec<Component>, dependencies: Vec<Dependency>) -> Bom {
    program.bom_ref = Some(PROGRAM.to_string());
    let aot = component("application", "aot".to_string(), Some(env!("CARGO_PKG_VERSION").to_string()));
    Bom {
        bom_format: "CycloneDX",
        spec_version: "1.6",
        version: 1,
        metadata: Metadata { tools: Tools { components: vec![aot] }, component: program },
        components,
        dependencies,
    }
}

/// Reference of the bill's subject.
const PROGRAM: &str = "program";

fn reference(place: usize) -> String {
    format!("part-{place}")
}

fn described(place: usize, binary: &Binary) -> Component {
    let mut component = component("library", binary.title(place), binary.version.clone());
    component.bom_ref = Some(reference(place));
    component.hashes.push(sha256(&binary.sha256));
    component.licenses.extend(binary.license.iter().map(|license| License { expression: license.clone() }));
    let kind = match binary.kind {
        BinaryKind::Component => "component",
        BinaryKind::Module => "core module",
    };
    component.properties.push(property("aot:kind", kind));
    for producer in &binary.producers {
        let value = format!("{} {}", producer.name, producer.version);
        component.properties.push(property(&format!("aot:{}", producer.field), value.trim_end()));
    }
    component
}

/// Returns the dependencies: each component or module depends on those inside it. The entry at `program` is the
/// program; if there is none, the program depends on the first entry.
fn depends(binaries: &[Binary], program: usize, carried: Vec<String>) -> Vec<Dependency> {
    let name = |place: usize| if place == program { PROGRAM.to_string() } else { reference(place) };
    let mut dependencies: Vec<Dependency> =
        (0..binaries.len()).map(|place| Dependency { r#ref: name(place), depends_on: Vec::new() }).collect();
    for (place, binary) in binaries.iter().enumerate() {
        if let Some(parent) = binary.parent {
            dependencies[parent].depends_on.push(name(place));
        }
    }
    if program >= binaries.len() {
        let whole = binaries.first().map(|_| reference(0));
        let depends_on = whole.into_iter().chain(carried).collect();
        dependencies.insert(0, Dependency { r#ref: PROGRAM.to_string(), depends_on });
    }
    dependencies
}

impl RuntimePackage {
    fn component(self, place: usize) -> Component {
        let purl = self.registry.then(|| format!("pkg:cargo/{}@{}", self.name, self.version));
        Component {
            bom_ref: Some(format!("runtime-{place}")),
            licenses: vec![License { expression: self.license }],
            purl,
            ..component("library", self.name, Some(self.version))
        }
    }
}

fn component(r#type: &'static str, name: String, version: Option<String>) -> Component {
    Component {
        r#type,
        bom_ref: None,
        name,
        version,
        hashes: Vec::new(),
        licenses: Vec::new(),
        purl: None,
        properties: Vec::new(),
    }
}

fn sha256(content: &str) -> Hash {
    Hash { alg: "SHA-256", content: content.to_string() }
}

fn property(name: &str, value: &str) -> Property {
    Property { name: name.to_string(), value: value.to_string() }
}
