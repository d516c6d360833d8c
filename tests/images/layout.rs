//! Reads image layouts, and doesn't believe them: each digest and each size is checked, and nothing may be there besides.

use flate2::read::GzDecoder;
use libtest_mimic::Failed;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::Path;

/// A layout with all its contents.
pub struct Layout {
    pub index: Value,
    contents: BTreeMap<String, Vec<u8>>,
}

/// A file of a layer.
#[derive(Debug, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub mode: u32,
    pub owner: (u64, u64),
    pub time: u64,
    pub bytes: Vec<u8>,
}

impl Layout {
    /// Reads a layout in a folder, and follows everything in it.
    pub fn read(folder: &Path) -> Result<Self, Failed> {
        let mut names: Vec<_> = fs::read_dir(folder)?.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        if names != ["blobs", "index.json", "oci-layout"] {
            return Err(format!("the folder has {names:?}").into());
        }
        let version: Value = serde_json::from_slice(&fs::read(folder.join("oci-layout"))?)?;
        if version["imageLayoutVersion"] != "1.0.0" {
            return Err(format!("{version}").into());
        }
        let mut contents = BTreeMap::new();
        for entry in fs::read_dir(folder.join("blobs/sha256"))? {
            let entry = entry?;
            contents.insert(format!("sha256:{}", entry.file_name().display()), fs::read(entry.path())?);
        }
        let layout = Self { index: serde_json::from_slice(&fs::read(folder.join("index.json"))?)?, contents };
        let mut reached = BTreeSet::new();
        layout.follow(&layout.index, &mut reached)?;
        let unreached: Vec<_> = layout.contents.keys().filter(|digest| !reached.contains(*digest)).collect();
        if unreached.is_empty() { Ok(layout) } else { Err(format!("nothing refers to {unreached:?}").into()) }
    }

    /// Checks everything that a document describes.
    fn follow(&self, document: &Value, reached: &mut BTreeSet<String>) -> Result<(), Failed> {
        for descriptor in descriptors(document) {
            let bytes = self.bytes(descriptor)?;
            let digest = descriptor["digest"].as_str().unwrap_or_default().to_string();
            if digest != sha256(bytes) || descriptor["size"] != bytes.len() {
                return Err(
                    format!("{descriptor} describes {} bytes with the digest {}", bytes.len(), sha256(bytes)).into()
                );
            }
            let is_new = reached.insert(digest);
            if is_new && descriptor["mediaType"].as_str().is_some_and(|kind| kind.ends_with("+json")) {
                self.follow(&self.document(descriptor)?, reached)?;
            }
        }
        Ok(())
    }

    /// The contents that a descriptor means.
    pub fn bytes(&self, descriptor: &Value) -> Result<&[u8], Failed> {
        let digest = descriptor["digest"].as_str().unwrap_or_default();
        Ok(self.contents.get(digest).ok_or_else(|| format!("{descriptor} leads nowhere"))?)
    }

    /// The document that a descriptor means.
    pub fn document(&self, descriptor: &Value) -> Result<Value, Failed> {
        Ok(serde_json::from_slice(self.bytes(descriptor)?)?)
    }

    /// The descriptors of images and of what is attached to them, also inside an index.
    pub fn manifests(&self) -> Result<Vec<Value>, Failed> {
        let mut manifests = Vec::new();
        for descriptor in list(&self.index["manifests"]) {
            match descriptor["mediaType"].as_str() {
                Some(kind) if kind.contains("index") => {
                    manifests.extend(list(&self.document(descriptor)?["manifests"]).cloned());
                }
                _ => manifests.push(descriptor.clone()),
            }
        }
        Ok(manifests)
    }

    /// The descriptor of the image for an architecture.
    pub fn image(&self, architecture: &str) -> Result<Value, Failed> {
        let manifests = self.manifests()?;
        let found = manifests.into_iter().find(|image| image["platform"]["architecture"] == architecture);
        Ok(found.ok_or_else(|| format!("there is no image for {architecture}"))?)
    }

    /// The files of an image's one layer, whose digest before it was compressed is that of the configuration.
    pub fn files(&self, manifest: &Value) -> Result<Vec<File>, Failed> {
        let [layer] = &list(&manifest["layers"]).collect::<Vec<_>>()[..] else { return Err("not one layer".into()) };
        let mut archive = Vec::new();
        GzDecoder::new(self.bytes(layer)?).read_to_end(&mut archive)?;
        let config = self.document(&manifest["config"])?;
        if config["rootfs"]["diff_ids"] != serde_json::json!([sha256(&archive)]) {
            return Err(format!("{} isn't the layer", config["rootfs"]).into());
        }
        let mut files = Vec::new();
        for entry in tar::Archive::new(&archive[..]).entries()? {
            let mut entry = entry?;
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            let header = entry.header();
            files.push(File {
                name: entry.path()?.display().to_string(),
                mode: header.mode()?,
                owner: (header.uid()?, header.gid()?),
                time: header.mtime()?,
                bytes,
            });
        }
        Ok(files)
    }
}

/// Returns the digest of bytes.
pub fn sha256(bytes: &[u8]) -> String {
    let digits: Vec<String> = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", digits.concat())
}

/// Everything in a document by which it refers to contents.
fn descriptors(document: &Value) -> impl Iterator<Item = &Value> {
    let single =
        ["config", "subject"].into_iter().map(|name| &document[name]).filter(|value| value["digest"].is_string());
    single.chain(list(&document["layers"])).chain(list(&document["manifests"]))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
