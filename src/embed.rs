//! The flag `--embed DIR::GUEST`, which reads a whole folder.

use anyhow::{Context, Result, bail};
use aot_compiler::policy::{EMBEDDED_BYTES_MAX, Embedded, Entry, Item};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// A folder to embed, and its path in the guest.
#[derive(Clone)]
pub struct EmbedArg {
    host: PathBuf,
    guest: String,
}

impl EmbedArg {
    /// Returns the path of the folder.
    pub fn host(&self) -> &Path {
        &self.host
    }
}

/// Parses the argument `DIR::GUEST`.
pub fn parse(text: &str) -> Result<EmbedArg> {
    match text.split_once("::") {
        Some((host, guest)) if !host.is_empty() && !guest.is_empty() && !guest.contains('\0') => {
            Ok(EmbedArg { host: PathBuf::from(host), guest: guest.to_string() })
        }
        _ => bail!("write DIR::GUEST, such as ./assets::/assets"),
    }
}

/// Reads the contents of folders, which may have `room` bytes together.
pub fn read<'a>(arguments: impl Iterator<Item = &'a EmbedArg>, room: &mut u64) -> Result<Vec<Embedded>> {
    let mut embedded = Vec::new();
    for EmbedArg { host, guest } in arguments {
        if !fs::metadata(host).with_context(|| format!("can't embed {}", host.display()))?.is_dir() {
            bail!("can't embed {}: it isn't a directory", host.display());
        }
        embedded.push(Embedded { guest: guest.clone(), tree: entries(host, room)? });
    }
    Ok(embedded)
}

/// Reads the entries of a folder. Symbolic links stay links.
fn entries(folder: &Path, room: &mut u64) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let can_not = |path: &Path| format!("can't embed {}", path.display());
    for entry in fs::read_dir(folder).with_context(|| can_not(folder))? {
        let entry = entry.with_context(|| can_not(folder))?;
        let path = entry.path();
        let kind = entry.file_type().with_context(|| can_not(&path))?;
        let item = if kind.is_dir() {
            Item::Directory(self::entries(&path, room)?)
        } else if kind.is_symlink() {
            Item::Link(fs::read_link(&path).with_context(|| can_not(&path))?.into_os_string().into_vec())
        } else if kind.is_file() {
            let bytes = entry.metadata().with_context(|| can_not(&path))?.len();
            if bytes > *room {
                return Err(too_much(&path));
            }
            Item::File(contents(&path, *room)?)
        } else {
            bail!("{}: it is neither a file nor a directory nor a symbolic link", can_not(&path));
        };
        let name = entry.file_name().into_vec();
        let bytes = match &item {
            Item::Directory(_) => 0,
            Item::File(contents) | Item::Link(contents) => contents.len(),
        };
        // An entry takes more room than its contents.
        *room = room.checked_sub((bytes + name.len() + 24) as u64).ok_or_else(|| too_much(&path))?;
        entries.push(Entry { name, item });
    }
    Ok(entries)
}

fn too_much(path: &Path) -> anyhow::Error {
    anyhow::anyhow!("can't embed {}: all files together have more than {EMBEDDED_BYTES_MAX} bytes", path.display())
}

/// Reads a file, but not more than there is room for.
fn contents(path: &Path, room: u64) -> Result<Vec<u8>> {
    use std::io::Read;
    let mut contents = Vec::new();
    let file = fs::File::open(path).with_context(|| format!("can't embed {}", path.display()))?;
    file.take(room + 1).read_to_end(&mut contents).with_context(|| format!("can't embed {}", path.display()))?;
    Ok(contents)
}
