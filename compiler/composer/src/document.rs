//! Composition by a WAC document.

use super::{Composition, Input};
use anyhow::{Context, Result, anyhow, ensure};
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
    check_size(source)?;
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

/// Bytes that a document may have: following one takes time in proportion to the square. Real documents have a few thousand.
const BYTES_MAX: usize = 64 << 10;
/// Levels of brackets that a document may have, each of which costs stack in the parser. Real documents have a handful.
const DEPTH_MAX: usize = 100;

/// Refuses a document that is too large, or whose brackets nest too deep. A bracket in a text or a comment counts too.
fn check_size(source: &str) -> Result<()> {
    ensure!(source.len() <= BYTES_MAX, "the document has {} bytes, more than {BYTES_MAX}", source.len());
    let (mut depth, mut before) = (0usize, ' ');
    for (index, line) in source.lines().enumerate() {
        for character in line.chars() {
            match character {
                '(' | '{' | '[' | '<' => depth += 1,
                '>' if before == '-' => {}
                ')' | '}' | ']' | '>' => depth = depth.saturating_sub(1),
                _ => {}
            }
            before = character;
            ensure!(depth <= DEPTH_MAX, "line {} of the document nests more than {DEPTH_MAX} deep", index + 1);
        }
    }
    Ok(())
}
