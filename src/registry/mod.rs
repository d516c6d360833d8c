//! Components from registries: `oci://HOST/NAME@sha256:DIGEST` names a wasm artifact, whose layer is the component.
//!
//! Nothing that a registry says is believed: the digest of the name vouches for the manifest, and that for the component.

mod client;
mod credentials;
mod reference;

use anyhow::{Context, Result, bail, ensure};
use aot_compiler::describe;
use client::Client;
use reference::{Reference, Version};
use serde::Deserialize;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// Beginning of the names of components in registries.
const SCHEME: &str = "oci://";
/// Most bytes of a manifest, as the specification of registries recommends it.
const MANIFEST_BYTES_MAX: u64 = 4 << 20;
/// Most bytes of a component.
const COMPONENT_BYTES_MAX: u64 = 1 << 30;
/// Media type of a manifest.
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media types of layers that are components or modules: of the wasm artifact, and of what came before it.
const WASM: [&str; 2] = ["application/wasm", "application/vnd.wasm.content.layer.v1+wasm"];

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: String,
    size: u64,
}

/// Returns the name of a component in a registry, if a path is one.
pub fn name(path: &Path) -> Option<&str> {
    path.to_str().filter(|path| path.starts_with(SCHEME))
}

/// Returns the path from which results take their names: for a component in a registry, a file with its repository's name.
pub fn file(path: &Path) -> Cow<'_, Path> {
    let repository = |name: &str| {
        let name = name.split(['@']).next()?.rsplit('/').next()?;
        Some(format!("{}.wasm", name.split(':').next()?))
    };
    match name(path).and_then(repository) {
        Some(file) => PathBuf::from(file).into(),
        None => path.into(),
    }
}

/// Fetches a component.
///
/// # Errors
/// The name isn't right, the registry doesn't answer as it should, or what it answers isn't what the name means.
pub fn fetch(name: &str) -> Result<Vec<u8>> {
    component(name).with_context(|| format!("can't get {name}"))
}

fn component(name: &str) -> Result<Vec<u8>> {
    let reference = Reference::parse(name.strip_prefix(SCHEME).unwrap_or(name))?;
    let mut client = Client::new(&reference)?;
    let version = reference.version.to_string();
    let manifest = client.get(&format!("manifests/{version}"), MANIFEST, MANIFEST_BYTES_MAX)?;
    let digest = describe::sha256(&manifest);
    match &reference.version {
        Version::Digest(expected) => {
            ensure!(digest == *expected, "the registry's manifest is another one: it has the digest sha256:{digest}");
        }
        Version::Tag(tag) => bail!(
            "a tag can mean something else tomorrow: {tag} is now {SCHEME}{}/{}@sha256:{digest}",
            reference.host,
            reference.repository
        ),
    }
    let layer = wasm_layer(&manifest)?;
    let expected = layer.digest.strip_prefix("sha256:").context("its digest isn't one of SHA-256")?;
    ensure!(reference::is_sha256(expected), "its digest has the wrong form");
    ensure!(layer.size <= COMPONENT_BYTES_MAX, "it has {} bytes, and {COMPONENT_BYTES_MAX} are the most", layer.size);
    let component = client.get(&format!("blobs/{}", layer.digest), "*/*", layer.size)?;
    let bytes = component.len() as u64;
    ensure!(bytes == layer.size, "the registry's component has {bytes} bytes, and its manifest says {}", layer.size);
    ensure!(describe::sha256(&component) == expected, "the registry's component isn't the one of its manifest");
    Ok(component)
}

/// Returns the one layer that is a component or a module.
fn wasm_layer(manifest: &[u8]) -> Result<Layer> {
    let manifest: Manifest = serde_json::from_slice(manifest).context("its manifest is malformed")?;
    let mut layers = manifest.layers.into_iter().filter(|layer| WASM.contains(&layer.media_type.as_str()));
    match (layers.next(), layers.next()) {
        (Some(layer), None) => Ok(layer),
        (None, _) => bail!("it is no wasm artifact: its manifest has no layer of the type {}", WASM[0]),
        (Some(_), Some(_)) => bail!("it is no wasm artifact: its manifest has several layers of wasm"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_the_name_of_the_repository() {
        assert_eq!(&*file(Path::new("oci://localhost:5000/me/app.v2:1.0@sha256:00")), Path::new("app.v2.wasm"));
        assert_eq!(&*file(Path::new("oci")), Path::new("oci"));
        assert_eq!(&*file(Path::new("dir/app.wasm")), Path::new("dir/app.wasm"));
    }

    #[test]
    fn a_wasm_artifact_has_one_layer_of_wasm() {
        let layer = |kind: &str| format!(r#"{{"mediaType":"{kind}","digest":"sha256:0","size":1}}"#);
        let found =
            |layers: &[String]| wasm_layer(format!(r#"{{"layers":[{}]}}"#, layers.join(",")).as_bytes()).is_ok();
        assert!(found(&[layer("application/wasm")]) && found(&[layer("text/plain"), layer(WASM[1])]));
        assert!(!found(&[]) && !found(&[layer("text/plain")]) && !found(&[layer(WASM[0]), layer(WASM[0])]));
        assert!(wasm_layer(b"{}").is_err() && wasm_layer(b"").is_err());
    }
}
