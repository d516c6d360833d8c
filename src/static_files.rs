//! The flag `--static PATH=DIR`: files that a server answers with by itself.

use crate::embed;
use anyhow::{Result, bail};
use aot_compiler::policy::serve::{StaticFile, StaticFolder};
use aot_compiler::policy::{Entry, Item};
use std::path::{Path, PathBuf};

/// A folder, and the path of a server below which its files are.
#[derive(Clone)]
pub struct StaticArg {
    path: String,
    host: PathBuf,
}

impl StaticArg {
    /// Returns the path of the folder.
    pub fn host(&self) -> &Path {
        &self.host
    }
}

/// Parses the argument `PATH=DIR`.
pub fn parse(text: &str) -> Result<StaticArg> {
    let Some((path, host)) = text.split_once('=').filter(|(path, host)| path.starts_with('/') && !host.is_empty())
    else {
        bail!("write PATH=DIR, such as /assets=./public");
    };
    let path = path.strip_suffix('/').unwrap_or(path);
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#%\\;'\"".contains(&byte));
    let leads_on = path.split('/').skip(1).all(|part| !["", ".", ".."].contains(&part));
    if !is_plain || !leads_on {
        bail!("{path} isn't a path in its plain form");
    }
    Ok(StaticArg { path: path.to_string(), host: PathBuf::from(host) })
}

/// Reads the files of all folders, which may have `room` bytes together.
pub fn read(arguments: &[StaticArg], room: &mut u64) -> Result<Vec<StaticFolder>> {
    let mut folders: Vec<StaticFolder> = Vec::new();
    for StaticArg { path, host } in arguments {
        if folders.iter().any(|folder| folder.path == *path) {
            bail!("--static {path}/ is given twice");
        }
        let mut files = Vec::new();
        collect(embed::entries(host, room)?, &[], &mut files)?;
        files.sort_by(|one: &StaticFile, other| one.path.cmp(&other.path));
        folders.push(StaticFolder { path: path.clone(), files });
    }
    Ok(folders)
}

/// Adds the files below a folder.
fn collect(entries: Vec<Entry>, folder: &[u8], files: &mut Vec<StaticFile>) -> Result<()> {
    for Entry { name, item } in entries {
        let path = [folder, &name].concat();
        match item {
            Item::File(contents) => files.push(StaticFile { path, contents }),
            Item::Directory(entries) => collect(entries, &[&path[..], b"/"].concat(), files)?,
            Item::Link(_) => bail!(
                "can't serve {}: it is a symbolic link; put the file itself there",
                String::from_utf8_lossy(&path)
            ),
        }
    }
    Ok(())
}
