//! Instances, errors, and what the arguments of a call need: the part of the crate that is the same for every program.

use crate::ffi;
use std::any::Any;
use std::ffi::{CStr, CString, c_char, c_void};
use std::fmt;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An end of a call that the program's own functions don't know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// No instance can be made; the text says why.
    Start(String),
    /// The program trapped, which ends its instance; the text has the backtrace and the cause.
    Trap(String),
    /// The program ended itself with this status, and with it its instance.
    Exit(u32),
    /// Refusal of a call: one of these has ended the instance.
    Ended,
    /// Refusal of a call: a resource isn't one of the instance, has ended, or was given twice.
    Argument,
    /// Refusal of a call: the instance runs, on another thread or around this call.
    Busy,
    /// Refusal of a call: the system refused memory for this thread.
    System,
    /// There is no memory for the result.
    Memory,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Start(text) | Error::Trap(text) => text,
            Error::Exit(status) => return write!(f, "the program ended itself with exit status {status}"),
            Error::Ended => ffi::MEANING_ENDED,
            Error::Argument => ffi::MEANING_ARGUMENT,
            Error::Busy => ffi::MEANING_BUSY,
            Error::System => ffi::MEANING_SYSTEM,
            Error::Memory => ffi::MEANING_MEMORY,
        })
    }
}

impl std::error::Error for Error {}

/// Functions that the program imports, or none.
pub type Functions = Box<dyn Any + Send + Sync>;

/// An instance as C has it, with what its resources and imports share.
pub struct Inner {
    pointer: AtomicPtr<c_void>,
    /// Resources that couldn't be dropped while the instance ran.
    dropped: Mutex<Vec<(ffi::Drop, u64)>>,
    /// The functions that the program imports.
    pub functions: Functions,
    /// The text with which an imported function ended the program.
    text: Mutex<Option<CString>>,
    /// The panic of an imported function, which goes on behind the call.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Inner {
    /// Makes an instance; `table` begins with the structure of imported functions, if there are some.
    ///
    /// # Errors
    /// There is none.
    pub fn new(options: &ffi::Options, table: Option<&mut ffi::Imports>, functions: Functions) -> Result<Arc<Self>, Error> {
        let inner = Arc::new(Self {
            pointer: AtomicPtr::new(null_mut()),
            dropped: Mutex::default(),
            functions,
            text: Mutex::default(),
            panic: Mutex::default(),
        });
        let table = table.map_or(null(), |table| {
            table.context = Arc::as_ptr(&inner).cast_mut().cast();
            &raw const *table
        });
        let mut error: *mut c_char = null_mut();
        // SAFETY: the structures are complete, and read during the call alone; the context lives as long as the instance.
        let pointer = unsafe { ffi::new(options, table, &mut error) };
        inner.pointer.store(pointer, Ordering::Release);
        inner.resume();
        if !pointer.is_null() {
            return Ok(inner);
        }
        // SAFETY: a null pointer comes with a text, which is ours to free.
        unsafe {
            let text = text(error);
            ffi::error_free(error);
            Err(Error::Start(text))
        }
    }

    /// The address of the instance.
    pub fn pointer(&self) -> *mut c_void {
        self.pointer.load(Ordering::Acquire)
    }

    /// Tells the address to functions that the start-up calls.
    pub fn starts_as(&self, pointer: *mut c_void) {
        if self.pointer().is_null() {
            self.pointer.store(pointer, Ordering::Release);
        }
    }

    /// Calls a function, given the instance, and returns its status if that is `OK`, `NONE` or `ERR`.
    ///
    /// # Errors
    /// The function didn't return, or wasn't called: then the resources that it was to own are still the caller's.
    pub fn perform(&self, arena: &Arena<'_>, function: impl FnOnce(*mut c_void) -> u32) -> Result<u32, Error> {
        self.drop_waiting();
        let status = function(self.pointer());
        if ![ffi::ENDED, ffi::ARGUMENT, ffi::SYSTEM, ffi::BUSY].contains(&status) {
            arena.given.iter().for_each(|handle| handle.store(0, Ordering::Release));
        }
        self.resume();
        match status {
            ffi::OK | ffi::NONE | ffi::ERR => Ok(status),
            ffi::TRAP => Err(Error::Trap(self.error())),
            // SAFETY: the instance lives.
            ffi::EXITED => Err(Error::Exit(unsafe { ffi::exit_status(self.pointer()) })),
            ffi::ENDED => Err(Error::Ended),
            ffi::ARGUMENT => Err(Error::Argument),
            ffi::BUSY => Err(Error::Busy),
            ffi::SYSTEM => Err(Error::System),
            _ => Err(Error::Memory),
        }
    }

    /// Drops a resource, at once or before the next call.
    fn drop_handle(&self, drop: ffi::Drop, handle: u64) {
        // SAFETY: the instance lives, and checks the handle.
        if unsafe { drop(self.pointer(), handle) } == ffi::BUSY {
            locked(&self.dropped).push((drop, handle));
        }
    }

    fn drop_waiting(&self) {
        let waiting = std::mem::take(&mut *locked(&self.dropped));
        waiting.into_iter().for_each(|(drop, handle)| self.drop_handle(drop, handle));
    }

    /// The text of the trap that ended the instance.
    fn error(&self) -> String {
        // SAFETY: the instance lives, and with it the text.
        unsafe { text(ffi::error(self.pointer())) }
    }

    /// Keeps the text with which an imported function ends the program, and returns its address for the library.
    pub fn fail(&self, message: String) -> *const c_char {
        let bytes = message.into_bytes().into_iter().filter(|byte| *byte != 0).collect::<Vec<u8>>();
        let text = CString::new(bytes).unwrap_or_default();
        let mut place = locked(&self.text);
        place.insert(text).as_ptr()
    }

    /// Keeps the panic of an imported function, which ends the program.
    pub fn panicked(&self, panic: Box<dyn Any + Send>) -> *const c_char {
        *locked(&self.panic) = Some(panic);
        self.fail("a panic".to_string())
    }

    /// Goes on with the panic of an imported function.
    fn resume(&self) {
        let panic = locked(&self.panic).take();
        if let Some(panic) = panic {
            std::panic::resume_unwind(panic);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // SAFETY: nothing refers to the instance any more; null is allowed.
        unsafe { ffi::free(self.pointer()) };
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// # Safety
///
/// Null, or the address of a C string.
unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// The arguments' memory until a call returns, and the resources that it is to own.
#[derive(Default)]
pub struct Arena<'a> {
    kept: Vec<Box<dyn Any>>,
    given: Vec<&'a AtomicU64>,
}

impl<'a> Arena<'a> {
    /// Keeps elements, and returns their address.
    pub fn keep<T: 'static>(&mut self, elements: Vec<T>) -> *mut T {
        let mut elements = Box::new(elements);
        let address = elements.as_mut_ptr();
        self.kept.push(elements);
        address
    }
}

/// A resource's handle, and the instance that it belongs to.
pub struct Resource {
    inner: Arc<Inner>,
    handle: AtomicU64,
    drop: ffi::Drop,
}

impl Resource {
    /// Takes a handle that owns.
    pub fn new(inner: &Arc<Inner>, handle: u64, drop: ffi::Drop) -> Self {
        Self { inner: inner.clone(), handle: AtomicU64::new(handle), drop }
    }

    /// The instance.
    pub fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    /// The handle, lent for a call.
    pub fn lend(&self) -> u64 {
        self.handle.load(Ordering::Acquire)
    }

    /// The handle, given away by a call if that is performed.
    pub fn give<'a>(&'a self, arena: &mut Arena<'a>) -> u64 {
        arena.given.push(&self.handle);
        self.lend()
    }
}

impl Drop for Resource {
    fn drop(&mut self) {
        match *self.handle.get_mut() {
            0 => {}
            handle => self.inner.drop_handle(self.drop, handle),
        }
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.lend())
    }
}

/// The elements of a list of C.
///
/// # Safety
///
/// So many elements lie at the address, unless there are none.
pub unsafe fn elements<'a, T>(address: *const T, count: usize) -> &'a [T] {
    // SAFETY: the caller's promise.
    if count == 0 { &[] } else { unsafe { std::slice::from_raw_parts(address, count) } }
}

/// A memory of the program, as long as it was when this was made.
#[derive(Clone, Copy, Debug)]
pub struct Memory<'i> {
    base: *mut u8,
    bytes: usize,
    instance: std::marker::PhantomData<&'i ()>,
}

impl Memory<'_> {
    /// The memory that a function of the library finds.
    pub fn find(inner: &Inner, find: ffi::FindMemory) -> Self {
        let (mut base, mut bytes) = (null_mut(), 0);
        // SAFETY: the instance lives.
        unsafe { find(inner.pointer(), &mut base, &mut bytes) };
        Self { base, bytes: bytes as usize, instance: std::marker::PhantomData }
    }

    /// The bytes of the memory.
    pub fn len(&self) -> usize {
        self.bytes
    }

    /// Returns true for a memory without bytes.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Copies bytes out of the memory. Returns false if they don't lie in it.
    pub fn read(&self, offset: usize, into: &mut [u8]) -> bool {
        let fits = self.fits(offset, into.len());
        if fits {
            // SAFETY: the bytes lie in the memory, which stays as long as the instance, and no other thread has that.
            unsafe { self.base.add(offset).copy_to(into.as_mut_ptr(), into.len()) };
        }
        fits
    }

    /// Copies bytes into the memory. Returns false if there is no room for them at the offset.
    pub fn write(&self, offset: usize, bytes: &[u8]) -> bool {
        let fits = self.fits(offset, bytes.len());
        if fits {
            // SAFETY: as for reading.
            unsafe { self.base.add(offset).copy_from(bytes.as_ptr(), bytes.len()) };
        }
        fits
    }

    fn fits(&self, offset: usize, bytes: usize) -> bool {
        offset.checked_add(bytes).is_some_and(|end| end <= self.bytes)
    }
}
