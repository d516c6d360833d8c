//! `wasi:filesystem/types`.

use std::borrow::Cow;
use std::rc::Rc;

use aot_abi::trap::Trap;
use rustix::fs::FileType;
use rustix::io::Errno;

use crate::p2::Outcome;
use crate::p2::filesystem::errors;
use crate::p2::interfaces::clocks::wall_clock::Datetime;
use crate::p2::interfaces::filesystem::types as interface;
use crate::p2::interfaces::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode, MetadataHashValue,
    NewTimestamp, OpenFlags, PathFlags,
};
use crate::p2::interfaces::io::error::Error;
use crate::p2::interfaces::io::streams as stream_interface;
use crate::p2::io::streams::{InputStream, OutputStream};
use aot_host::access::Access;
use aot_host::canonical::handles::{Borrow, Own};
use aot_host::files::entries::ENTRIES_BYTES;
use aot_host::files::file_streams::{FileInput, FileOutput, read_at, write_at};
use aot_host::files::status::{Status, Time};
use aot_host::files::sync::Sync;
use aot_host::files::{Directory, File, NewTime, Open};
use aot_host::host::Host;
use aot_host::quiet::quietly;
use aot_host::streams::READ_BYTES_MAX;

/// A file or directory.
pub use aot_host::files::Descriptor;
/// The names in a directory.
pub use aot_host::files::entries::Entries as DirectoryEntryStream;

type This = Borrow<interface::Descriptor>;
type Answer<T> = Outcome<Result<T, ErrorCode>>;

/// Runs an operation whose errors are the system's, with the descriptor.
fn with<T>(host: &mut Host, this: This, operation: impl FnOnce(&Descriptor) -> Result<T, Errno>) -> Answer<T> {
    let descriptor = host.resources.get(this)?;
    Ok(operation(descriptor).map_err(errors::code))
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

/// A stream that reads a file from an offset on.
pub fn descriptor_read_via_stream(
    host: &mut Host,
    self_: This,
    offset: u64,
) -> Answer<Own<stream_interface::InputStream>> {
    let file = match host.resources.get(self_)? {
        Descriptor::File(file) => file.clone(),
        Descriptor::Directory(_) => return Ok(Err(ErrorCode::IsDirectory)),
    };
    let stream: InputStream = Box::new(FileInput::new(file, offset));
    Ok(Ok(host.resources.add(stream)))
}

/// A stream that writes a file from an offset on.
pub fn descriptor_write_via_stream(
    host: &mut Host,
    self_: This,
    offset: u64,
) -> Answer<Own<stream_interface::OutputStream>> {
    output_stream(host, self_, Some(offset))
}

/// A stream that writes at the end of a file.
pub fn descriptor_append_via_stream(host: &mut Host, self_: This) -> Answer<Own<stream_interface::OutputStream>> {
    output_stream(host, self_, None)
}

fn output_stream(host: &mut Host, this: This, offset: Option<u64>) -> Answer<Own<stream_interface::OutputStream>> {
    let file = with_file(host, this, |file| file.check_writable().map(|()| file.clone()))?;
    Ok(file.map(|file| {
        let stream: OutputStream = Box::new(FileOutput::new(file, offset));
        host.resources.add(stream)
    }))
}

/// Tells how a range of a file will be used.
pub fn descriptor_advise(host: &mut Host, self_: This, offset: u64, length: u64, advice: Advice) -> Answer<()> {
    let advice = match advice {
        Advice::Normal => rustix::fs::Advice::Normal,
        Advice::Sequential => rustix::fs::Advice::Sequential,
        Advice::Random => rustix::fs::Advice::Random,
        Advice::WillNeed => rustix::fs::Advice::WillNeed,
        Advice::DontNeed => rustix::fs::Advice::DontNeed,
        Advice::NoReuse => rustix::fs::Advice::NoReuse,
    };
    with_file(host, self_, |file| file.advise(offset, length, advice))
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
    with(host, self_, |descriptor| {
        let system = descriptor.flags()?;
        let sync = Sync::of_system(system);
        let own = match descriptor {
            Descriptor::File(file) => DescriptorFlags::when(DescriptorFlags::READ, file.readable)
                .union(DescriptorFlags::when(DescriptorFlags::WRITE, file.writable)),
            Descriptor::Directory(directory) => {
                DescriptorFlags::READ.union(DescriptorFlags::when(DescriptorFlags::MUTATE_DIRECTORY, directory.mutable))
            }
        };
        Ok(own
            .union(DescriptorFlags::when(DescriptorFlags::FILE_INTEGRITY_SYNC, sync == Sync::File))
            .union(DescriptorFlags::when(DescriptorFlags::DATA_INTEGRITY_SYNC, sync == Sync::Data)))
    })
}

/// The type of the file that the descriptor refers to.
pub fn descriptor_get_type(host: &mut Host, self_: This) -> Answer<DescriptorType> {
    with(host, self_, |descriptor| Ok(descriptor_type(descriptor.status()?.file_type)))
}

fn descriptor_type(file_type: FileType) -> DescriptorType {
    match file_type {
        FileType::RegularFile => DescriptorType::RegularFile,
        FileType::Directory => DescriptorType::Directory,
        FileType::Symlink => DescriptorType::SymbolicLink,
        FileType::Fifo => DescriptorType::Fifo,
        FileType::Socket => DescriptorType::Socket,
        FileType::CharacterDevice => DescriptorType::CharacterDevice,
        FileType::BlockDevice => DescriptorType::BlockDevice,
        FileType::Unknown => DescriptorType::Unknown,
    }
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

fn new_time(time: NewTimestamp) -> NewTime {
    match time {
        NewTimestamp::NoChange => NewTime::Keep,
        NewTimestamp::Now => NewTime::Now,
        NewTimestamp::Timestamp(time) => NewTime::At(time.seconds.into(), time.nanoseconds),
    }
}

/// Reads from an offset on, and tells whether that was the end.
pub fn descriptor_read(host: &mut Access<'_>, self_: This, length: u64, offset: u64) -> Answer<(Vec<u8>, bool)> {
    let limit = length.min(READ_BYTES_MAX) as usize;
    let mut buffer = host.buffer(limit)?;
    let file = match with_file(host, self_, |file| Ok(file.clone()))? {
        Ok(file) => file,
        Err(code) => return Ok(Err(code)),
    };
    let read = file.wait_for_writer(host).and_then(|()| read_at(&file, &mut buffer, limit, offset));
    Ok(read.map(|read| (buffer, read == 0)).map_err(errors::code))
}

/// Writes at an offset: how many bytes.
pub fn descriptor_write(host: &mut Host, self_: This, buffer: &[u8], offset: u64) -> Answer<u64> {
    with_file(host, self_, |file| {
        file.check_writable()?;
        write_at(file, buffer, Some(offset)).map(|written| written as u64)
    })
}

/// A stream of the names in a directory.
pub fn descriptor_read_directory(host: &mut Host, self_: This) -> Answer<Own<interface::DirectoryEntryStream>> {
    let stream = with_directory(host, self_, DirectoryEntryStream::new)?;
    Ok(stream.map(|stream| host.resources.add(stream)))
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

fn stat(status: &Status) -> DescriptorStat {
    DescriptorStat {
        type_: descriptor_type(status.file_type),
        link_count: status.links,
        size: status.size,
        data_access_timestamp: datetime(status.access),
        data_modification_timestamp: datetime(status.modification),
        status_change_timestamp: datetime(status.change),
    }
}

/// Times before 1970 can't be told.
fn datetime(time: Time) -> Option<Datetime> {
    Some(Datetime { seconds: u64::try_from(time.0).ok()?, nanoseconds: time.1 })
}

fn follows(flags: PathFlags) -> bool {
    flags.contains(PathFlags::SYMLINK_FOLLOW)
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

/// The completion of writes that flags ask for. Linux has nothing for reads alone: there, too, `requested-write-sync`,
/// POSIX's RSYNC, is SYNC.
fn sync_of(flags: DescriptorFlags) -> Sync {
    if flags.contains(DescriptorFlags::FILE_INTEGRITY_SYNC) || flags.contains(DescriptorFlags::REQUESTED_WRITE_SYNC) {
        Sync::File
    } else if flags.contains(DescriptorFlags::DATA_INTEGRITY_SYNC) {
        Sync::Data
    } else {
        Sync::None
    }
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
    let how = Open {
        follow: follows(path_flags),
        create: open_flags.contains(OpenFlags::CREATE),
        exclusive: open_flags.contains(OpenFlags::EXCLUSIVE),
        truncate: open_flags.contains(OpenFlags::TRUNCATE),
        directory: open_flags.contains(OpenFlags::DIRECTORY),
        read: flags.contains(DescriptorFlags::READ),
        write: flags.contains(DescriptorFlags::WRITE),
        mutate: flags.contains(DescriptorFlags::MUTATE_DIRECTORY),
        flags: sync_of(flags).to_system(),
    };
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
    Ok(match (this, other) {
        (Ok(this), Ok(other)) => (this.device, this.inode) == (other.device, other.inode),
        _ => false,
    })
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

fn hash(status: &Status) -> MetadataHashValue {
    let (lower, upper) = status.hash();
    MetadataHashValue { lower, upper }
}

/// The next name, if there is one. A name that isn't UTF-8 is an error, and the one after it comes next.
pub fn directory_entry_stream_read_directory_entry(
    host: &mut Host,
    self_: Borrow<interface::DirectoryEntryStream>,
) -> Answer<Option<DirectoryEntry>> {
    let mut buffer = host.buffer(ENTRIES_BYTES)?;
    let next = host.resources.get(self_)?.next(&mut buffer);
    host.recycle(buffer);
    Ok(match next {
        Ok(Some((file_type, name))) => match String::from_utf8(name) {
            Ok(name) => Ok(Some(DirectoryEntry { type_: descriptor_type(file_type), name })),
            Err(_) => Err(ErrorCode::IllegalByteSequence),
        },
        Ok(None) => Ok(None),
        Err(errno) => Err(errors::code(errno)),
    })
}

/// The code of an error that a file's stream met.
pub fn filesystem_error_code(host: &mut Host, err: Borrow<Error>) -> Result<Option<ErrorCode>, Trap> {
    let errno = *host.resources.get(err)?;
    Ok(Some(errors::code(errno)))
}
