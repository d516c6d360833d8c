//! `path_*`.

use std::borrow::Cow;
use std::rc::Rc;

use super::Outcome;
use super::fd::{filestat, new_times, system_flags};
use super::interface::{Errno, Fdflags, Filestat, Fstflags, Lookupflags, Oflags, Rights};
use aot_host::canonical::Pointer;
use aot_host::canonical::memory::Memory;
use aot_host::files::descriptors::Descriptor;
use aot_host::files::{Directory, Open};
use aot_host::host::Host;

/// A path of a guest.
type Text<'a> = Cow<'a, str>;

fn directory(host: &mut Host, fd: u32) -> Outcome<Rc<Directory>> {
    Ok(host.descriptors().directory(fd)?.clone())
}

fn follows(flags: Lookupflags) -> bool {
    flags.contains(Lookupflags::SYMLINK_FOLLOW)
}

/// Creates a directory.
pub fn path_create_directory(host: &mut Host, _: Memory<'_>, fd: u32, path: Text<'_>) -> Outcome<()> {
    Ok(directory(host, fd)?.create_directory(&path)?)
}

/// The attributes of what is at a path.
pub fn path_filestat_get(
    host: &mut Host,
    _: Memory<'_>,
    fd: u32,
    flags: Lookupflags,
    path: Text<'_>,
) -> Outcome<Filestat> {
    filestat(&directory(host, fd)?.status_at(&path, follows(flags))?)
}

/// Sets the times of what is at a path.
#[expect(clippy::too_many_arguments, reason = "preview1's own")]
pub fn path_filestat_set_times(
    host: &mut Host,
    _: Memory<'_>,
    fd: u32,
    flags: Lookupflags,
    path: Text<'_>,
    atim: u64,
    mtim: u64,
    fst_flags: Fstflags,
) -> Outcome<()> {
    let (access, modification) = new_times(atim, mtim, fst_flags)?;
    Ok(directory(host, fd)?.set_times_at(&path, follows(flags), access, modification)?)
}

/// Creates a hard link, never to what a symbolic link points at.
pub fn path_link(
    host: &mut Host,
    _: Memory<'_>,
    old_fd: u32,
    old_flags: Lookupflags,
    old_path: Text<'_>,
    new_fd: u32,
    new_path: Text<'_>,
) -> Outcome<()> {
    let (from, to) = (directory(host, old_fd)?, directory(host, new_fd)?);
    if follows(old_flags) {
        return Err(Errno::Inval.into());
    }
    Ok(from.link(&old_path, &to, &new_path)?)
}

/// Opens a file or directory.
#[expect(clippy::too_many_arguments, reason = "preview1's own")]
pub fn path_open(
    host: &mut Host,
    _: Memory<'_>,
    fd: u32,
    dirflags: Lookupflags,
    path: Text<'_>,
    oflags: Oflags,
    fs_rights_base: Rights,
    _fs_rights_inheriting: Rights,
    fdflags: Fdflags,
) -> Outcome<u32> {
    let directory = match host.descriptors().get(fd)? {
        Descriptor::Directory(directory, _) => directory.clone(),
        Descriptor::File(_) => return Err(Errno::Notdir.into()),
        Descriptor::Standard(_) => return Err(Errno::Badf.into()),
    };
    host.descriptors().check_room()?;
    let opened = directory.open(
        &path,
        Open {
            follow: follows(dirflags),
            create: oflags.contains(Oflags::CREAT),
            exclusive: oflags.contains(Oflags::EXCL),
            truncate: oflags.contains(Oflags::TRUNC),
            directory: oflags.contains(Oflags::DIRECTORY),
            read: fs_rights_base.contains(Rights::FD_READ),
            write: fs_rights_base.contains(Rights::FD_WRITE),
            mutate: true,
            flags: system_flags(fdflags),
        },
    )?;
    Ok(host.descriptors().add(opened)?)
}

/// The contents of a symbolic link, as much as there is room for.
pub fn path_readlink(
    host: &mut Host,
    memory: Memory<'_>,
    fd: u32,
    path: Text<'_>,
    buf: Pointer,
    buf_len: u32,
) -> Outcome<u32> {
    let target = directory(host, fd)?.read_link(&path)?;
    let count = target.len().min(buf_len as usize);
    memory.write(buf.address(), &target[..count])?;
    Ok(count as u32)
}

/// Removes a directory.
pub fn path_remove_directory(host: &mut Host, _: Memory<'_>, fd: u32, path: Text<'_>) -> Outcome<()> {
    Ok(directory(host, fd)?.remove_directory(&path)?)
}

/// Renames a file or directory.
pub fn path_rename(
    host: &mut Host,
    _: Memory<'_>,
    fd: u32,
    old_path: Text<'_>,
    new_fd: u32,
    new_path: Text<'_>,
) -> Outcome<()> {
    let (from, to) = (directory(host, fd)?, directory(host, new_fd)?);
    Ok(from.rename(&old_path, &to, &new_path)?)
}

/// Creates a symbolic link.
pub fn path_symlink(host: &mut Host, _: Memory<'_>, old_path: Text<'_>, fd: u32, new_path: Text<'_>) -> Outcome<()> {
    Ok(directory(host, fd)?.symlink(&old_path, &new_path)?)
}

/// Removes anything but a directory.
pub fn path_unlink_file(host: &mut Host, _: Memory<'_>, fd: u32, path: Text<'_>) -> Outcome<()> {
    Ok(directory(host, fd)?.unlink(&path)?)
}
