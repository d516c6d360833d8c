//! Paths in the repository and below `target/`.

use std::path::{Path, PathBuf};

/// The repository's top folder.
pub fn repository() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Everything that set-up downloads or unpacks; deleting it only costs time.
pub fn setup() -> PathBuf {
    repository().join("target/setup")
}

/// A tool that set-up has installed for tests.
pub fn tool(name: &str) -> PathBuf {
    setup().join("bin").join(name)
}

/// The sources of the programs that tests compile and run.
pub fn programs() -> PathBuf {
    repository().join("tests/programs")
}

/// The built programs of tests, in the same folders as their sources.
pub fn guests() -> PathBuf {
    repository().join("target/guests")
}

/// The built run-time library of each target, a folder a target name.
pub fn runtimes() -> PathBuf {
    repository().join("target/runtime")
}

/// The run-time library with checks, and cargo's folder for it.
pub fn checked() -> PathBuf {
    repository().join("target/checked")
}

/// Cargo's own folder for building the run-time library.
pub fn runtime_build() -> PathBuf {
    repository().join("target/runtime-build")
}
