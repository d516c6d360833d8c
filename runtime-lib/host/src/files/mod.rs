//! Files and directories. Every path that a guest names is resolved by cap-primitives, below the directory that it is
//! relative to; below a read-only directory nothing can be changed, also not through what was opened from there.
//!
//! Errors are Linux's. A refusal by the policy is EPERM.

pub mod descriptors;
pub mod embedded;
pub mod entries;
pub mod errors;
pub mod file;
pub mod file_streams;
pub mod inside;
pub mod mounts;
pub mod open_files;
pub mod status;
pub mod sync;

use core::cell::Cell;
use core::ffi::CStr;
use std::fs::File as SystemFile;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;

use aot_abi::parts;
use cap_primitives::fs::{self as cap, DirOptions, FollowSymlinks, OpenOptions, OpenOptionsExt};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use rustix::io::Errno;

use crate::clocks::SECOND;
use crate::files::errors::{is_escape, system};
use crate::files::inside::{Embedded, Found};
use crate::files::mounts::{Kind, Mount};
use crate::files::open_files::{OpenFile, OpenFiles};
use crate::files::status::Status;
use crate::grantee::Grantee;
use crate::policy;
use crate::start_error::StartError;

pub use crate::files::file::File;
use crate::files::file::check_writable;

/// A directory that a guest has.
pub struct Directory {
    source: Source,
    /// The count as an open file; none for a granted directory.
    _open: Option<OpenFile>,
    /// The granted one in which it lies.
    grant: policy::Directory,
    /// The mount of the granted one.
    mount: Mount,
    open_files: OpenFiles,
    /// True if the guest opened it for changes of its entries, which its grant allows.
    pub mutable: bool,
    /// The place at which the guest left off reading the entries.
    pub place: Cell<Place>,
}

/// A place among the entries of a directory. Guests get the small number: C has places as `long`, which is 32 bits wide
/// in wasm, and the system's own numbers need 64.
#[derive(Clone, Copy, Default)]
pub struct Place {
    /// The number of entries before the place.
    pub index: u64,
    /// The system's offset of the place.
    pub offset: u64,
}

enum Source {
    System(SystemFile),
    Embedded(Box<dyn Embedded>),
}

/// A file or directory that was opened.
#[derive(Clone)]
pub enum Descriptor {
    /// Anything that isn't a directory.
    File(Rc<File>),
    /// A directory, with the entries below it.
    Directory(Rc<Directory>),
}

/// Options of opening a path.
#[derive(Clone, Copy)]
pub struct Open {
    /// Follow a symbolic link at the end of the path.
    pub follow: bool,
    /// Create the file if there is none.
    pub create: bool,
    /// Fail if the file exists, with `create`.
    pub exclusive: bool,
    /// Empty the file.
    pub truncate: bool,
    /// Fail on anything but a directory.
    pub directory: bool,
    /// Open for reading; also if neither `read` nor `write` was asked for.
    pub read: bool,
    /// Open for writing.
    pub write: bool,
    /// Open a directory for changes of its entries.
    pub mutate: bool,
    /// Further flags: `APPEND`, `NONBLOCK`, and those of `sync`.
    pub flags: OFlags,
}

/// A new time of access or modification.
#[derive(Clone, Copy)]
pub enum NewTime {
    /// The time stays as it is.
    Keep,
    /// The current time.
    Now,
    /// Seconds and nanoseconds since 1970. Each interface has seconds of its own type.
    At(i128, u32),
}

/// A granted directory.
#[derive(Clone)]
pub struct Preopen {
    /// The open directory.
    pub directory: Rc<Directory>,
    /// The guest's path of the directory.
    pub guest: &'static [u8],
    /// The component that has the directory.
    pub grantee: Grantee,
}

/// Opens granted directories. One that is missing is an error, unless it is optional.
pub type OpenGranted = fn(&[policy::Directory], &OpenFiles) -> Result<Vec<Preopen>, StartError>;

const _: OpenGranted = aot_part_directories;
const _: () = assert!(aot_foundation::same_name("aot_part_directories", parts::DIRECTORIES));

#[unsafe(no_mangle)]
fn aot_part_directories(directories: &[policy::Directory], open_files: &OpenFiles) -> Result<Vec<Preopen>, StartError> {
    let mut preopens = Vec::new();
    for directory in directories {
        match open_host_directory(directory.host) {
            Ok(file) => {
                let directory = granted(*directory, file.into(), open_files.clone())?;
                let policy::Directory { guest, grantee, .. } = directory.grant;
                preopens.push(Preopen { directory: Rc::new(directory), guest, grantee });
            }
            Err(Errno::NOENT) if directory.optional => {}
            Err(errno) => return Err(StartError::directory(directory, errno)),
        }
    }
    Ok(preopens)
}

/// Returns a granted directory that is open. What the kernel shows of itself is never written to, and processes aren't shown.
fn granted(mut grant: policy::Directory, file: SystemFile, open_files: OpenFiles) -> Result<Directory, StartError> {
    let of_system = |errno| StartError::directory(&grant, errno);
    let mount = Mount::of(file.as_fd()).map_err(of_system)?;
    if mount.kind() == Kind::Kernel || mount.is_of_process(file.as_fd()).map_err(of_system)? {
        return Err(of_system(Errno::PERM));
    }
    grant.read_only |= mount.kind() != Kind::Ordinary;
    let (source, mutable) = (Source::System(file), !grant.read_only);
    Ok(Directory { source, _open: None, grant, mount, open_files, mutable, place: Cell::default() })
}

fn open_host_directory(path: &[u8]) -> Result<OwnedFd, Errno> {
    let path = [path, &[0]].concat();
    let path = CStr::from_bytes_with_nul(&path).map_err(|_| Errno::INVAL)?;
    rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

impl Directory {
    /// A directory that was opened below this one.
    fn below(&self, source: Source, open: OpenFile, mutate: bool) -> Self {
        let open_files = self.open_files.clone();
        let mutable = mutate && !self.read_only();
        let (grant, mount) = (self.grant, self.mount);
        Self { source, _open: Some(open), grant, mount, open_files, mutable, place: Cell::default() }
    }

    /// The top of a directory inside the executable, which the guest knows by this path.
    pub fn embedded(top: Box<dyn Embedded>, guest: &'static [u8], open_files: OpenFiles) -> Self {
        let grantee = Grantee::default();
        let grant = policy::Directory { host: b"", guest, read_only: true, optional: false, shown: true, grantee };
        let (source, mount) = (Source::Embedded(top), Mount::EMBEDDED);
        Self { source, _open: None, grant, mount, open_files, mutable: false, place: Cell::default() }
    }

    /// Returns true if nothing below the directory may be changed.
    pub fn read_only(&self) -> bool {
        self.grant.read_only
    }

    /// The system's descriptor of the directory; an error for one inside the executable.
    pub fn system(&self) -> Result<BorrowedFd<'_>, Errno> {
        self.file().map(AsFd::as_fd)
    }

    /// The directory inside the executable; none for one of the system.
    pub fn inside(&self) -> Option<&dyn Embedded> {
        match &self.source {
            Source::System(_) => None,
            Source::Embedded(directory) => Some(&**directory),
        }
    }

    fn file(&self) -> Result<&SystemFile, Errno> {
        match &self.source {
            Source::System(file) => Ok(file),
            Source::Embedded(_) => Err(Errno::PERM),
        }
    }

    /// Refuses a change below a read-only directory.
    fn check_writable(&self, path: &str) -> Result<(), Errno> {
        check_writable(&self.grant, path, self.open_files.denials())
    }

    /// The system's error of an operation on these paths.
    fn error(&self, paths: &[&str], error: io::Error) -> Errno {
        if is_escape(&error) {
            self.open_files.denials().escape(&self.grant, paths);
        }
        system(error)
    }

    /// Finds the file, directory or link at a path inside the executable.
    fn find_inside(&self, directory: &dyn Embedded, path: &str, follow: bool) -> Result<Found, Errno> {
        directory.find(path, follow).inspect_err(|error| {
            if *error == Errno::PERM {
                self.open_files.denials().escape(&self.grant, &[path]);
            }
        })
    }

    fn open_inside(&self, directory: &dyn Embedded, path: &str, how: Open) -> Result<Descriptor, Errno> {
        let open = self.open_files.count()?;
        match self.find_inside(directory, path, how.follow)? {
            Found::Link(..) => Err(Errno::LOOP),
            Found::File(_) if how.directory => Err(Errno::NOTDIR),
            Found::File(contents) => Ok(Descriptor::File(Rc::new(File::embedded(contents, open, self.grant, true)))),
            Found::Directory(found) => {
                let source = Source::Embedded(found);
                Ok(Descriptor::Directory(Rc::new(self.below(source, open, how.mutate))))
            }
        }
    }

    /// Opens a file or directory.
    pub fn open(&self, path: &str, how: Open) -> Result<Descriptor, Errno> {
        let write = how.write || how.create || how.truncate;
        if how.directory && (how.create || how.exclusive || how.truncate) {
            return Err(Errno::INVAL);
        }
        if write {
            self.check_writable(path)?;
        }
        if let Some(directory) = self.inside() {
            return self.open_inside(directory, path, how);
        }
        if how.create && path.ends_with('/') && !names_dots(path) {
            // Said here, because cap-primitives says something else where it resolves paths by itself.
            return Err(Errno::ISDIR);
        }
        if self.mount.kind() == Kind::Processes {
            let (directory, name) = self.find_in_processes(path)?;
            return directory.open_system(name, Open { follow: false, ..how });
        }
        if how.truncate {
            // What is refused below would be empty by then.
            self.check_mount_of(path, how.follow)?;
        }
        self.open_system(path, how)
    }

    fn open_system(&self, path: &str, how: Open) -> Result<Descriptor, Errno> {
        let write = how.write || how.create || how.truncate;
        let open = self.open_files.count()?;
        // As it is opened for reading also where it isn't to be read, the system lets directories be opened.
        let readable = how.read || !how.write;
        // A FIFO must not keep us waiting for who is at its other end. Where a directory is wanted, DIRECTORY would hide
        // symbolic links from cap-primitives where it follows them by itself.
        let flags = how.flags | OFlags::NOCTTY | OFlags::NONBLOCK;
        let mut options = OpenOptions::new();
        options.read(readable).write(write).truncate(how.truncate).custom_flags(flags.bits() as i32);
        options.create(how.create && !how.exclusive).create_new(how.create && how.exclusive);
        options._cap_fs_ext_follow(follow(how.follow));
        let file = cap::open(self.file()?, whole(path)?, &options).map_err(|error| {
            match self.error(&[path], error) {
                // Said here, because cap-primitives says something else where it resolves paths by itself.
                Errno::EXIST | Errno::ISDIR if how.create && names_dots(path) => {
                    if how.exclusive {
                        Errno::EXIST
                    } else {
                        Errno::ISDIR
                    }
                }
                error => error,
            }
        })?;
        let status = rustix::fs::fstat(&file)?;
        self.check_mount(path, &file, &status)?;
        let file_type = FileType::from_raw_mode(status.st_mode);
        if file_type == FileType::Directory {
            let source = Source::System(not_only_named(file)?);
            return Ok(Descriptor::Directory(Rc::new(self.below(source, open, how.mutate))));
        }
        if how.directory {
            return Err(Errno::NOTDIR);
        }
        if !how.flags.contains(OFlags::NONBLOCK) {
            rustix::fs::fcntl_setfl(&file, how.flags)?;
        }
        let new = if file_type == FileType::Fifo { File::fifo } else { File::new };
        Ok(Descriptor::File(Rc::new(new(file, open, self.grant, readable, write))))
    }

    /// A second file description of the directory, with a position of its own.
    pub fn reopen(&self) -> Result<(OwnedFd, OpenFile), Errno> {
        let open = self.open_files.count()?;
        Ok((open_again(self.file()?)?, open))
    }

    /// The attributes of what is at a path.
    pub fn status_at(&self, path: &str, follow_link: bool) -> Result<Status, Errno> {
        if let Some(directory) = self.inside() {
            return Ok(match self.find_inside(directory, path, follow_link)? {
                Found::File(contents) => contents.status,
                Found::Directory(found) => found.status(),
                Found::Link(_, status) => status,
            });
        }
        whole(path)?;
        if !follow_link && is_name(path) && self.mount.kind() == Kind::Ordinary {
            let status = rustix::fs::statat(self.file()?, path, AtFlags::SYMLINK_NOFOLLOW)?;
            if self.mount.has(&status) {
                return Ok(Status::of_stat(&status));
            }
        }
        self.find(path, follow_link).map(|(_, status)| Status::of_stat(&status))
    }

    /// Returns a file description that only names what is at a path, with its status: it needs no right to it, and never waits.
    fn find(&self, path: &str, follow_link: bool) -> Result<(SystemFile, Stat), Errno> {
        if self.mount.kind() == Kind::Processes {
            let (directory, name) = self.find_in_processes(path)?;
            return directory.find_system(name, false);
        }
        self.find_system(path, follow_link)
    }

    fn find_system(&self, path: &str, follow_link: bool) -> Result<(SystemFile, Stat), Errno> {
        let file = self.only_name(path, follow_link).map_err(|error| self.error(&[path], error))?;
        let status = rustix::fs::fstat(&file)?;
        self.check_mount(path, &file, &status)?;
        Ok((file, status))
    }

    fn only_name(&self, path: &str, follow_link: bool) -> io::Result<SystemFile> {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(OFlags::PATH.bits() as i32)._cap_fs_ext_follow(follow(follow_link));
        cap::open(self.file()?, whole(path)?, &options)
    }

    /// Returns the directory of procfs in which a path's last part lies, with that part.
    fn find_in_processes<'p>(&self, path: &'p str) -> Result<(Directory, &'p str), Errno> {
        let found = mounts::find_in_processes(self.system()?, path);
        let (directory, name) = found.inspect_err(|_| self.open_files.denials().kernel(&self.grant, path))?;
        let source = Source::System(directory.into());
        Ok((self.below(source, self.open_files.count()?, false), name))
    }

    /// Refuses what is open, with its status, where the kernel shows itself outside the grant.
    fn check_mount(&self, path: &str, file: &SystemFile, status: &Stat) -> Result<(), Errno> {
        let result = self.open_files.mounts().check(self.mount, file, status);
        result.inspect_err(|_| self.open_files.denials().kernel(&self.grant, path))
    }

    /// Refuses a path to where the kernel shows itself outside the grant. If nothing is there, the operation says so.
    fn check_mount_of(&self, path: &str, follow_link: bool) -> Result<(), Errno> {
        match self.only_name(path, follow_link) {
            Ok(file) => self.check_mount(path, &file, &rustix::fs::fstat(&file)?),
            Err(_) => Ok(()),
        }
    }

    /// Refuses a change of a name where the kernel shows itself. A name right in this directory isn't there, as it isn't.
    fn check_mount_around(&self, path: &str) -> Result<(), Errno> {
        match path.trim_end_matches('/').rsplit_once('/') {
            Some((parent, _)) => self.check_mount_of(parent, true),
            None => Ok(()),
        }
    }

    /// Creates a directory.
    pub fn create_directory(&self, path: &str) -> Result<(), Errno> {
        self.check_writable(path)?;
        self.check_mount_around(path)?;
        cap::create_dir(self.file()?, whole(path)?, &DirOptions::new()).map_err(|error| self.error(&[path], error))
    }

    /// Sets the times of what is at a path.
    pub fn set_times_at(
        &self,
        path: &str,
        follow_link: bool,
        access: NewTime,
        modification: NewTime,
    ) -> Result<(), Errno> {
        self.check_writable(path)?;
        let times = timestamps(access, modification)?;
        let (file, _) = self.find(path, follow_link)?;
        match rustix::fs::utimensat(&file, c"", &times, AtFlags::EMPTY_PATH) {
            // Linux before 5.8. Without `/proc`, it needs a file that can be opened.
            Err(Errno::INVAL | Errno::NOENT) => {}
            result => return result,
        }
        let (parent, name) = path.rsplit_once('/').unwrap_or((".", path));
        if !follow_link && is_name(name) {
            let (parent, _) = self.find(if parent.is_empty() { "/" } else { parent }, true)?;
            return rustix::fs::utimensat(&parent, name, &times, AtFlags::SYMLINK_NOFOLLOW);
        }
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(OFlags::NONBLOCK.bits() as i32);
        let file = cap::open(self.file()?, whole(path)?, &options).map_err(system)?;
        rustix::fs::futimens(&not_only_named(file)?, &times)
    }

    /// Creates a hard link. Neither side may be read-only, since the link can be written through.
    pub fn link(&self, path: &str, to: &Directory, new_path: &str) -> Result<(), Errno> {
        self.check_writable(path)?;
        to.check_writable(new_path)?;
        self.check_mount_around(path)?;
        to.check_mount_around(new_path)?;
        to.check_new(new_path)?;
        cap::hard_link(self.file()?, whole(path)?, to.file()?, whole(new_path)?).map_err(|error| {
            match self.error(&[path, new_path], error) {
                // Landlock is asked before it is known that there are no hard links to directories.
                Errno::XDEV if names_dots(path) => Errno::PERM,
                error => error,
            }
        })
    }

    /// Refuses the path of a new file or link with a slash at its end, which only directories may have.
    fn check_new(&self, path: &str) -> Result<(), Errno> {
        whole(path)?;
        if path.ends_with('/') {
            self.status_at(without_slash(path), false)?;
            return Err(Errno::EXIST);
        }
        Ok(())
    }

    /// Renames a file or directory.
    pub fn rename(&self, path: &str, to: &Directory, new_path: &str) -> Result<(), Errno> {
        self.check_writable(path)?;
        to.check_writable(new_path)?;
        // cap-primitives ignores a slash at the end of the new path, which only directories may have. What dots name can't be
        // renamed, whatever it is.
        let may_name_no_file = new_path.ends_with('/') && !names_dots(new_path);
        if may_name_no_file && self.status_at(without_slash(path), false)?.file_type != FileType::Directory {
            return Err(Errno::NOTDIR);
        }
        self.check_mount_around(path)?;
        to.check_mount_around(new_path)?;
        cap::rename(self.file()?, whole(path)?, to.file()?, whole(new_path)?)
            .map_err(|error| self.error(&[path, new_path], error))
    }

    /// Creates a symbolic link; to an absolute path, that is refused.
    pub fn symlink(&self, target: &str, path: &str) -> Result<(), Errno> {
        self.check_writable(path)?;
        self.check_mount_around(path)?;
        self.check_new(path)?;
        cap::symlink(whole(target)?, self.file()?, whole(path)?).map_err(|error| self.error(&[target, path], error))
    }

    /// The contents of a symbolic link; of one to an absolute path, that is refused.
    pub fn read_link(&self, path: &str) -> Result<Vec<u8>, Errno> {
        if let Some(directory) = self.inside() {
            return match self.find_inside(directory, path, false)? {
                Found::Link(target, _) if target.starts_with(b"/") => Err(Errno::PERM),
                Found::Link(target, _) => Ok(target.to_vec()),
                Found::File(_) | Found::Directory(_) => Err(Errno::INVAL),
            };
        }
        if self.mount.kind() == Kind::Processes {
            let (directory, name) = self.find_in_processes(path)?;
            return directory.read_link_system(name);
        }
        self.check_mount_around(path)?;
        self.read_link_system(path)
    }

    fn read_link_system(&self, path: &str) -> Result<Vec<u8>, Errno> {
        use std::os::unix::ffi::OsStringExt;
        let target = cap::read_link(self.file()?, whole(path)?).map_err(|error| self.error(&[path], error))?;
        Ok(target.into_os_string().into_vec())
    }

    /// Removes a directory.
    pub fn remove_directory(&self, path: &str) -> Result<(), Errno> {
        self.check_writable(path)?;
        whole(path)?;
        self.check_mount_around(path)?;
        // cap-primitives would remove `.` in the directory.
        cap::remove_dir(self.file()?, whole(without_slash(path))?).map_err(|error| self.error(&[path], error))
    }

    /// Removes anything but a directory.
    pub fn unlink(&self, path: &str) -> Result<(), Errno> {
        self.check_writable(path)?;
        self.check_mount_around(path)?;
        cap::remove_file(self.file()?, whole(path)?).map_err(|error| self.error(&[path], error))
    }
}

/// A second file description of a directory.
fn open_again(directory: &SystemFile) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(directory, c".", flags, Mode::empty())
}

/// A file that can be read. If cap-primitives resolves a path by itself and a slash at the end of it, or of a link on the
/// way, demands a directory, what it opens only names that.
fn not_only_named(file: SystemFile) -> Result<SystemFile, Errno> {
    if rustix::fs::fcntl_getfl(&file)?.contains(OFlags::PATH) {
        open_again(&file).map(SystemFile::from)
    } else {
        Ok(file)
    }
}

/// The most bytes of a path, with the zero behind it.
const PATH_BYTES_MAX: usize = 4096;

/// A path, as long as the system takes one: if cap-primitives resolves it by itself, it would take more.
fn whole(path: &str) -> Result<&Path, Errno> {
    if path.len() < PATH_BYTES_MAX { Ok(Path::new(path)) } else { Err(Errno::NAMETOOLONG) }
}

/// A path without slashes at its end, if it is more than those.
fn without_slash(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => path,
        path => path,
    }
}

/// Returns true if the last component of a path, with or without a slash behind it, is `.` or `..`, which names a directory
/// that exists already.
fn names_dots(path: &str) -> bool {
    let last = without_slash(path).rsplit('/').next();
    last == Some(".") || last == Some("..")
}

/// Returns true for the name of something right in a directory, for which nothing has to be resolved. A slash at the end
/// of a path demands a directory, and a link there is followed.
fn is_name(path: &str) -> bool {
    !path.is_empty() && path != "." && path != ".." && !path.contains('/')
}

fn follow(follow_link: bool) -> FollowSymlinks {
    if follow_link { FollowSymlinks::Yes } else { FollowSymlinks::No }
}

impl Descriptor {
    /// The file that a descriptor is.
    pub fn file(&self) -> Result<&Rc<File>, Errno> {
        match self {
            Descriptor::File(file) => Ok(file),
            Descriptor::Directory(_) => Err(Errno::BADF),
        }
    }

    /// The directory that a descriptor is.
    pub fn directory(&self) -> Result<&Rc<Directory>, Errno> {
        match self {
            Descriptor::Directory(directory) => Ok(directory),
            Descriptor::File(_) => Err(Errno::NOTDIR),
        }
    }

    /// The attributes of the file or directory.
    pub fn status(&self) -> Result<Status, Errno> {
        match self {
            Descriptor::File(file) => file.status(),
            Descriptor::Directory(directory) => match directory.inside() {
                Some(inside) => Ok(inside.status()),
                None => Status::of_file(directory.system()?),
            },
        }
    }

    /// The flags with which the file or directory is open.
    pub fn flags(&self) -> Result<OFlags, Errno> {
        match self {
            Descriptor::File(file) => file.flags(),
            Descriptor::Directory(directory) if directory.inside().is_some() => Ok(OFlags::RDONLY),
            Descriptor::Directory(directory) => rustix::fs::fcntl_getfl(directory.system()?),
        }
    }

    /// Waits until the contents are on disk, and unless `only_data` the attributes.
    pub fn sync(&self, only_data: bool) -> Result<(), Errno> {
        match self {
            Descriptor::File(file) => file.sync(only_data),
            Descriptor::Directory(directory) if directory.inside().is_some() => Ok(()),
            Descriptor::Directory(directory) if only_data => rustix::fs::fdatasync(directory.system()?),
            Descriptor::Directory(directory) => rustix::fs::fsync(directory.system()?),
        }
    }

    /// Sets its times.
    pub fn set_times(&self, access: NewTime, modification: NewTime) -> Result<(), Errno> {
        let file = match self {
            Descriptor::File(file) => {
                file.check_writable()?;
                file.system()?
            }
            Descriptor::Directory(directory) => {
                directory.check_writable(".")?;
                directory.system()?
            }
        };
        rustix::fs::futimens(file, &timestamps(access, modification)?)
    }
}

/// The system's form of new times. What a guest says never becomes one of its special values.
fn timestamps(access: NewTime, modification: NewTime) -> Result<Timestamps, Errno> {
    Ok(Timestamps { last_access: timespec(access)?, last_modification: timespec(modification)? })
}

fn timespec(time: NewTime) -> Result<Timespec, Errno> {
    match time {
        NewTime::Keep => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT }),
        NewTime::Now => Ok(Timespec { tv_sec: 0, tv_nsec: UTIME_NOW }),
        NewTime::At(seconds, nanoseconds) => {
            let nanoseconds = u64::from(nanoseconds);
            let tv_sec = i64::try_from(seconds + i128::from(nanoseconds / SECOND)).map_err(|_| Errno::OVERFLOW)?;
            Ok(Timespec { tv_sec, tv_nsec: (nanoseconds % SECOND) as i64 })
        }
    }
}

/// The type of a name in a directory, if the system didn't tell with the name.
pub fn type_of_entry(directory: BorrowedFd<'_>, name: &CStr) -> FileType {
    match rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => FileType::from_raw_mode(stat.st_mode),
        Err(_) => FileType::Unknown,
    }
}
