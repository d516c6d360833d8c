//! Results: which files one may replace, and writing whole or not at all.

use anyhow::{Context, Result, bail};
use aot_compiler::describe;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::hash::{BuildHasher, RandomState};
use std::io::{ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Name of standard input and of standard output.
pub const STANDARD_STREAM: &str = "-";

/// Beginning of the names of unfinished files; random digits follow.
const UNFINISHED: &str = ".aot-";
/// Digits of those names.
const UNFINISHED_DIGITS: usize = 16;

/// Folders whose entries stand for devices, open files and settings of the system.
const SYSTEM_FOLDERS: [&str; 2] = ["/proc", "/sys"];

/// Files and folders that a compilation reads, none of which the result may replace.
#[derive(Default)]
pub struct Inputs<'a> {
    /// Files; `-` is standard input.
    pub files: Vec<&'a Path>,
    /// Folders that are read whole.
    pub folders: Vec<&'a Path>,
}

/// Finds out if a result may have the name `path`. A name that the user gave (`is_chosen`) may replace any file but an
/// input, a directory or a device; another only an executable made by aot.
pub fn check(path: &Path, is_chosen: bool, inputs: &Inputs<'_>) -> Result<()> {
    if path.as_os_str() == STANDARD_STREAM {
        return Ok(());
    }
    let name = path.display();
    let target = fs::metadata(path).ok();
    if target.as_ref().is_some_and(Metadata::is_dir) {
        bail!("can't write {name}: it is a directory; give -o FILE");
    }
    if target.as_ref().is_some_and(is_device) || is_of_the_system(path) {
        bail!("can't write {name}: it is a device; `-o -` writes to standard output");
    }
    if let Some(target) = &target {
        inputs.check(path, target)?;
    }
    if !is_chosen && fs::symlink_metadata(path).is_ok() && !is_ours(path, target.as_ref()) {
        bail!("can't write {name}: the file there isn't an executable made by aot; `-o {name}` replaces it");
    }
    Ok(())
}

impl<'a> Inputs<'a> {
    /// Finds out if a result may replace `target`, which `path` refers to.
    pub fn check(&self, path: &Path, target: &Metadata) -> Result<()> {
        let Some(input) = self.find(path, target) else { return Ok(()) };
        let (name, input) = (path.display(), input.display());
        bail!("can't write {name}: that would replace the input {input}; give another name with -o FILE")
    }

    /// Returns the input that is the same file as `target`, which `path` refers to, or a folder that `path` lies in, or an
    /// input that lies in `path`.
    fn find(&self, path: &Path, target: &Metadata) -> Option<&'a Path> {
        let identity = |metadata: &Metadata| (metadata.dev(), metadata.ino());
        let is_target = |file: &&&Path| metadata(file).is_ok_and(|metadata| identity(&metadata) == identity(target));
        let is_in = |inner: &Path, folder: &Path| match (inner.canonicalize(), folder.canonicalize()) {
            (Ok(inner), Ok(folder)) => inner.starts_with(folder),
            _ => false,
        };
        let is_above = |folder: &&&Path| is_in(path, folder);
        let is_below = |input: &&&Path| target.is_dir() && is_in(input, path);
        let files = || self.files.iter().find(is_target);
        let above = || self.folders.iter().find(is_above);
        let below = || self.files.iter().chain(&self.folders).find(is_below);
        files().or_else(above).or_else(below).copied()
    }
}

/// Describes an input file.
fn metadata(file: &Path) -> std::io::Result<Metadata> {
    if file.as_os_str() == STANDARD_STREAM {
        return File::from(std::io::stdin().as_fd().try_clone_to_owned()?).metadata();
    }
    fs::metadata(file)
}

fn is_device(metadata: &Metadata) -> bool {
    metadata.file_type().is_char_device() || metadata.file_type().is_block_device()
}

/// Returns true for names such as `/dev/stdout`, which refer to a pipe or a file: a rename would replace the name.
fn is_of_the_system(path: &Path) -> bool {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().unwrap_or_default();
    folder == Path::new("/dev") || SYSTEM_FOLDERS.iter().any(|system| folder.starts_with(system))
}

/// Returns true if the file at `path` is an executable or an object made by any version of aot.
fn is_ours(path: &Path, target: Option<&Metadata>) -> bool {
    target.is_some_and(Metadata::is_file) && fs::read(path).is_ok_and(|bytes| describe::is_made_by_aot(&bytes))
}

/// Returns true if two results would have one name, however it is written.
pub fn is_same_name(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some((folder.canonicalize().ok()?, path.file_name()?.to_os_string()))
    };
    one == other || whole(one).is_some_and(|one| whole(other) == Some(one))
}

/// Writes to standard output for `-`; otherwise beside `path` and renames, so that no reader sees an incomplete file.
pub fn write(path: &Path, bytes: &[u8], executable: bool) -> Result<()> {
    if path.as_os_str() == STANDARD_STREAM {
        return std::io::stdout().write_all(bytes).context("can't write to standard output");
    }
    let can_not = || format!("can't write {}", path.display());
    let mut file = Unfinished::beside(path, 0o666).with_context(can_not)?;
    file.fill(bytes, executable).with_context(can_not)?;
    file.rename(path).with_context(can_not)
}

/// An unfinished file, which is removed unless it is renamed.
pub struct Unfinished {
    file: File,
    name: UnfinishedName,
}

/// The name of an unfinished file.
struct UnfinishedName {
    path: PathBuf,
    is_renamed: bool,
}

impl Unfinished {
    /// Makes a new file with an unpredictable name in the folder of `path`.
    pub fn beside(path: &Path, mode: u32) -> Result<Self> {
        loop {
            let temporary = path.with_file_name(unfinished_name());
            // Neither a file nor a link that is there already is opened.
            match OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                file => {
                    let file = file?;
                    return Ok(Self { file, name: UnfinishedName { path: temporary, is_renamed: false } });
                }
            }
        }
    }

    /// Writes the contents.
    pub fn fill(&mut self, bytes: &[u8], executable: bool) -> Result<()> {
        self.file.write_all(bytes)?;
        if executable {
            let mode = self.file.metadata()?.permissions().mode();
            // Everyone who may read the file may run it.
            self.file.set_permissions(Permissions::from_mode(mode | (mode & 0o444) >> 2))?;
        }
        Ok(())
    }

    /// Waits until the contents are on the disk.
    pub fn sync(&self) -> Result<()> {
        Ok(self.file.sync_all()?)
    }

    /// Gives the file its name, and takes that away from a file that had it.
    pub fn rename(self, path: &Path) -> Result<()> {
        let Unfinished { file, mut name } = self;
        // Nobody can run a file that is open for writing.
        drop(file);
        fs::rename(&name.path, path)?;
        name.is_renamed = true;
        Ok(())
    }
}

impl Drop for UnfinishedName {
    fn drop(&mut self) {
        if !self.is_renamed {
            // A failure to clean up after a failure is ignored.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// An unfinished folder, which is removed unless it is renamed.
pub struct UnfinishedFolder {
    path: PathBuf,
}

impl UnfinishedFolder {
    /// Makes a new folder with an unpredictable name in the folder of `path`.
    pub fn beside(path: &Path) -> Result<Self> {
        loop {
            let temporary = path.with_file_name(unfinished_name());
            match fs::create_dir(&temporary) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                made => {
                    made?;
                    return Ok(Self { path: temporary });
                }
            }
        }
    }

    /// The path that the folder has until then.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the folder its name, and removes a folder that had it.
    pub fn rename(self, path: &Path) -> Result<()> {
        if fs::symlink_metadata(path).is_err() {
            return Ok(fs::rename(&self.path, path)?);
        }
        // What is exchanged is there at each moment, and dropping this removes the other.
        match renameat_with(CWD, &self.path, CWD, path, RenameFlags::EXCHANGE) {
            // Some file systems can't exchange: those of networks, and of other systems.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                let old = Self::beside(path)?;
                fs::rename(path, &old.path)?;
                Ok(fs::rename(&self.path, path)?)
            }
            exchanged => Ok(exchanged?),
        }
    }
}

impl Drop for UnfinishedFolder {
    fn drop(&mut self) {
        // A failure to clean up is ignored, and after a rename there may be nothing.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn unfinished_name() -> String {
    // The system chose the keys of this hash at random.
    let number = RandomState::new().hash_one(UNFINISHED);
    format!("{UNFINISHED}{number:0UNFINISHED_DIGITS$x}")
}

/// Returns true if the name is one of an unfinished file.
pub fn is_unfinished(name: &str) -> bool {
    let digits = name.strip_prefix(UNFINISHED);
    digits
        .is_some_and(|digits| digits.len() == UNFINISHED_DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_unfinished_files() {
        assert!(is_unfinished(&unfinished_name()));
        assert_ne!(unfinished_name(), unfinished_name());
        assert!(!is_unfinished(".aot-notes") && !is_unfinished("0123456789abcdef"));
    }
}
