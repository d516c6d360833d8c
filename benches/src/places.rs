//! Where things lie.

use std::path::{Path, PathBuf};

/// The repository's top folder.
pub fn repository() -> &'static Path {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
    benches.parent().unwrap_or(benches)
}

/// A kernel or program of ours.
pub fn source(path: &str) -> PathBuf {
    repository().join("benches").join(path)
}

/// The folder of what the benches make; deleting it only costs time.
pub fn products() -> PathBuf {
    repository().join("target/benches")
}

/// A tool that set-up has installed.
pub fn tool(name: &str) -> PathBuf {
    repository().join("target/setup/bin").join(name)
}

/// `aot` as it was built last.
pub fn aot() -> PathBuf {
    repository().join("target/release/aot")
}
