//! Atomic writing of results: whole or not at all.

use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Writes beside `path` and renames, so that no reader sees an incomplete file. An existing device or pipe is written
/// to instead: a rename must not replace it.
pub fn write(path: &Path, bytes: &[u8], executable: bool) -> Result<()> {
    if path.as_os_str() == "-" {
        return std::io::stdout().write_all(bytes).context("can't write to standard output");
    }
    if let Ok(present) = fs::metadata(path).map(|metadata| metadata.file_type()) {
        if present.is_dir() {
            bail!("can't write {}: it is a directory; give -o FILE", path.display());
        }
        if !present.is_file() {
            return fs::write(path, bytes).with_context(|| format!("can't write {}", path.display()));
        }
    }
    let mut name = OsString::from(".");
    name.push(path.file_name().with_context(|| format!("{} isn't the name of a file", path.display()))?);
    name.push(format!(".{}", std::process::id()));
    let temporary = path.with_file_name(name);
    let result = write_and_rename(&temporary, path, bytes, executable);
    if result.is_err() {
        // A failure to clean up after a failure is ignored.
        let _ = fs::remove_file(&temporary);
    }
    result.with_context(|| format!("can't write {}", path.display()))
}

fn write_and_rename(temporary: &Path, path: &Path, bytes: &[u8], executable: bool) -> Result<()> {
    let mut file = File::create(temporary)?;
    file.write_all(bytes)?;
    if executable {
        let mode = file.metadata()?.permissions().mode();
        // Everyone who may read the file may run it.
        file.set_permissions(Permissions::from_mode(mode | (mode & 0o444) >> 2))?;
    }
    drop(file);
    fs::rename(temporary, path)?;
    Ok(())
}
