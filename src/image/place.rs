//! The place of an image: a folder, or an archive of it.

use super::layer::Archive;
use super::layout::{CONTENTS, INDEX_FILE, Layout, VERSION_FILE};
use super::manifest::MADE_BY;
use crate::output::{self, Inputs, STANDARD_STREAM, UnfinishedFolder};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// Extension of a folder whose name the input gives.
const EXTENSION: &str = "oci";

/// The place of an image.
pub enum Place {
    /// A folder with this path.
    Folder(PathBuf),
    /// An archive with this path; `-` is standard output.
    Archive(PathBuf),
}

impl Place {
    /// The place that `-o` names: an archive if it ends with `.tar` or is `-`, or else a folder. Without it, a folder with a name
    /// like the input's.
    pub fn new(output: Option<&Path>, input: &Path) -> Result<Self> {
        let Some(output) = output else {
            if input.as_os_str() == STANDARD_STREAM {
                bail!("standard input has no name to derive the image's from; give -o FOLDER or -o FILE.tar");
            }
            let name = input.with_extension(EXTENSION);
            return Ok(Self::Folder(PathBuf::from(name.file_name().unwrap_or(input.as_os_str()))));
        };
        let is_archive = output.as_os_str() == STANDARD_STREAM || output.extension().is_some_and(|end| end == "tar");
        Ok(if is_archive { Self::Archive(output.to_path_buf()) } else { Self::Folder(output.to_path_buf()) })
    }

    /// The path of the folder or archive.
    pub fn path(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::Archive(path) => path,
        }
    }

    /// Finds out if the image may have this place: a folder may replace an image that aot made, and nothing else.
    pub fn check(&self, inputs: &Inputs<'_>) -> Result<()> {
        let Self::Folder(folder) = self else { return output::check(self.path(), true, inputs) };
        let name = folder.display();
        if folder.file_name().is_none() {
            bail!("can't write {name}: give the image a name, with -o FOLDER or -o FILE.tar");
        }
        let Ok(target) = fs::symlink_metadata(folder) else { return Ok(()) };
        if !is_ours(folder)? {
            bail!("can't write {name}: what is there isn't an image made by aot; give another name with -o");
        }
        inputs.check(folder, &target)
    }

    /// Writes the image whole or not at all, and returns its size in bytes.
    pub fn write(&self, layout: &Layout) -> Result<u64> {
        match self {
            Self::Archive(path) => {
                let mut archive = Archive::new(layout.time);
                layout.files().try_for_each(|(name, bytes)| archive.add_file(&name, bytes))?;
                let bytes = archive.finish()?;
                output::write(path, &bytes, false)?;
                Ok(bytes.len() as u64)
            }
            Self::Folder(path) => {
                write_folder(path, layout).with_context(|| format!("can't write {}", path.display()))?;
                Ok(layout.files().map(|(_, bytes)| bytes.len() as u64).sum())
            }
        }
    }
}

fn write_folder(path: &Path, layout: &Layout) -> Result<()> {
    let folder = UnfinishedFolder::beside(path)?;
    fs::create_dir_all(folder.path().join(CONTENTS))?;
    for (name, bytes) in layout.files() {
        fs::write(folder.path().join(name), bytes)?;
    }
    folder.rename(path)
}

/// Returns true if the folder is an image made by any version of aot, or empty.
fn is_ours(folder: &Path) -> Result<bool> {
    if !fs::symlink_metadata(folder)?.is_dir() {
        return Ok(false);
    }
    let (version, _) = VERSION_FILE;
    let mut names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>>>()?;
    names.sort();
    if names.is_empty() {
        return Ok(true);
    }
    let is_layout = names == ["blobs", INDEX_FILE, version];
    let index = fs::read(folder.join(INDEX_FILE)).unwrap_or_default();
    let index: serde_json::Value = serde_json::from_slice(&index).unwrap_or_default();
    Ok(is_layout && index["annotations"][MADE_BY].is_string())
}
