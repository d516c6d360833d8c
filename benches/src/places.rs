//! Paths of sources, products and tools.

use std::path::{Path, PathBuf};

/// Returns the repository's top folder.
pub fn repository() -> &'static Path {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
    benches.parent().unwrap_or(benches)
}

/// Returns the path of a kernel or program in the benches.
pub fn source(path: &str) -> PathBuf {
    repository().join("benches").join(path)
}

/// Returns the folder of products; deleting it only costs time.
pub fn products() -> PathBuf {
    repository().join("target/benches")
}

/// Returns the path of a tool that set-up has installed.
pub fn tool(name: &str) -> PathBuf {
    repository().join("target/setup/bin").join(name)
}

/// Returns the path of the last build of `aot`.
pub fn aot() -> PathBuf {
    repository().join("target/release/aot")
}
