//! The targets, as the files in `targets/` describe them.

use crate::error::{Error, Result, Stage};
use crate::isa::{self, IsaFacts};
use crate::nearest::did_you_mean;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::sync::OnceLock;

/// A target. The files explain the fields.
#[derive(Clone, Debug, Deserialize)]
pub struct Target {
    /// The name of the target, such as `x86_64-linux`.
    pub name: String,
    /// Triples that mean the same target.
    pub aliases: Vec<String>,
    /// The triple of code and runtime.
    pub triple: String,
    /// The instruction set.
    #[serde(deserialize_with = "instruction_set")]
    pub isa: &'static IsaFacts,
    /// Cranelift settings of the baseline CPU.
    pub cpu_baseline: Vec<String>,
    /// Cranelift settings that a program with vectors needs besides.
    pub cpu_vectors: Vec<String>,
    /// The largest page in bytes.
    pub page_bytes_max: u64,
    /// Bytes of guard behind a linear memory.
    pub guard_bytes: u64,
    /// The oldest platform with glibc for packages of Python.
    pub manylinux: String,
    /// The machine's name in images for containers.
    pub image: ImagePlatform,
}

/// The name of a machine in images for containers, as the Open Container Initiative has it.
#[derive(Clone, Debug, Deserialize)]
pub struct ImagePlatform {
    /// The architecture, such as `amd64`.
    pub architecture: String,
    /// The variant of the architecture, if there are several.
    pub variant: Option<String>,
}

/// The files of `targets/`, names without `.toml` and contents, in the order of their names.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/targets.rs"));

/// All targets: that of this machine first, the others by name.
pub fn targets() -> &'static [Target] {
    static TARGETS: OnceLock<Vec<Target>> = OnceLock::new();
    TARGETS.get_or_init(|| {
        let read = |(name, text): &(&str, &str)| {
            toml::from_str(text).unwrap_or_else(|error| panic!("targets/{name}.toml is malformed: {error}"))
        };
        let mut targets: Vec<Target> = FILES.iter().map(read).collect();
        targets.sort_by_key(|target| !target.is_host());
        targets
    })
}

/// All names and triples.
fn known_names() -> impl Iterator<Item = &'static str> {
    targets()
        .iter()
        .flat_map(|target| [&target.name, &target.triple].into_iter().chain(&target.aliases).map(String::as_str))
}

fn instruction_set<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<&'static IsaFacts, D::Error> {
    let name = String::deserialize(deserializer)?;
    isa::named(&name).ok_or_else(|| D::Error::custom(format!("there is no instruction set {name:?} in isa/")))
}

impl Target {
    /// The target with this name or triple.
    ///
    /// # Errors
    /// A name that no target has.
    pub fn find(name: &str) -> Result<&'static Target> {
        let known = |target: &&Target| {
            target.name == name || target.triple == name || target.aliases.iter().any(|alias| alias == name)
        };
        targets().iter().find(known).ok_or_else(|| {
            let names: Vec<&str> = targets().iter().map(|target| target.name.as_str()).collect();
            Error::input(
                Stage::Plan,
                format!("there is no target {name:?}{}", did_you_mean(name, known_names())),
                format!("the targets are {}; `aot targets` tells more", names.join(", ")),
            )
        })
    }

    /// The target of the machine that this compiler runs on, or the first if that machine is none.
    pub fn host() -> &'static Target {
        &targets()[0]
    }

    fn is_host(&self) -> bool {
        self.isa.name == std::env::consts::ARCH
    }
}
