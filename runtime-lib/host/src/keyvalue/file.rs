//! Stores in files: a crash-safe database (the crate `redb`), over system calls of our own.

use core::ops::Bound;
use core::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{PoisonError, RwLock};

use aot_foundation::exit::exit;
use aot_foundation::message::Message;
use aot_foundation::{interrupt, trap_handler};
use redb::{Builder, Database, Error, ReadableDatabase, ReadableTable, StorageBackend, Table, TableDefinition};
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::memory::page;
use super::{Answer, Fault, Numbers, Page, Pairs, Place, Store, sum};
use crate::access::Access;
use crate::policy::state::{StoreGrant, StoreLimits, StorePlace};

/// The table with all keys and their values.
const VALUES: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("values");
/// The exit statuses after a panic of the database: while it is opened, and later.
const STATUS_NOT_STARTED: i32 = 125;
const STATUS_TRAP: i32 = 134;
/// Bytes of pages that the database keeps in memory.
const CACHE_BYTES: usize = 4 << 20;

type Values<'t> = Table<'t, &'static str, &'static [u8]>;

/// A store in a file. What is set is on the disk when the operation returns.
pub struct File {
    path: &'static [u8],
    /// None once the store is closed.
    database: RwLock<Option<Database>>,
}

impl File {
    /// Opens the store in the file of a grant, which is made if it is missing, and locked for this process.
    ///
    /// # Errors
    /// The file can't be opened, is another process's at the moment, or isn't a store.
    pub fn open(grant: &StoreGrant, _: &StoreLimits) -> Result<Box<dyn Store>, &'static str> {
        let StorePlace::File(path) = grant.place else { return Err("it isn't a file") };
        // The database panics where a file that something altered makes no sense to it.
        trap_handler::explain_by(explain);
        trap_handler::install_for_defects().map_err(|_| "the system refuses a signal handler")?;
        let _use = Use::begin(path, STATUS_NOT_STARTED);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        let file = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR).map_err(why_not_opened)?;
        rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(why_not_locked)?;
        keep_name(path);
        let database = Builder::new().set_cache_size(CACHE_BYTES).create_with_backend(Backend(file));
        let database = database.map_err(|_| "it is no store, or is damaged")?;
        make_table(&database).map_err(|_| "it can't be written")?;
        Ok(Box::new(File { path, database: RwLock::new(Some(database)) }))
    }

    fn read<T>(&self, read: impl FnOnce(&redb::ReadOnlyTable<&'static str, &'static [u8]>) -> Answer<T>) -> Answer<T> {
        let _use = Use::begin(self.path, STATUS_TRAP);
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let transaction = database.as_ref().ok_or("the store is closed")?.begin_read().map_err(fault)?;
        read(&transaction.open_table(VALUES).map_err(fault)?)
    }

    /// Changes values in one transaction, which is on the disk then; an error changes nothing.
    fn write<T>(&self, change: impl FnOnce(&mut Values<'_>) -> Answer<T>) -> Answer<T> {
        let _use = Use::begin(self.path, STATUS_TRAP);
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let transaction = database.as_ref().ok_or("the store is closed")?.begin_write().map_err(fault)?;
        let result = change(&mut transaction.open_table(VALUES).map_err(fault)?)?;
        transaction.commit().map_err(fault)?;
        Ok(result)
    }
}

fn why_not_opened(error: Errno) -> &'static str {
    match error {
        Errno::NOENT => "its directory is missing",
        Errno::ACCESS | Errno::PERM => "permission denied",
        Errno::ISDIR => "it is a directory",
        Errno::ROFS => "its file system is for reading only",
        _ => "the system refuses to open it",
    }
}

fn why_not_locked(error: Errno) -> &'static str {
    if error == Errno::WOULDBLOCK { "another process uses it" } else { "the system refuses to lock it" }
}

/// Lets the name of a new file outlast a crash of the system. Not every file system can.
fn keep_name(path: &[u8]) {
    let directory = match path.iter().rposition(|&byte| byte == b'/') {
        None => &b"."[..],
        Some(end) => &path[..=end],
    };
    if let Ok(directory) =
        rustix::fs::open(directory, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
    {
        let _ = rustix::fs::fsync(directory);
    }
}

/// Makes the table of a new store.
fn make_table(database: &Database) -> Result<(), Error> {
    if database.begin_read()?.open_table(VALUES).is_ok() {
        return Ok(());
    }
    let transaction = database.begin_write()?;
    transaction.open_table(VALUES)?;
    Ok(transaction.commit()?)
}

fn fault(error: impl Into<Error>) -> Fault {
    match error.into() {
        Error::Io(error) => {
            let number = error.raw_os_error().unwrap_or_default();
            Fault::Other(format!("the file of the store fails: system error {number}"))
        }
        Error::PreviousIo => Fault::from("the file of the store has failed before"),
        Error::Corrupted(_) => Fault::from("the file of the store is damaged"),
        _ => Fault::from("the store fails"),
    }
}

fn value_of(table: &impl ReadableTable<&'static str, &'static [u8]>, key: &str) -> Answer<Option<Vec<u8>>> {
    Ok(table.get(key).map_err(fault)?.map(|value| value.value().to_vec()))
}

fn set(table: &mut Values<'_>, key: &str, value: &[u8]) -> Answer<()> {
    table.insert(key, value).map_err(fault)?;
    Ok(())
}

impl Store for File {
    fn get(&self, _: &mut Access<'_>, key: &str) -> Answer<Option<Vec<u8>>> {
        self.read(|table| value_of(table, key))
    }

    fn set(&self, _: &mut Access<'_>, key: &str, value: &[u8]) -> Answer<()> {
        self.write(|table| set(table, key, value))
    }

    fn delete(&self, host: &mut Access<'_>, key: &str) -> Answer<()> {
        self.delete_many(host, &[String::from(key)])
    }

    fn exists(&self, _: &mut Access<'_>, key: &str) -> Answer<bool> {
        self.read(|table| Ok(table.get(key).map_err(fault)?.is_some()))
    }

    fn keys(&self, _: &mut Access<'_>, from: Place) -> Answer<Page> {
        let (after, before) = match &from {
            Place::Start => (Bound::Unbounded, 0),
            Place::Text(last) => (Bound::Excluded(last.as_str()), 0),
            Place::Number(before) => (Bound::Unbounded, *before),
        };
        self.read(|table| {
            let entries = table.range::<&str>((after, Bound::Unbounded)).map_err(fault)?;
            let keys = entries.map(|entry| -> Answer<String> { Ok(String::from(entry.map_err(fault)?.0.value())) });
            page(keys.skip(usize::try_from(before).unwrap_or(usize::MAX)), before)
        })
    }

    fn increment(&self, _: &mut Access<'_>, key: &str, delta: i128, numbers: Numbers) -> Answer<i128> {
        self.write(|table| {
            let sum = sum(value_of(table, key)?.as_deref(), delta, numbers)?;
            set(table, key, sum.to_string().as_bytes())?;
            Ok(sum)
        })
    }

    fn swap(&self, _: &mut Access<'_>, key: &str, seen: Option<&[u8]>, value: &[u8]) -> Answer<bool> {
        self.write(|table| {
            let is_seen = value_of(table, key)?.as_deref() == seen;
            if is_seen {
                set(table, key, value)?;
            }
            Ok(is_seen)
        })
    }

    fn get_many(&self, host: &mut Access<'_>, keys: Vec<String>) -> Answer<Pairs> {
        self.read(|table| {
            let mut pairs = Vec::new();
            for key in keys {
                let value = value_of(table, &key)?;
                host.charge(value.as_ref().map_or(0, Vec::len) as u64)?;
                pairs.push(value.map(|value| (key, value)));
            }
            Ok(pairs)
        })
    }

    fn set_many(&self, _: &mut Access<'_>, pairs: &[(String, Vec<u8>)]) -> Answer<()> {
        self.write(|table| pairs.iter().try_for_each(|(key, value)| set(table, key, value)))
    }

    fn delete_many(&self, _: &mut Access<'_>, keys: &[String]) -> Answer<()> {
        self.write(|table| keys.iter().try_for_each(|key| table.remove(key.as_str()).map(|_| ()).map_err(fault)))
    }

    fn close(&self) {
        // Whoever uses it at this moment is cut off by the end of the process: what isn't on the disk was never answered.
        let _use = Use::begin(self.path, STATUS_TRAP);
        if let Ok(mut database) = self.database.try_write() {
            drop(database.take());
        }
    }
}

/// The use of a database by a thread, for whoever explains why the process ends.
struct User {
    /// The number of the thread; 0 for no use.
    thread: AtomicU32,
    path: AtomicPtr<u8>,
    path_bytes: AtomicUsize,
    /// The exit status if the database panics.
    status: AtomicI32,
}

/// Uses that go on. More at once than these go unexplained.
static USERS: [User; 64] = [const {
    let (path, path_bytes) = (AtomicPtr::new(core::ptr::null_mut()), AtomicUsize::new(0));
    User { thread: AtomicU32::new(0), path, path_bytes, status: AtomicI32::new(0) }
}; 64];

/// A use that goes on until this is dropped.
struct Use(Option<&'static User>);

impl Use {
    fn begin(path: &'static [u8], status: i32) -> Use {
        let thread = interrupt::thread_number();
        let claim =
            |user: &&User| user.thread.compare_exchange(0, thread, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        let user = USERS.iter().find(claim);
        // Only this thread looks at it, if it looks.
        if let Some(user) = user {
            user.path_bytes.store(path.len(), Ordering::Relaxed);
            user.path.store(path.as_ptr().cast_mut(), Ordering::Relaxed);
            user.status.store(status, Ordering::Relaxed);
        }
        Use(user)
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        if let Some(user) = self.0 {
            user.thread.store(0, Ordering::Relaxed);
        }
    }
}

/// Ends the process if this thread uses a database: the fault is a panic of that.
fn explain() {
    let thread = interrupt::thread_number();
    let Some(user) = USERS.iter().find(|user| user.thread.load(Ordering::Relaxed) == thread) else { return };
    let (path, bytes) = (user.path.load(Ordering::Relaxed), user.path_bytes.load(Ordering::Relaxed));
    // SAFETY: the use has begun, with a path of the policy.
    let path = unsafe { core::slice::from_raw_parts(path, bytes) };
    let mut message = Message::to_stderr();
    message.text("aot: the store in `").name(path).text("` is damaged\n");
    drop(message);
    exit(user.status.load(Ordering::Relaxed))
}

/// The file below the database.
#[derive(Debug)]
struct Backend(OwnedFd);

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        Ok(rustix::fs::fstat(&self.0)?.st_size as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut done = 0;
        while done < out.len() {
            match rustix::io::pread(&self.0, &mut out[done..], offset + done as u64) {
                Ok(0) => return Err(Errno::IO.into()),
                Ok(read) => done += read,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        Ok(rustix::fs::ftruncate(&self.0, length)?)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(rustix::fs::fdatasync(&self.0)?)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut done = 0;
        while done < data.len() {
            match rustix::io::pwrite(&self.0, &data[done..], offset + done as u64) {
                Ok(written) => done += written,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
