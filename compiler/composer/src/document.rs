//! Composition by a WAC document.

use super::{Composition, Input};
use anyhow::{Context, Result, anyhow};
use indexmap::IndexMap;
use wac_graph::EncodeOptions;
use wac_parser::Document;
use wac_types::BorrowedPackageKey;

/// Composes the components as the WAC document `source` says. The inputs are packages, named as in the document, such
/// as `acme:parser`.
///
/// # Errors
/// The document has faults, or names a package that is not among the inputs.
pub fn document(source: &str, packages: Vec<Input>) -> Result<Composition> {
    let document = Document::parse(source).map_err(|error| anyhow!("the document has a fault: {error}"))?;
    let mut by_key = IndexMap::new();
    for package in &packages {
        by_key.insert(BorrowedPackageKey::from_name_and_version(&package.name, None), package.bytes.clone());
    }
    let resolution = document.resolve(by_key).map_err(|error| anyhow!("the document can't be followed: {error}"))?;
    let options = EncodeOptions { validate: false, ..EncodeOptions::default() };
    let bytes = resolution.encode(options).context("the composition can't be encoded")?;
    Ok(Composition { bytes, wiring: Vec::new() })
}
