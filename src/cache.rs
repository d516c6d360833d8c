//! Cache of executables: files in one folder of bounded size, named by a hash of everything that determines their
//! contents. Each ends with a hash of name and contents.
//!
//! Whoever can write to the folder decides what is run, so the folder and its files must be the user's own. An entry is
//! verified before each run: one that a crash, a full disk or another program damaged is made again.
//!
//! No lock is needed. A rename creates an entry, and entries never change; processes that run a removed entry keep it.
//! Two processes that compile the same program at the same time write the same bytes.

use crate::output::{Unfinished, is_unfinished};
use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use std::env;
use std::fs::{self, DirBuilder, File, Metadata};
use std::io::Read;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Age at which an unfinished file is removed, because a process was killed while writing it.
const UNFINISHED_FOR: Duration = Duration::from_secs(3600);

/// Bytes of a hash.
const HASH_BYTES: usize = 32;

/// Bits of a file's mode that let others than its owner write.
const WRITABLE_BY_OTHERS: u32 = 0o022;

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
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("can't make the cache {}", folder.display()))?;
        let folder = folder.canonicalize().with_context(|| format!("can't find the cache {}", folder.display()))?;
        let metadata = fs::metadata(&folder).with_context(|| format!("can't find the cache {}", folder.display()))?;
        if let Err(why) = is_own(&metadata) {
            bail!("can't use the cache {}: {why}; --cache DIR names another folder", folder.display());
        }
        Ok(Self { folder, bytes_max })
    }

    /// Returns the path of the executable with this key, and marks it as used now. An entry that isn't the user's own or
    /// isn't whole is removed.
    pub fn find(&self, key: &Key) -> Option<PathBuf> {
        let name = key.name();
        let path = self.folder.join(&name);
        let Ok(file) = verified(&path, &name) else {
            let _ = fs::remove_file(&path);
            return None;
        };
        // If the time can't be set, the entry is only removed earlier.
        let _ = file.set_modified(SystemTime::now());
        Some(path)
    }

    /// Adds an executable, and removes the least recently used ones until the size is within bounds.
    pub fn add(&self, key: &Key, bytes: &[u8]) -> Result<PathBuf> {
        let name = key.name();
        let path = self.folder.join(&name);
        let write = || -> Result<()> {
            let mut file = Unfinished::beside(&path, 0o700)?;
            file.fill(bytes, true)?;
            file.fill(&hash(&name, bytes), true)?;
            // After a crash, an entry is whole or not there.
            file.sync()?;
            file.rename(&path)
        };
        write().with_context(|| format!("can't write to the cache {}", self.folder.display()))?;
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

/// Finds out if a file or folder belongs to this user and nobody else can write to it.
fn is_own(metadata: &Metadata) -> Result<()> {
    ensure!(metadata.uid() == rustix::process::geteuid().as_raw(), "it belongs to another user");
    ensure!(metadata.mode() & WRITABLE_BY_OTHERS == 0, "other users can write to it");
    Ok(())
}

/// Opens the entry `name` at `path` if it is the user's own and has the contents that were written.
fn verified(path: &Path, name: &str) -> Result<File> {
    let metadata = fs::symlink_metadata(path)?;
    ensure!(metadata.is_file(), "it isn't a file");
    is_own(&metadata)?;
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let (contents, end) = bytes.split_last_chunk::<HASH_BYTES>().context("it is too short")?;
    ensure!(hash(name, contents) == *end, "it was changed");
    Ok(file)
}

/// Returns the hash at the end of an entry.
fn hash(name: &str, contents: &[u8]) -> [u8; HASH_BYTES] {
    Sha256::new().chain_update(name).chain_update(contents).finalize().into()
}

/// Removes a file, unless another process already has.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn is_key(name: &str) -> bool {
    name.len() == 2 * HASH_BYTES && name.bytes().all(|byte| byte.is_ascii_hexdigit())
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
        assert!(is_key(&"0".repeat(64)) && !is_key("notes.txt") && !is_key(".config"));
    }
}
