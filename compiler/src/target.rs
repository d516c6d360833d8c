//! The targets, as the files in `targets/` describe them.

use crate::error::{Error, Result, Stage};
use serde::Deserialize;
use std::sync::OnceLock;

/// A target. The files explain the fields.
#[derive(Clone, Debug, Deserialize)]
pub struct Target {
    /// Its name, such as `x86_64-linux`.
    pub name: String,
    /// Triples that mean the same target.
    pub aliases: Vec<String>,
    /// The triple of code and runtime.
    pub triple: String,
    /// The instruction set.
    pub isa: String,
    /// Cranelift settings of the baseline CPU.
    pub cpu_baseline: Vec<String>,
    /// Cranelift settings that a program with vectors needs besides.
    pub cpu_vectors: Vec<String>,
    /// The largest page in bytes.
    pub page_bytes_max: u64,
    /// Bytes of guard behind a linear memory.
    pub guard_bytes: u64,
}

/// All targets.
pub fn targets() -> &'static [Target] {
    static TARGETS: OnceLock<Vec<Target>> = OnceLock::new();
    TARGETS.get_or_init(|| {
        let files = [
            include_str!("../../targets/x86_64-linux.toml"),
            include_str!("../../targets/aarch64-linux.toml"),
            include_str!("../../targets/riscv64-linux.toml"),
        ];
        files.iter().map(|file| toml::from_str(file).expect("a file of targets/ is malformed")).collect()
    })
}

impl Target {
    /// The target with this name or triple.
    ///
    /// # Errors
    /// Where there is none.
    pub fn find(name: &str) -> Result<&'static Target> {
        let known = |target: &&Target| {
            target.name == name || target.triple == name || target.aliases.iter().any(|alias| alias == name)
        };
        targets().iter().find(known).ok_or_else(|| {
            let names: Vec<&str> = targets().iter().map(|target| target.name.as_str()).collect();
            Error::input(
                Stage::Plan,
                format!("there is no target {name:?}"),
                format!("the targets are {}; `aot targets` tells more", names.join(", ")),
            )
        })
    }

    /// The machine that this compiler runs on, or x86_64 where that isn't a target.
    pub fn host() -> &'static Target {
        let host = format!("{}-linux", std::env::consts::ARCH);
        Self::find(&host).unwrap_or(&targets()[0])
    }
}
