//! Instances, errors, and what the arguments of a call need: the part of the crate that is the same for every program.

use crate::{Instance, ffi};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString, c_char, c_void};
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::{null, null_mut, with_exposed_provenance_mut};
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

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
}

thread_local! {
    /// The panic of a function that the program called on this thread, which goes on behind the call that the program was in.
    static PANIC: RefCell<Option<Box<dyn Any + Send>>> = const { RefCell::new(None) };
}

/// Keeps the panic of a function that the program called, which ends the program, and returns the text of the trap.
pub fn panicked(panic: Box<dyn Any + Send>) -> *const c_char {
    // A thread that ends has nobody for whom the panic could go on.
    let _ = PANIC.try_with(|place| place.replace(Some(panic)));
    c"a panic".as_ptr()
}

/// Goes on with the panic of a function that the program called.
fn resume() {
    match PANIC.try_with(RefCell::take) {
        Ok(Some(panic)) if !std::thread::panicking() => resume_unwind(panic),
        _ => {}
    }
}

/// Performs a function that the program imports, and stores its result. Returns null, or the text of a trap.
///
/// # Safety
///
/// The context is that of a table with which an instance was made, which calls. There is a place for the result.
pub unsafe fn answer<I: 'static, T, C>(
    (context, pointer): (*mut c_void, *mut c_void),
    call: impl FnOnce(&I, &Instance) -> Result<T, String>,
    place: *mut C,
    lower: impl for<'a> FnOnce(&'a T, &mut Arena<'a>) -> C,
) -> *const c_char {
    // SAFETY: the caller's promise. The reference isn't ours, so its count stays.
    let inner = unsafe { Arc::from_raw(context.cast::<Inner>()) };
    let instance = ManuallyDrop::new(Instance(inner, PhantomData));
    let inner = &instance.0;
    inner.starts_as(pointer);
    let Some(imports) = inner.functions.downcast_ref::<I>() else {
        return inner.fail("there are no imports".to_string());
    };
    let value = match catch_unwind(AssertUnwindSafe(|| call(imports, &instance))) {
        Ok(Ok(value)) => value,
        Ok(Err(text)) => return inner.fail(text),
        Err(panic) => return panicked(panic),
    };
    let mut arena = Arena::of_result();
    let lowered = lower(&value, &mut arena);
    if !arena.give_result() {
        return inner.fail("there is no memory for its result".to_string());
    }
    // SAFETY: the caller's promise.
    unsafe { place.write(lowered) };
    null()
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
        });
        let table = table.map_or(null(), |table| {
            table.context = Arc::as_ptr(&inner).cast_mut().cast();
            &raw const *table
        });
        let mut error: *mut c_char = null_mut();
        // SAFETY: the structures are complete, and read during the call alone; the context lives as long as the instance.
        let pointer = unsafe { ffi::new(options, table, &mut error) };
        inner.pointer.store(pointer, Ordering::Release);
        let made = if pointer.is_null() { Err(Error::Start(taken_text(error))) } else { Ok(inner) };
        resume();
        made
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
        resume();
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
        resume();
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
}

impl Drop for Inner {
    fn drop(&mut self) {
        // SAFETY: nothing refers to the instance any more; null is allowed.
        unsafe { ffi::free(self.pointer()) };
        resume();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes a text of the library, which is null or ours to free.
fn taken_text(error: *mut c_char) -> String {
    // SAFETY: as above, and it is freed once.
    unsafe {
        let text = text(error);
        ffi::error_free(error);
        text
    }
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

/// The memory to which the values of a call refer, which is there until it returns or is given away, and the resources that it is
/// to own.
#[derive(Default)]
pub struct Arena<'a> {
    kept: Vec<Box<dyn Any>>,
    given: Vec<&'a AtomicU64>,
    /// Copies of a result, which the library frees; none for arguments, which are lent.
    copies: Option<Vec<*mut c_void>>,
    /// There is no memory for a copy.
    lacks_memory: bool,
}

impl<'a> Arena<'a> {
    /// The memory of an imported function's result.
    pub fn of_result() -> Self {
        Self { copies: Some(Vec::new()), ..Self::default() }
    }

    /// Returns the address of elements that live longer than the call, or of a copy.
    pub fn lend<T: Copy>(&mut self, elements: &'a [T]) -> *mut T {
        match &self.copies {
            None => elements.as_ptr().cast_mut(),
            Some(_) => self.copy(elements),
        }
    }

    /// Keeps elements, and returns their address, or that of a copy.
    pub fn keep<T: Copy + 'static>(&mut self, elements: Vec<T>) -> *mut T {
        if self.copies.is_some() {
            return self.copy(&elements);
        }
        let mut elements = Box::new(elements);
        let address = elements.as_mut_ptr();
        self.kept.push(elements);
        address
    }

    fn copy<T: Copy>(&mut self, elements: &[T]) -> *mut T {
        if elements.is_empty() {
            return null_mut();
        }
        // SAFETY: the function is that of the C library, whose memory is aligned for every type of C.
        let copy = unsafe { malloc(size_of_val(elements)) };
        if copy.is_null() {
            self.lacks_memory = true;
            return null_mut();
        }
        // SAFETY: there is room for all of them.
        unsafe { elements.as_ptr().copy_to_nonoverlapping(copy.cast(), elements.len()) };
        self.copies.get_or_insert_default().push(copy);
        copy.cast()
    }

    /// Gives away what a result has. Returns false, and frees the copies, if there was no memory for one.
    pub fn give_result(self) -> bool {
        if self.lacks_memory {
            // SAFETY: nobody else has the copies.
            self.copies.iter().flatten().for_each(|copy| unsafe { free(*copy) });
        } else {
            self.given.iter().for_each(|handle| handle.store(0, Ordering::Release));
        }
        !self.lacks_memory
    }
}

unsafe extern "C" {
    fn malloc(bytes: usize) -> *mut c_void;
    fn free(address: *mut c_void);
}

/// A resource that the host program defines. The program knows it by a handle, the address of its value.
pub struct HostResource {
    handle: AtomicU64,
    // A value needn't be one that several threads may have at once.
    of_one_thread: PhantomData<Cell<()>>,
}

/// The value of a resource, and the resource as a function has it that the value is lent to.
struct HostValue {
    lent: ManuallyDrop<HostResource>,
    value: Box<dyn Any + Send>,
}

impl HostResource {
    /// Makes a resource of a value.
    pub fn new(value: Box<dyn Any + Send>) -> Self {
        // SAFETY: zero is no address.
        let lent = ManuallyDrop::new(unsafe { Self::of_handle(0) });
        let value = Box::into_raw(Box::new(HostValue { lent, value }));
        let handle = value.expose_provenance() as u64;
        // SAFETY: the value was made for this handle, and nobody else has it.
        unsafe {
            let lent: &Self = &(*value).lent;
            lent.handle.store(handle, Ordering::Release);
            Self::of_handle(handle)
        }
    }

    /// Takes a handle that owns.
    ///
    /// # Safety
    ///
    /// The handle is zero, or of a resource that nobody else owns.
    pub unsafe fn of_handle(handle: u64) -> Self {
        Self { handle: AtomicU64::new(handle), of_one_thread: PhantomData }
    }

    /// Shows a resource whose handle is lent.
    ///
    /// # Safety
    ///
    /// The resource lives as long as the reference, which this thread alone has.
    pub unsafe fn of_lent<'a>(handle: u64) -> &'a Self {
        // SAFETY: the caller's promise.
        unsafe { &(*with_exposed_provenance_mut::<HostValue>(handle as usize)).lent }
    }

    /// Ends a resource that the program has dropped. Returns null, or the text of a trap if the end of its value panics.
    ///
    /// # Safety
    ///
    /// As for [`HostResource::of_handle`].
    pub unsafe fn end(handle: u64) -> *const c_char {
        // SAFETY: the caller's promise.
        let end = || drop(unsafe { Self::of_handle(handle) });
        catch_unwind(AssertUnwindSafe(end)).map_or_else(panicked, |()| null())
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

    fn address(&self) -> *mut HostValue {
        with_exposed_provenance_mut(self.lend() as usize)
    }

    /// The value.
    pub fn get<T: 'static>(&self) -> Option<&T> {
        // SAFETY: the value is there as long as the resource, and is changed by what has the resource alone.
        unsafe { self.address().as_ref() }.and_then(|value| value.value.downcast_ref())
    }

    /// The value, to change it.
    pub fn get_mut<T: 'static>(&mut self) -> Option<&mut T> {
        // SAFETY: the value is there as long as the resource, and nothing else refers to it.
        unsafe { self.address().as_mut() }.and_then(|value| value.value.downcast_mut())
    }

    /// Takes the value out.
    pub fn into_inner<T: 'static>(self) -> Option<T> {
        self.get::<T>()?;
        let address = ManuallyDrop::new(self).address();
        // SAFETY: the value is there, and nobody else has it.
        let value = unsafe { Box::from_raw(address) };
        value.value.downcast().ok().map(|value| *value)
    }
}

impl Drop for HostResource {
    fn drop(&mut self) {
        let address = self.address();
        if !address.is_null() {
            // SAFETY: the resource owns the value.
            drop(unsafe { Box::from_raw(address) });
        }
    }
}

impl fmt::Debug for HostResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of the host program")
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

/// The text of a string of C, which the library has checked.
///
/// # Safety
///
/// As for [`elements`].
pub unsafe fn characters<'a>(address: *const u8, count: usize) -> &'a str {
    // SAFETY: the caller's promise.
    std::str::from_utf8(unsafe { elements(address, count) }).unwrap_or_default()
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

/// A global of the program that doesn't change.
#[derive(Clone, Copy)]
pub struct Global<'i, T> {
    inner: &'i Inner,
    get: ffi::GetGlobal<T>,
}

impl<'i, T: Copy + Default> Global<'i, T> {
    /// The global that a function of the library reads.
    pub(crate) fn new(inner: &'i Inner, get: ffi::GetGlobal<T>) -> Self {
        Self { inner, get }
    }

    /// Reads the value.
    pub fn get(&self) -> T {
        let mut value = T::default();
        // SAFETY: the instance lives.
        unsafe { (self.get)(self.inner.pointer(), &mut value) };
        value
    }
}

impl<T: Copy + Default + fmt::Debug> fmt::Debug for Global<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// A global of the program that it and the host program change.
#[derive(Clone, Copy)]
pub struct MutableGlobal<'i, T> {
    global: Global<'i, T>,
    set: ffi::SetGlobal<T>,
}

impl<'i, T: Copy + Default> MutableGlobal<'i, T> {
    /// The global that two functions of the library read and write.
    pub(crate) fn new(inner: &'i Inner, get: ffi::GetGlobal<T>, set: ffi::SetGlobal<T>) -> Self {
        Self { global: Global::new(inner, get), set }
    }

    /// Reads the value.
    pub fn get(&self) -> T {
        self.global.get()
    }

    /// Writes the value.
    pub fn set(&self, value: T) {
        // SAFETY: the instance lives, and no other thread has it.
        unsafe { (self.set)(self.global.inner.pointer(), value) };
    }
}

impl<T: Copy + Default + fmt::Debug> fmt::Debug for MutableGlobal<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.global.fmt(f)
    }
}

/// Ends calls of an instance from other threads. It doesn't keep the instance.
#[derive(Clone)]
pub struct Interrupter(Weak<Inner>);

impl Interrupter {
    /// Makes one for an instance.
    pub fn new(instance: &Instance) -> Self {
        Self(Arc::downgrade(&instance.0))
    }

    /// Ends the call that runs in the instance, which traps; if a function that the program imports runs, it traps when that returns.
    /// Returns false if no call runs.
    pub fn interrupt(&self) -> bool {
        // SAFETY: the instance lives until the function returns.
        self.0.upgrade().is_some_and(|inner| unsafe { ffi::interrupt(inner.pointer()) })
    }
}

impl fmt::Debug for Interrupter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interrupter")
    }
}

/// Sets how many freed instances the library keeps the memory of, made new, for those that are made next: 16 at first, 64 at most,
/// and none with 0. What it keeps beyond that is given back.
pub fn pool(instances: u32) {
    // SAFETY: the function takes any number.
    unsafe { ffi::pool(instances) };
}
