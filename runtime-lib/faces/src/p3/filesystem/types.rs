//! `wasi:filesystem/types`.

use std::borrow::Cow;
use std::rc::Rc;

use rustix::io::Errno;

use super::convert::{self, descriptor_type, follows, hash, new_time, stat};
use super::errors::{code, code_of_fault};
use crate::p3::Outcome;
use crate::p3::interfaces::filesystem::types as interface;
use crate::p3::interfaces::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode, MetadataHashValue,
    NewTimestamp, OpenFlags, PathFlags,
};
use aot_abi::trap::Trap;
use aot_host::canonical::ends::Stream;
use aot_host::canonical::handles::{Borrow, Own};
use aot_host::concurrency::host::{Ending, Step, Supply, failed, incoming, outgoing, supplied};
use aot_host::files::entries::{ENTRIES_BYTES, Entries};
use aot_host::files::file_streams::{FileInput, FileOutput};
use aot_host::files::sync::Sync;
use aot_host::files::{Directory, File};
use aot_host::host::Host;
use aot_host::quiet::quietly;
use aot_host::streams::{OutputStream, StreamFault};

/// A file or directory.
pub use aot_host::files::Descriptor;

type This = Borrow<interface::Descriptor>;
type Answer<T> = Outcome<Result<T, ErrorCode>>;

/// Runs an operation whose errors are the system's, with the descriptor.
fn with<T>(host: &mut Host, this: This, operation: impl FnOnce(&Descriptor) -> Result<T, Errno>) -> Answer<T> {
    let descriptor = host.resources.get(this)?;
    Ok(operation(descriptor).map_err(code))
}

fn with_file<T>(host: &mut Host, this: This, operation: impl FnOnce(&Rc<File>) -> Result<T, Errno>) -> Answer<T> {
    with(host, this, |descriptor| operation(descriptor.file()?))
}

fn with_directory<T>(
    host: &mut Host,
    this: This,
    operation: impl FnOnce(&Rc<Directory>) -> Result<T, Errno>,
) -> Answer<T> {
    with(host, this, |descriptor| operation(descriptor.directory()?))
}

/// Runs an operation on two directories.
fn with_directories(
    host: &mut Host,
    this: This,
    other: This,
    operation: impl FnOnce(&Directory, &Directory) -> Result<(), Errno>,
) -> Answer<()> {
    let this = host.resources.get(this)?.clone();
    with_directory(host, other, |other| operation(this.directory()?, other))
}

/// A stream of what a file has from an offset on, and what tells how it ended.
pub fn descriptor_read_via_stream(
    host: &mut Host,
    self_: This,
    offset: u64,
) -> Outcome<(Stream<u8>, Ending<ErrorCode>)> {
    let file = match host.resources.get(self_)? {
        Descriptor::File(file) => file.clone(),
        Descriptor::Directory(_) => return failed(host, ErrorCode::IsDirectory),
    };
    incoming(host, Box::new(FileInput::new(file, offset)), code_of_fault)
}

/// Writes a stream to a file from an offset on; the future tells how that ended.
pub fn descriptor_write_via_stream(
    host: &mut Host,
    self_: This,
    data: Stream<u8>,
    offset: u64,
) -> Outcome<Ending<ErrorCode>> {
    write(host, self_, data, Some(offset))
}

/// Writes a stream at the end of a file; the future tells how that ended.
pub fn descriptor_append_via_stream(host: &mut Host, self_: This, data: Stream<u8>) -> Outcome<Ending<ErrorCode>> {
    write(host, self_, data, None)
}

/// Writes a stream to a file. One that can't be written to says so when there is something to write.
fn write(host: &mut Host, this: This, data: Stream<u8>, offset: Option<u64>) -> Outcome<Ending<ErrorCode>> {
    let file = host.resources.get(this)?.file().cloned();
    let output = file.and_then(|file| file.check_writable().map(|()| file));
    let output = output.map(|file| Box::new(FileOutput::new(file, offset)) as Box<dyn OutputStream>);
    outgoing(host, data, output.map_err(StreamFault::Failed), code_of_fault)
}

/// Tells how a range of a file will be used.
pub fn descriptor_advise(host: &mut Host, self_: This, offset: u64, length: u64, advice: Advice) -> Answer<()> {
    with_file(host, self_, |file| file.advise(offset, length, convert::advice(advice)))
}

/// Waits until the contents are on disk.
pub fn descriptor_sync_data(host: &mut Host, self_: This) -> Answer<()> {
    with(host, self_, |descriptor| descriptor.sync(true))
}

/// Waits until contents and attributes are on disk.
pub fn descriptor_sync(host: &mut Host, self_: This) -> Answer<()> {
    with(host, self_, |descriptor| descriptor.sync(false))
}

/// The flags with which the descriptor was opened.
pub fn descriptor_get_flags(host: &mut Host, self_: This) -> Answer<DescriptorFlags> {
    use DescriptorFlags as Flags;
    with(host, self_, |descriptor| {
        let sync = Sync::of_system(descriptor.flags()?);
        let (readable, writable, mutable) = match descriptor {
            Descriptor::File(file) => (file.readable, file.writable, false),
            Descriptor::Directory(directory) => (true, false, directory.mutable),
        };
        Ok(Flags::when(Flags::READ, readable)
            .union(Flags::when(Flags::WRITE, writable))
            .union(Flags::when(Flags::MUTATE_DIRECTORY, mutable))
            .union(Flags::when(Flags::FILE_INTEGRITY_SYNC, sync == Sync::File))
            .union(Flags::when(Flags::DATA_INTEGRITY_SYNC, sync == Sync::Data)))
    })
}

/// The type of the file that the descriptor refers to.
pub fn descriptor_get_type(host: &mut Host, self_: This) -> Answer<DescriptorType> {
    with(host, self_, |descriptor| Ok(descriptor_type(descriptor.status()?.file_type)))
}

/// Sets the size of a file.
pub fn descriptor_set_size(host: &mut Host, self_: This, size: u64) -> Answer<()> {
    with_file(host, self_, |file| {
        file.check_writable()?;
        let file = file.system()?;
        quietly(|| rustix::fs::ftruncate(file, size))
    })
}

/// Sets the times of a file or directory.
pub fn descriptor_set_times(
    host: &mut Host,
    self_: This,
    access: NewTimestamp,
    modification: NewTimestamp,
) -> Answer<()> {
    with(host, self_, |descriptor| descriptor.set_times(new_time(access), new_time(modification)))
}

/// A stream of the names in a directory, and what tells how it ended.
pub fn descriptor_read_directory(host: &mut Host, self_: This) -> Outcome<(Stream<DirectoryEntry>, Ending<ErrorCode>)> {
    match with_directory(host, self_, Entries::new)? {
        Ok(entries) => supplied(host, Names { entries }),
        Err(error) => failed(host, error),
    }
}

/// The names in a directory, for a stream. One that isn't UTF-8 ends it.
struct Names {
    entries: Entries,
}

impl Supply<DirectoryEntry, ErrorCode> for Names {
    fn next(&mut self, host: &mut Host) -> Result<Step<DirectoryEntry, ErrorCode>, Trap> {
        let mut buffer = host.buffer(ENTRIES_BYTES)?;
        let next = self.entries.next(&mut buffer);
        host.recycle(buffer);
        Ok(match next {
            Ok(Some((file_type, name))) => match String::from_utf8(name) {
                Ok(name) => Step::Value(DirectoryEntry { type_: descriptor_type(file_type), name }),
                Err(_) => Step::End(Err(ErrorCode::IllegalByteSequence)),
            },
            Ok(None) => Step::End(Ok(())),
            Err(errno) => Step::End(Err(code(errno))),
        })
    }
}

/// Creates a directory.
pub fn descriptor_create_directory_at(host: &mut Host, self_: This, path: Cow<'_, str>) -> Answer<()> {
    with_directory(host, self_, |directory| directory.create_directory(&path))
}

/// The attributes of what the descriptor is.
pub fn descriptor_stat(host: &mut Host, self_: This) -> Answer<DescriptorStat> {
    with(host, self_, |descriptor| descriptor.status().map(|status| stat(&status)))
}

/// The attributes of what is at a path.
pub fn descriptor_stat_at(
    host: &mut Host,
    self_: This,
    path_flags: PathFlags,
    path: Cow<'_, str>,
) -> Answer<DescriptorStat> {
    with_directory(host, self_, |directory| directory.status_at(&path, follows(path_flags)).map(|status| stat(&status)))
}

/// Sets the times of what is at a path.
pub fn descriptor_set_times_at(
    host: &mut Host,
    self_: This,
    path_flags: PathFlags,
    path: Cow<'_, str>,
    access: NewTimestamp,
    modification: NewTimestamp,
) -> Answer<()> {
    with_directory(host, self_, |directory| {
        directory.set_times_at(&path, follows(path_flags), new_time(access), new_time(modification))
    })
}

/// Creates a hard link, never to what a symbolic link points at.
pub fn descriptor_link_at(
    host: &mut Host,
    self_: This,
    old_path_flags: PathFlags,
    old_path: Cow<'_, str>,
    new_descriptor: This,
    new_path: Cow<'_, str>,
) -> Answer<()> {
    with_directories(host, self_, new_descriptor, |from, to| {
        if follows(old_path_flags) {
            return Err(Errno::INVAL);
        }
        from.link(&old_path, to, &new_path)
    })
}

/// Opens a file or directory.
pub fn descriptor_open_at(
    host: &mut Host,
    self_: This,
    path_flags: PathFlags,
    path: Cow<'_, str>,
    open_flags: OpenFlags,
    flags: DescriptorFlags,
) -> Answer<Own<interface::Descriptor>> {
    let how = convert::open(path_flags, open_flags, flags);
    let opened = with_directory(host, self_, |directory| directory.open(&path, how))?;
    Ok(opened.map(|opened| host.resources.add(opened)))
}

/// The contents of a symbolic link.
pub fn descriptor_readlink_at(host: &mut Host, self_: This, path: Cow<'_, str>) -> Answer<String> {
    with_directory(host, self_, |directory| String::from_utf8(directory.read_link(&path)?).map_err(|_| Errno::ILSEQ))
}

/// Removes a directory.
pub fn descriptor_remove_directory_at(host: &mut Host, self_: This, path: Cow<'_, str>) -> Answer<()> {
    with_directory(host, self_, |directory| directory.remove_directory(&path))
}

/// Renames a file or directory.
pub fn descriptor_rename_at(
    host: &mut Host,
    self_: This,
    old_path: Cow<'_, str>,
    new_descriptor: This,
    new_path: Cow<'_, str>,
) -> Answer<()> {
    with_directories(host, self_, new_descriptor, |from, to| from.rename(&old_path, to, &new_path))
}

/// Creates a symbolic link.
pub fn descriptor_symlink_at(
    host: &mut Host,
    self_: This,
    old_path: Cow<'_, str>,
    new_path: Cow<'_, str>,
) -> Answer<()> {
    with_directory(host, self_, |directory| directory.symlink(&old_path, &new_path))
}

/// Removes anything but a directory.
pub fn descriptor_unlink_file_at(host: &mut Host, self_: This, path: Cow<'_, str>) -> Answer<()> {
    with_directory(host, self_, |directory| directory.unlink(&path))
}

/// Returns true if two descriptors refer to one file or directory.
pub fn descriptor_is_same_object(host: &mut Host, self_: This, other: This) -> Outcome<bool> {
    let this = host.resources.get(self_)?.status();
    let other = host.resources.get(other)?.status();
    let identity = |status: aot_host::files::status::Status| (status.device, status.inode);
    Ok(this.is_ok() && this.ok().map(identity) == other.ok().map(identity))
}

/// A number for the file or directory that no other has.
pub fn descriptor_metadata_hash(host: &mut Host, self_: This) -> Answer<MetadataHashValue> {
    with(host, self_, |descriptor| descriptor.status().map(|status| hash(&status)))
}

/// A number for what is at a path that no other has.
pub fn descriptor_metadata_hash_at(
    host: &mut Host,
    self_: This,
    path_flags: PathFlags,
    path: Cow<'_, str>,
) -> Answer<MetadataHashValue> {
    with_directory(host, self_, |directory| directory.status_at(&path, follows(path_flags)).map(|status| hash(&status)))
}
