//! Cache of executables: files in one folder of bounded size, named by a hash of everything that determines their
//! contents.
//!
//! No lock is needed. A rename creates an entry, and entries never change; processes that run a removed entry keep it.
//! Two processes that compile the same program at the same time write the same bytes.

use crate::output;
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::env;
use std::fs::{self, DirBuilder, File, Metadata};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Age at which an unfinished file is removed, because a process was killed while writing it.
const UNFINISHED_FOR: Duration = Duration::from_secs(3600);

/// Bytes of a key's hash.
const KEY_BYTES: usize = 32;

/// Folder of cached executables.
pub struct Cache {
    folder: PathBuf,
    bytes_max: u64,
}

/// Key of a cache entry: a hash of everything that determines its contents.
#[derive(Clone)]
pub struct Key(Sha256);

impl Key {
    /// Makes a key of this build of `aot` alone: another build may compile the same program to something else.
    pub fn new() -> Result<Self> {
        let mut key = Self(Sha256::new());
        let aot = env::current_exe().and_then(fs::metadata).context("can't find aot itself")?;
        key.add(env!("CARGO_PKG_VERSION").as_bytes());
        for number in [aot.size() as i64, aot.mtime(), aot.mtime_nsec()] {
            key.add(&number.to_le_bytes());
        }
        Ok(key)
    }

    /// Adds data that determines the contents.
    pub fn add(&mut self, data: &[u8]) {
        self.0.update((data.len() as u64).to_le_bytes());
        self.0.update(data);
    }

    fn name(&self) -> String {
        let digest = self.0.clone().finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Cache {
    /// Opens the cache in `folder`, or in the user's default cache folder.
    pub fn open(folder: Option<&Path>, bytes_max: u64) -> Result<Self> {
        let folder = match folder {
            Some(folder) => folder.to_path_buf(),
            None => default_folder()?,
        };
        // Whoever can write to the folder decides what is run.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("can't make the cache {}", folder.display()))?;
        let folder = folder.canonicalize().with_context(|| format!("can't find the cache {}", folder.display()))?;
        Ok(Self { folder, bytes_max })
    }

    /// Returns the path of the executable with this key, and marks it as used now.
    pub fn find(&self, key: &Key) -> Option<PathBuf> {
        let path = self.folder.join(key.name());
        let file = File::open(&path).ok()?;
        // If the time can't be set, the entry is only removed earlier.
        let _ = file.set_modified(SystemTime::now());
        Some(path)
    }

    /// Adds an executable, and removes the least recently used ones until the size is within bounds.
    pub fn add(&self, key: &Key, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.folder.join(key.name());
        output::write(&path, bytes, true)?;
        self.trim(&path).with_context(|| format!("can't make room in the cache {}", self.folder.display()))?;
        Ok(path)
    }

    /// Removes entries until the size is within bounds. `new` stays even if it is too large, because it is about to
    /// run.
    fn trim(&self, new: &Path) -> Result<()> {
        let mut entries = self.entries()?;
        let mut bytes: u64 = entries.iter().map(|(_, metadata)| metadata.len()).sum();
        entries.sort_by_key(|(_, metadata)| (metadata.mtime(), metadata.mtime_nsec()));
        for (path, metadata) in entries.iter().filter(|(path, _)| path != new) {
            if bytes > self.bytes_max {
                remove(path)?;
                bytes -= metadata.len();
            }
        }
        Ok(())
    }

    /// Lists the executables. Old unfinished files are removed; files that aren't the cache's are left alone.
    fn entries(&self) -> Result<Vec<(PathBuf, Metadata)>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            // Another process may have removed the file in the meantime.
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            match (is_key(name), is_unfinished(name)) {
                (true, _) => entries.push((path, metadata)),
                (_, true) if metadata.modified()?.elapsed().is_ok_and(|age| age > UNFINISHED_FOR) => remove(&path)?,
                _ => {}
            }
        }
        Ok(entries)
    }
}

/// Removes a file, unless another process already has.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn is_key(name: &str) -> bool {
    name.len() == 2 * KEY_BYTES && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns true if the name is one that [`output::write`] gives to unfinished files.
fn is_unfinished(name: &str) -> bool {
    let key = name.strip_prefix('.').and_then(|rest| rest.split_once('.'));
    key.is_some_and(|(key, _)| is_key(key))
}

fn default_folder() -> Result<PathBuf> {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    match (absolute("XDG_CACHE_HOME"), absolute("HOME")) {
        (Some(cache), _) => Ok(cache.join("aot")),
        (None, Some(home)) => Ok(home.join(".cache/aot")),
        (None, None) => bail!("there is no place for a cache: set HOME, or give --cache DIR"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_key_keep_their_borders() {
        let key = |parts: &[&[u8]]| {
            let mut key = Key::new().unwrap();
            parts.iter().for_each(|part| key.add(part));
            key.name()
        };
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"a", b"bc"]));
        assert_eq!(key(&[b"ab", b"c"]), key(&[b"ab", b"c"]));
        assert!(is_key(&key(&[])));
    }

    #[test]
    fn only_the_caches_own_files_are_touched() {
        let key = "0".repeat(64);
        assert!(is_unfinished(&format!(".{key}.123")));
        assert!(!is_unfinished(".config") && !is_unfinished(&key) && !is_key("notes.txt"));
    }
}
