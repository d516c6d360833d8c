//! `fd_*`.

use std::io::{IoSlice, IoSliceMut};

use rustix::fs::{FallocateFlags, FileType, OFlags, RawDir, SeekFrom};
use rustix::io::Errno as System;

use super::interface::{
    Advice, Dirent, Errno, Fdflags, Fdstat, Filestat, Filetype, Fstflags, Iovec, Prestat, PrestatDir, Rights, Whence,
};
use super::{Fault, Outcome};
use aot_host::access::Access;
use aot_host::canonical::memory::Memory;
use aot_host::canonical::{Abi, Elements, Pointer};
use aot_host::clocks::SECOND;
use aot_host::files::descriptors::Descriptor;
use aot_host::files::inside::Embedded;
use aot_host::files::status::{Status, Time};
use aot_host::files::sync::Sync;
use aot_host::files::{self, NewTime, Place, type_of_entry};
use aot_host::host::Host;
use aot_host::poll::is_over;
use aot_host::quiet::quietly;
use aot_host::stdio::Standard;

/// Tells how a range of a file will be used.
pub fn fd_advise(host: &mut Host, _: Memory<'_>, fd: u32, offset: u64, len: u64, advice: Advice) -> Outcome<()> {
    let advice = match advice {
        Advice::Normal => rustix::fs::Advice::Normal,
        Advice::Sequential => rustix::fs::Advice::Sequential,
        Advice::Random => rustix::fs::Advice::Random,
        Advice::Willneed => rustix::fs::Advice::WillNeed,
        Advice::Dontneed => rustix::fs::Advice::DontNeed,
        Advice::Noreuse => rustix::fs::Advice::NoReuse,
    };
    Ok(host.descriptors().file(fd)?.advise(offset, len, advice)?)
}

/// Makes room for a range of a file.
pub fn fd_allocate(host: &mut Host, _: Memory<'_>, fd: u32, offset: u64, len: u64) -> Outcome<()> {
    let file = host.descriptors().file(fd)?;
    file.check_writable()?;
    let file = file.system()?;
    Ok(quietly(|| rustix::fs::fallocate(file, FallocateFlags::empty(), offset, len))?)
}

/// Closes a descriptor.
pub fn fd_close(host: &mut Host, _: Memory<'_>, fd: u32) -> Outcome<()> {
    host.descriptors().remove(fd)?;
    Ok(())
}

/// Waits until a file's contents are on disk.
pub fn fd_datasync(host: &mut Host, _: Memory<'_>, fd: u32) -> Outcome<()> {
    Ok(host.descriptors().file(fd)?.sync(true)?)
}

/// Waits until a file is on disk.
pub fn fd_sync(host: &mut Host, _: Memory<'_>, fd: u32) -> Outcome<()> {
    Ok(host.descriptors().file(fd)?.sync(false)?)
}

/// The type, flags and rights of a descriptor.
pub fn fd_fdstat_get(host: &mut Host, _: Memory<'_>, fd: u32) -> Outcome<Fdstat> {
    match host.descriptors().get(fd)? {
        Descriptor::Standard(standard) => Ok(standard_fdstat(*standard)),
        Descriptor::Directory(_, Some(_)) => Ok(preopen_fdstat()),
        Descriptor::Directory(directory, None) => {
            let own = Rights::all().without(
                Rights::FD_SEEK
                    .union(Rights::FD_FILESTAT_SET_SIZE)
                    .union(Rights::PATH_FILESTAT_SET_SIZE)
                    .union(Rights::FD_WRITE),
            );
            let opened = files::Descriptor::Directory(directory.clone());
            let flags = flags_of(opened.flags()?).without(Fdflags::NONBLOCK);
            Ok(fdstat(Filetype::Directory, flags, own, rights_below()))
        }
        Descriptor::File(file) => {
            let rights = Rights::all()
                .without(Rights::when(Rights::FD_READ.union(Rights::FD_READDIR), !file.readable))
                .without(Rights::when(Rights::FD_WRITE, !file.writable));
            let of_system = Filetype::of_system(file.status()?.file_type);
            let file_type = if file.datagrams { Filetype::SocketDgram } else { of_system };
            Ok(fdstat(file_type, flags_of(file.flags()?), rights, rights))
        }
    }
}

/// A standard stream that isn't a terminal has an unknown type: C libraries take a character device without the right
/// to seek for a terminal.
fn standard_fdstat(standard: Standard) -> Fdstat {
    let rights = if standard == Standard::Input { Rights::FD_READ } else { Rights::FD_WRITE };
    fdstat(standard_type(standard), Fdflags::empty(), rights, rights)
}

fn standard_type(standard: Standard) -> Filetype {
    if standard.is_terminal() { Filetype::CharacterDevice } else { Filetype::Unknown }
}

/// The state of a granted directory, with the rights that C libraries expect.
fn preopen_fdstat() -> Fdstat {
    fdstat(Filetype::Directory, Fdflags::empty(), rights_of_preopen(), rights_below())
}

fn rights_of_preopen() -> Rights {
    Rights::PATH_CREATE_DIRECTORY
        .union(Rights::PATH_CREATE_FILE)
        .union(Rights::PATH_LINK_SOURCE)
        .union(Rights::PATH_LINK_TARGET)
        .union(Rights::PATH_OPEN)
        .union(Rights::FD_READDIR)
        .union(Rights::PATH_READLINK)
        .union(Rights::PATH_RENAME_SOURCE)
        .union(Rights::PATH_RENAME_TARGET)
        .union(Rights::PATH_SYMLINK)
        .union(Rights::PATH_REMOVE_DIRECTORY)
        .union(Rights::PATH_UNLINK_FILE)
        .union(Rights::PATH_FILESTAT_GET)
        .union(Rights::PATH_FILESTAT_SET_TIMES)
        .union(Rights::FD_FILESTAT_GET)
        .union(Rights::FD_FILESTAT_SET_TIMES)
}

/// The inheriting rights of every directory, however it was opened itself: C libraries ask for no more when they open a
/// file below it. The grant decides what a guest gets.
fn rights_below() -> Rights {
    rights_of_preopen()
        .union(Rights::FD_DATASYNC)
        .union(Rights::FD_READ)
        .union(Rights::FD_SEEK)
        .union(Rights::FD_FDSTAT_SET_FLAGS)
        .union(Rights::FD_SYNC)
        .union(Rights::FD_TELL)
        .union(Rights::FD_WRITE)
        .union(Rights::FD_ADVISE)
        .union(Rights::FD_ALLOCATE)
        .union(Rights::FD_FILESTAT_SET_SIZE)
        .union(Rights::POLL_FD_READWRITE)
}

fn fdstat(fs_filetype: Filetype, fs_flags: Fdflags, fs_rights_base: Rights, fs_rights_inheriting: Rights) -> Fdstat {
    Fdstat { fs_filetype, fs_flags, fs_rights_base, fs_rights_inheriting }
}

fn flags_of(flags: OFlags) -> Fdflags {
    let sync = Sync::of_system(flags);
    Fdflags::when(Fdflags::APPEND, flags.contains(OFlags::APPEND))
        .union(Fdflags::when(Fdflags::NONBLOCK, flags.contains(OFlags::NONBLOCK)))
        .union(Fdflags::when(Fdflags::SYNC, sync == Sync::File))
        .union(Fdflags::when(Fdflags::DSYNC, sync == Sync::Data))
}

/// The completion of writes that flags of a descriptor ask for. Linux has nothing for reads alone: there, too, RSYNC is
/// SYNC.
fn sync_of(flags: Fdflags) -> Sync {
    if flags.contains(Fdflags::SYNC) || flags.contains(Fdflags::RSYNC) {
        Sync::File
    } else if flags.contains(Fdflags::DSYNC) {
        Sync::Data
    } else {
        Sync::None
    }
}

/// The system's flags for those of a descriptor.
pub fn system_flags(flags: Fdflags) -> OFlags {
    let mut system = sync_of(flags).to_system();
    system.set(OFlags::APPEND, flags.contains(Fdflags::APPEND));
    system.set(OFlags::NONBLOCK, flags.contains(Fdflags::NONBLOCK));
    system
}

/// Sets the flags of a file; the completion of writes can't be changed.
pub fn fd_fdstat_set_flags(host: &mut Host, _: Memory<'_>, fd: u32, flags: Fdflags) -> Outcome<()> {
    let file = host.descriptors().file(fd)?;
    let sync = sync_of(flags);
    if sync != Sync::None && sync != Sync::of_system(file.flags()?) {
        return Err(Errno::Inval.into());
    }
    Ok(file.set_flags(system_flags(flags))?)
}

/// Rights can't be changed.
pub fn fd_fdstat_set_rights(
    host: &mut Host,
    _: Memory<'_>,
    fd: u32,
    _fs_rights_base: Rights,
    _fs_rights_inheriting: Rights,
) -> Outcome<()> {
    host.descriptors().opened(fd)?;
    Err(Errno::Notsup.into())
}

/// The attributes of what a descriptor stands for.
pub fn fd_filestat_get(host: &mut Host, _: Memory<'_>, fd: u32) -> Outcome<Filestat> {
    if let Descriptor::Standard(standard) = host.descriptors().get(fd)? {
        let filetype = standard_type(*standard);
        return Ok(Filestat { dev: 0, ino: 0, filetype, nlink: 0, size: 0, atim: 0, mtim: 0, ctim: 0 });
    }
    let opened = host.descriptors().opened(fd)?;
    let mut stat = filestat(&opened.status()?)?;
    if matches!(opened, files::Descriptor::File(file) if file.datagrams) {
        stat.filetype = Filetype::SocketDgram;
    }
    Ok(stat)
}

/// The attributes in preview1's form.
pub fn filestat(status: &Status) -> Outcome<Filestat> {
    Ok(Filestat {
        dev: status.device,
        ino: status.inode,
        filetype: Filetype::of_system(status.file_type),
        nlink: status.links,
        size: status.size,
        atim: timestamp(status.access)?,
        mtim: timestamp(status.modification)?,
        ctim: timestamp(status.change)?,
    })
}

/// Times before 1970 can't be told, and are 0.
fn timestamp(time: Time) -> Outcome<u64> {
    let Ok(seconds) = u64::try_from(time.0) else { return Ok(0) };
    let nanoseconds = seconds.checked_mul(SECOND).and_then(|all| all.checked_add(time.1.into()));
    Ok(nanoseconds.ok_or(Errno::Overflow)?)
}

/// Sets the size of a file.
pub fn fd_filestat_set_size(host: &mut Host, _: Memory<'_>, fd: u32, size: u64) -> Outcome<()> {
    let file = host.descriptors().file(fd)?;
    file.check_writable()?;
    let file = file.system()?;
    Ok(quietly(|| rustix::fs::ftruncate(file, size))?)
}

/// Sets the times of a file or directory.
pub fn fd_filestat_set_times(
    host: &mut Host,
    _: Memory<'_>,
    fd: u32,
    atim: u64,
    mtim: u64,
    fst_flags: Fstflags,
) -> Outcome<()> {
    let (access, modification) = new_times(atim, mtim, fst_flags)?;
    Ok(host.descriptors().opened(fd)?.set_times(access, modification)?)
}

/// New times of access and modification.
pub fn new_times(atim: u64, mtim: u64, flags: Fstflags) -> Outcome<(NewTime, NewTime)> {
    let access = new_time(atim, flags.contains(Fstflags::ATIM), flags.contains(Fstflags::ATIM_NOW))?;
    let modification = new_time(mtim, flags.contains(Fstflags::MTIM), flags.contains(Fstflags::MTIM_NOW))?;
    Ok((access, modification))
}

fn new_time(time: u64, set: bool, now: bool) -> Outcome<NewTime> {
    match (set, now) {
        (true, true) => Err(Errno::Inval.into()),
        (true, false) => Ok(NewTime::At((time / SECOND).into(), (time % SECOND) as u32)),
        (false, true) => Ok(NewTime::Now),
        (false, false) => Ok(NewTime::Keep),
    }
}

/// The most buffers of one call, which is the system's limit too; a caller with more sees a short read or write.
const BUFFERS_MAX: usize = 1024;

/// Calls `take` with the addresses and lengths of the guest's first buffers that aren't empty, as many as one call takes,
/// and with none behind one that it doesn't. A message is taken as a whole or not at all.
fn each_buffer(
    memory: Memory<'_>,
    iovs: &Elements<'_, Iovec>,
    is_message: bool,
    take: &mut dyn FnMut(u64, u64) -> Outcome<()>,
) -> Outcome<()> {
    let (mut count, mut bytes) = (0, 0u64);
    for index in 0..iovs.len() {
        let iov = iovs.get(index)?;
        let (address, length) = (iov.buf.address(), u64::from(iov.buf_len));
        memory.range(address, length)?;
        if length == 0 {
            continue;
        }
        count += 1;
        bytes += length;
        // The number of bytes must fit the result.
        if count > BUFFERS_MAX || bytes > u64::from(u32::MAX) {
            return if is_message { Err(Errno::Msgsize.into()) } else { Ok(()) };
        }
        take(address, length)?;
    }
    Ok(())
}

/// Room for the buffers of one call.
fn room<T>(iovs: &Elements<'_, Iovec>) -> Vec<T> {
    Vec::with_capacity((iovs.len() as usize).min(BUFFERS_MAX))
}

/// Calls `write` with the guest's buffers.
pub fn with_sources(
    memory: Memory<'_>,
    iovs: &Elements<'_, Iovec>,
    is_message: bool,
    write: &mut dyn FnMut(&[IoSlice<'_>]) -> Result<usize, System>,
) -> Outcome<u32> {
    let mut slices = room(iovs);
    each_buffer(memory, iovs, is_message, &mut |address, length| {
        slices.push(IoSlice::new(memory.bytes(address, length)?));
        Ok(())
    })?;
    Ok(write(&slices)? as u32)
}

/// Calls `read` with the guest's buffers; if they overlap, with the first only.
pub fn with_targets(
    memory: Memory<'_>,
    iovs: &Elements<'_, Iovec>,
    is_message: bool,
    read: &mut dyn FnMut(&mut [IoSliceMut<'_>]) -> Result<usize, System>,
) -> Outcome<u32> {
    let mut buffers = room(iovs);
    each_buffer(memory, iovs, is_message, &mut |address, length| {
        buffers.push((address, length));
        Ok(())
    })?;
    if overlap(&buffers) {
        buffers.truncate(1);
    }
    let mut slices = Vec::with_capacity(buffers.len());
    for &(address, length) in &buffers {
        let target = memory.buffer(address, length)?;
        // SAFETY: memory of a guest is always initialised.
        slices.push(IoSliceMut::new(unsafe { &mut *(core::ptr::from_mut(target) as *mut [u8]) }));
    }
    Ok(read(&mut slices)? as u32)
}

fn overlap(buffers: &[(u64, u64)]) -> bool {
    let apart = |a: &(u64, u64), b: &(u64, u64)| a.0 + a.1 <= b.0 || b.0 + b.1 <= a.0;
    buffers.iter().enumerate().any(|(index, a)| buffers[..index].iter().any(|b| !apart(a, b)))
}

/// Retries what a signal interrupted.
pub fn uninterrupted(mut operation: impl FnMut() -> Result<usize, System>) -> Result<usize, System> {
    loop {
        match operation() {
            Err(System::INTR) if !is_over() => {}
            result => return result,
        }
    }
}

/// Reads from the current position on.
pub fn fd_read(host: &mut Access<'_>, memory: Memory<'_>, fd: u32, iovs: Elements<'_, Iovec>) -> Outcome<u32> {
    match host.descriptors().get(fd)? {
        Descriptor::Standard(Standard::Input) => {
            with_targets(memory, &iovs, false, &mut |buffers| Standard::Input.read_vectored(host, buffers))
        }
        Descriptor::File(file) => {
            let file = file.clone();
            let is_message = file.datagrams;
            with_targets(memory, &iovs, is_message, &mut |buffers| uninterrupted(|| file.read(host, buffers)))
        }
        _ => Err(Errno::Badf.into()),
    }
}

/// Reads from an offset on.
pub fn fd_pread(
    host: &mut Access<'_>,
    memory: Memory<'_>,
    fd: u32,
    iovs: Elements<'_, Iovec>,
    offset: u64,
) -> Outcome<u32> {
    match host.descriptors().get(fd)? {
        Descriptor::File(file) => {
            let file = file.clone();
            with_targets(memory, &iovs, false, &mut |buffers| uninterrupted(|| file.read_at(host, buffers, offset)))
        }
        Descriptor::Standard(Standard::Input) => Err(Errno::Spipe.into()),
        _ => Err(Errno::Badf.into()),
    }
}

/// Writes at the current position, or at the end of a file that is only appended to.
pub fn fd_write(host: &mut Access<'_>, memory: Memory<'_>, fd: u32, iovs: Elements<'_, Iovec>) -> Outcome<u32> {
    match host.descriptors().get(fd)? {
        Descriptor::Standard(standard) if *standard != Standard::Input => {
            let standard = *standard;
            with_sources(memory, &iovs, false, &mut |buffers| standard.write_vectored(host, buffers))
        }
        Descriptor::File(file) => {
            let file = file.clone();
            let is_message = file.datagrams;
            with_sources(memory, &iovs, is_message, &mut |buffers| uninterrupted(|| file.write(host, buffers)))
        }
        _ => Err(Errno::Badf.into()),
    }
}

/// Writes at an offset.
pub fn fd_pwrite(
    host: &mut Access<'_>,
    memory: Memory<'_>,
    fd: u32,
    iovs: Elements<'_, Iovec>,
    offset: u64,
) -> Outcome<u32> {
    match host.descriptors().get(fd)? {
        Descriptor::File(file) => {
            let file = file.clone();
            with_sources(memory, &iovs, false, &mut |buffers| uninterrupted(|| file.write_at(host, buffers, offset)))
        }
        Descriptor::Standard(standard) if *standard != Standard::Input => Err(Errno::Spipe.into()),
        _ => Err(Errno::Badf.into()),
    }
}

/// The length of the path of a granted directory.
pub fn fd_prestat_get(host: &mut Host, _: Memory<'_>, fd: u32) -> Outcome<Prestat> {
    match host.descriptors().get(fd)? {
        Descriptor::Directory(_, Some(path)) => Ok(Prestat::Dir(PrestatDir { pr_name_len: path.len() as u32 })),
        _ => Err(Errno::Badf.into()),
    }
}

/// The path of a granted directory.
pub fn fd_prestat_dir_name(host: &mut Host, memory: Memory<'_>, fd: u32, path: Pointer, path_len: u32) -> Outcome<()> {
    let Descriptor::Directory(_, Some(name)) = host.descriptors().get(fd)? else { return Err(Errno::Notdir.into()) };
    if name.len() > path_len as usize {
        return Err(Errno::Nametoolong.into());
    }
    Ok(memory.write(path.address(), name)?)
}

/// The buffer for entries of a directory that the system returns: room for one of any length at least.
const ENTRY_BYTES: core::ops::RangeInclusive<usize> = 512..=32 << 10;

/// The entries of a directory from a position on, as many as there is room for; the last one may be cut off.
pub fn fd_readdir(
    host: &mut Host,
    memory: Memory<'_>,
    fd: u32,
    buf: Pointer,
    buf_len: u32,
    cookie: u64,
) -> Outcome<u32> {
    memory.range(buf.address(), buf_len.into())?;
    if let Some(directory) = host.descriptors().directory(fd)?.inside() {
        return entries_inside(directory, memory, buf, buf_len, cookie);
    }
    let mut buffer = host.buffer((buf_len as usize).clamp(*ENTRY_BYTES.start(), *ENTRY_BYTES.end()))?;
    let directory = host.descriptors().directory(fd)?;
    let left_off = directory.place.get();
    let mut place = if left_off.index <= cookie { left_off } else { Place::default() };
    let system = directory.system()?;
    rustix::fs::seek(system, SeekFrom::Start(place.offset))?;
    let mut entries = RawDir::new(system, buffer.spare_capacity_mut());
    let mut room = Room { memory, next: buf.address(), end: buf.address() + u64::from(buf_len) };
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let next = Place { index: place.index + 1, offset: entry.next_entry_cookie() };
        if place.index < cookie {
            place = next;
            continue;
        }
        let name = entry.file_name();
        let (inode, file_type) = match name.to_bytes() {
            // The number of what lies above is nobody's business.
            b".." => (rustix::fs::fstat(system)?.st_ino, FileType::Directory),
            _ if entry.file_type() == FileType::Unknown => (entry.ino(), type_of_entry(system, name)),
            _ => (entry.ino(), entry.file_type()),
        };
        let head = dirent(next.index, inode, name.to_bytes().len(), Filetype::of_system(file_type));
        let rest = room.end - room.next;
        let is_full = room.write(&head)? || room.write(name.to_bytes())?;
        // Who got only a part of an entry asks for it again.
        if (head.len() + name.to_bytes().len()) as u64 <= rest {
            place = next;
        }
        if is_full {
            break;
        }
    }
    directory.place.set(place);
    let written = (room.next - buf.address()) as u32;
    host.recycle(buffer);
    Ok(written)
}

/// Lists a directory inside the executable as [`fd_readdir`] does. The cookie of an entry is its place.
fn entries_inside(
    directory: &dyn Embedded,
    memory: Memory<'_>,
    buf: Pointer,
    buf_len: u32,
    cookie: u64,
) -> Outcome<u32> {
    let mut room = Room { memory, next: buf.address(), end: buf.address() + u64::from(buf_len) };
    let mut index = cookie;
    while let Some(entry) = directory.entry(index) {
        index += 1;
        let head = dirent(index, entry.inode, entry.name.len(), Filetype::of_system(entry.file_type));
        if room.write(&head)? || room.write(entry.name)? {
            break;
        }
    }
    Ok((room.next - buf.address()) as u32)
}

/// The rest of the guest's buffer.
struct Room<'a> {
    memory: Memory<'a>,
    next: u64,
    end: u64,
}

impl Room<'_> {
    /// Writes as much as there is room for; whether the buffer is full then.
    fn write(&mut self, bytes: &[u8]) -> Result<bool, Fault> {
        let count = (self.end - self.next).min(bytes.len() as u64);
        self.memory.write(self.next, &bytes[..count as usize])?;
        self.next += count;
        Ok(self.next == self.end)
    }
}

/// A [`Dirent`] as bytes: it may lie at any address.
fn dirent(next: u64, inode: u64, name_bytes: usize, file_type: Filetype) -> [u8; Dirent::SIZE as usize] {
    let mut bytes = [0; Dirent::SIZE as usize];
    bytes[..8].copy_from_slice(&next.to_le_bytes());
    bytes[8..16].copy_from_slice(&inode.to_le_bytes());
    bytes[16..20].copy_from_slice(&(name_bytes as u32).to_le_bytes());
    bytes[20] = file_type as u8;
    bytes
}

/// Gives a descriptor the number of another, which is closed.
pub fn fd_renumber(host: &mut Host, _: Memory<'_>, fd: u32, to: u32) -> Outcome<()> {
    Ok(host.descriptors().renumber(fd, to)?)
}

/// Moves the position of a file.
pub fn fd_seek(host: &mut Host, _: Memory<'_>, fd: u32, offset: i64, whence: Whence) -> Outcome<u64> {
    let file = host.descriptors().seekable(fd)?;
    let to = match whence {
        Whence::Set => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
        Whence::Cur => SeekFrom::Current(offset),
        Whence::End => SeekFrom::End(offset),
    };
    Ok(file.seek(to)?)
}

/// The position of a file.
pub fn fd_tell(host: &mut Host, _: Memory<'_>, fd: u32) -> Outcome<u64> {
    Ok(host.descriptors().seekable(fd)?.seek(SeekFrom::Current(0))?)
}
