//! Where things are: the program under test, built guests, installed tools.

use std::path::{Path, PathBuf};

/// The program under test.
pub fn aot() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_aot"))
}

/// The repository's top folder.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A guest built from `tests/programs`, such as `c/files.wasm`.
pub fn guest(name: &str) -> PathBuf {
    existing(guests().join(name))
}

/// All built guests.
pub fn guests() -> PathBuf {
    repository().join("target/guests")
}

/// A tool that tests have installed, such as `wasmtime`.
pub fn tool(name: &str) -> PathBuf {
    existing(tools().join(name))
}

/// All tools.
pub fn tools() -> PathBuf {
    repository().join("target/setup/bin")
}

fn existing(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is missing: run `cargo xtask guests` first", path.display());
    path
}
