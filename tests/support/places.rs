//! Paths of the program under test, of built guests, and tools that tests have installed.

use std::path::{Path, PathBuf};

/// Returns the path of the program under test.
pub fn aot() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_aot"))
}

/// Returns the repository's top folder.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the path of a guest built from `tests/programs`, such as `c/files.wasm`.
pub fn guest(name: &str) -> PathBuf {
    existing(guests().join(name))
}

/// Returns the folder of all built guests.
pub fn guests() -> PathBuf {
    repository().join("target/guests")
}

/// Returns the path of a tool that tests have installed, such as `wasmtime`.
pub fn tool(name: &str) -> PathBuf {
    existing(tools().join(name))
}

/// Returns the folder of all tools.
pub fn tools() -> PathBuf {
    repository().join("target/setup/bin")
}

fn existing(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is missing: run `cargo xtask guests` first", path.display());
    path
}
