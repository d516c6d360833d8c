//! The files of an image layout: contents by their digests, and the index that leads to them.

use super::platform::Platform;
use anyhow::Result;
use aot_compiler::describe;
use serde::Serialize;
use std::collections::BTreeMap;

/// The file that says which version of the layout this is.
pub const VERSION_FILE: (&str, &str) = ("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
/// The file that leads to all others.
pub const INDEX_FILE: &str = "index.json";
/// The beginning of digests.
const ALGORITHM: &str = "sha256:";
/// The folder of contents.
pub const CONTENTS: &str = "blobs/sha256";

/// Files of a layout.
#[derive(Default)]
pub struct Layout {
    /// Contents by the hexadecimal digits of their digests.
    contents: BTreeMap<String, Vec<u8>>,
    index: Vec<u8>,
    /// Time of the files, in seconds since 1970.
    pub time: u64,
}

/// A description of contents, by which others refer to them.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    media_type: &'static str,
    digest: String,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<Platform>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// Says which machine the contents are for.
    pub fn for_platform(self, platform: Platform) -> Self {
        Self { platform: Some(platform), ..self }
    }

    /// Adds further facts.
    pub fn annotated(self, annotations: BTreeMap<String, String>) -> Self {
        Self { annotations, ..self }
    }
}

/// Returns the digest of contents, with its algorithm.
pub fn digest(contents: &[u8]) -> String {
    format!("{ALGORITHM}{}", describe::sha256(contents))
}

impl Layout {
    /// Adds contents, if they aren't there yet, and returns their description.
    pub fn add(&mut self, media_type: &'static str, contents: Vec<u8>) -> Descriptor {
        let (digits, size) = (describe::sha256(&contents), contents.len());
        let digest = format!("{ALGORITHM}{digits}");
        self.contents.insert(digits, contents);
        Descriptor { media_type, digest, size, platform: None, annotations: BTreeMap::new() }
    }

    /// Adds a document.
    pub fn add_json(&mut self, media_type: &'static str, document: &impl Serialize) -> Result<Descriptor> {
        Ok(self.add(media_type, serde_json::to_vec(document)?))
    }

    /// Sets the index of the layout.
    pub fn set_index(&mut self, index: &impl Serialize) -> Result<()> {
        self.index = serde_json::to_vec(index)?;
        Ok(())
    }

    /// The files: paths and contents.
    pub fn files(&self) -> impl Iterator<Item = (String, &[u8])> {
        let (version, text) = VERSION_FILE;
        let heads = [(version.to_string(), text.as_bytes()), (INDEX_FILE.to_string(), &self.index[..])];
        let contents = self.contents.iter().map(|(name, bytes)| (format!("{CONTENTS}/{name}"), &bytes[..]));
        heads.into_iter().chain(contents)
    }
}
