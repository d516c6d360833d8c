//! Temporary folders for tests, below `target/tmp`.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};

/// A folder that starts empty. It is removed at the end unless the test fails, so that its files can be inspected.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes the folder of the test `name` (which may contain `/`) of a suite.
    pub fn new(suite: &str, name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(suite).join(name);
        if path.exists() {
            fs::remove_dir_all(&path).unwrap_or_else(|error| panic!("removing {}: {error}", path.display()));
        }
        fs::create_dir_all(&path).unwrap_or_else(|error| panic!("creating {}: {error}", path.display()));
        Self { path }
    }

    /// Removes the folder of a test that has passed.
    pub fn remove(self) {
        // A folder that can't be removed is removed by the next run.
        let _ = fs::remove_dir_all(&self.path);
    }
}

impl Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

impl AsRef<Path> for Folder {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}
