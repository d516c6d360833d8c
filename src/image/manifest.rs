//! Manifests: one for each target with its bill of materials, and the index of all of them.

use super::config::Config;
use super::layer::layer;
use super::layout::{Descriptor, Layout, digest};
use super::platform::Platform;
use super::settings::Settings;
use crate::sbom;
use anyhow::Result;
use aot_compiler::describe::Executable;
use aot_compiler::target::Target;
use serde::Serialize;
use std::collections::BTreeMap;

const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const BILL: &str = "application/vnd.cyclonedx+json";

/// Version of the schemas of manifests and indexes.
const SCHEMA_VERSION: u32 = 2;

/// Annotation of an index by which aot knows a layout that it made.
pub const MADE_BY: &str = "aot.version";

/// Annotation with the reference of an image in a layout.
const REFERENCE: &str = "org.opencontainers.image.ref.name";
/// Annotation with the whole name, which Docker and containerd read.
const WHOLE_NAME: &str = "io.containerd.image.name";

/// An image that is being made.
pub struct Image {
    settings: Settings,
    layout: Layout,
    manifests: Vec<Descriptor>,
    bills: Vec<Descriptor>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    media_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<&'static str>,
    config: Descriptor,
    layers: [Descriptor; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<Descriptor>,
    annotations: BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u32,
    media_type: &'static str,
    manifests: Vec<Descriptor>,
    annotations: BTreeMap<String, String>,
}

impl Image {
    /// An image for no target yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, layout: Layout::default(), manifests: Vec::new(), bills: Vec::new() }
    }

    /// Adds the executable for a target.
    pub fn add(&mut self, target: &Target, bytes: &[u8], executable: &Executable) -> Result<()> {
        let (settings, layout, platform) = (&self.settings, &mut self.layout, Platform::of(target));
        let layer = layer(&settings.program, bytes, settings.time)?;
        let config = Config::new(settings, platform.clone(), &executable.policy, digest(&layer.archive))?;
        let manifest = Manifest {
            schema_version: SCHEMA_VERSION,
            media_type: MANIFEST,
            artifact_type: None,
            config: layout.add_json(CONFIG, &config)?,
            layers: [layout.add(LAYER, layer.compressed)],
            subject: None,
            annotations: settings.annotations()?,
        };
        let manifest = layout.add_json(MANIFEST, &manifest)?;
        let bill = sbom::of_executable(&settings.program, bytes, executable)?;
        let bill = Manifest {
            schema_version: SCHEMA_VERSION,
            media_type: MANIFEST,
            artifact_type: Some(BILL),
            config: layout.add(EMPTY, b"{}".to_vec()),
            layers: [layout.add_json(BILL, &bill)?],
            subject: Some(manifest.clone()),
            annotations: BTreeMap::from([(String::from("org.opencontainers.image.created"), settings.created()?)]),
        };
        let bill = layout.add_json(MANIFEST, &bill)?;
        self.manifests.push(manifest.for_platform(platform));
        // Otherwise tools that look for a program of their platform could take it.
        self.bills.push(bill.for_platform(Platform::unknown()));
        Ok(())
    }

    /// Returns the layout. The image of one target is its manifest; that of several is an index, which is copied whole, with
    /// the bills. In an archive it is always an index, because engines load an archive with one entry.
    pub fn finish(self, is_archive: bool) -> Result<Layout> {
        let Self { settings, mut layout, mut manifests, mut bills } = self;
        let image = if manifests.len() == 1 && !is_archive {
            manifests.remove(0)
        } else {
            manifests.append(&mut bills);
            layout.add_json(INDEX, &index(manifests, settings.annotations()?))?
        };
        let names = [(REFERENCE, settings.name.tag().to_string()), (WHOLE_NAME, settings.name.full())];
        let names = names.map(|(key, value)| (key.to_string(), value));
        let image = image.annotated(BTreeMap::from(names));
        let all = [image].into_iter().chain(bills).collect();
        let made_by = BTreeMap::from([(MADE_BY.to_string(), env!("CARGO_PKG_VERSION").to_string())]);
        layout.set_index(&index(all, made_by))?;
        layout.time = settings.time;
        Ok(layout)
    }
}

fn index(manifests: Vec<Descriptor>, annotations: BTreeMap<String, String>) -> Index {
    Index { schema_version: SCHEMA_VERSION, media_type: INDEX, manifests, annotations }
}
