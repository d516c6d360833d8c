//! The components and core modules of a wasm file, as a note and `aot inspect` show them.

use serde::{Deserialize, Serialize};

/// The kind of a binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BinaryKind {
    /// A component, in which other binaries may lie.
    #[serde(rename = "component")]
    Component,
    /// A core module.
    #[serde(rename = "core module")]
    Module,
}

/// A component or core module of a wasm file: each is a binary of its own, also inside another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Binary {
    /// Component or core module.
    pub kind: BinaryKind,
    /// The component in which the binary lies, by its place in the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<usize>,
    /// The name of the component or core module, or the name by which the parent knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The file in which it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The version that its author gave it (custom section `version`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The license as an SPDX expression (custom section `licenses`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// SHA-256 of the bytes, in hexadecimal digits.
    pub sha256: String,
    /// The number of bytes.
    pub bytes: u64,
    /// The languages, tools and SDKs that made it (custom section `producers`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub producers: Vec<Producer>,
    /// Names of its imports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<String>,
    /// Names of its exports.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exports: Vec<String>,
    /// The instances that a component makes, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instances: Vec<Instance>,
}

/// A language, tool or SDK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Producer {
    /// `language`, `processed-by` or `sdk`.
    pub field: String,
    /// The name of the tool.
    pub name: String,
    /// The version of the tool.
    pub version: String,
}

/// An instance that a component makes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Instance {
    /// The name that `arguments` of others use.
    pub name: String,
    /// The binary that is instantiated, by its place in the list, if the file has it.
    #[serde(default, rename = "part", skip_serializing_if = "Option::is_none")]
    pub binary: Option<usize>,
    /// The binary that is instantiated, in words.
    pub of: String,
    /// The items that satisfy its imports.
    pub arguments: Vec<Argument>,
}

/// An item that satisfies an import.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Argument {
    /// The name of the import that the argument satisfies.
    pub import: String,
    /// The origin of the item.
    pub from: String,
}

/// A file that a program is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The name, without folders.
    pub name: String,
    /// SHA-256 of its binary, in hexadecimal digits.
    pub sha256: String,
}

impl Binary {
    /// The binary as an executable describes it.
    pub(super) fn without_items(&self) -> Self {
        Self { imports: Vec::new(), exports: Vec::new(), instances: Vec::new(), ..self.clone() }
    }

    /// The name in a list: the file, the name, or the place.
    pub fn title(&self, place: usize) -> String {
        match (&self.file, &self.name) {
            (Some(file), _) => file.clone(),
            (None, Some(name)) => name.clone(),
            (None, None) => format!("#{place}"),
        }
    }
}
