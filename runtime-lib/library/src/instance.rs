//! Instances for the host program: made, asked for their error, freed.

use alloc::boxed::Box;
use core::cell::UnsafeCell;
use core::ffi::{c_char, c_void};
use core::ops::{Deref, DerefMut};
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicBool, Ordering};

use aot_abi::library::{Options, Status};
use aot_abi::slab::SlabHeader;
use aot_abi::symbols;
use aot_abi::trap::Trap;
use aot_foundation::records::ThreadRecord;
use aot_foundation::slab::Slab;
use aot_foundation::{entry, program, thread as records};

use crate::boxes::try_box;
use crate::error::Text;
use crate::options::Chosen;
use crate::state::{HostState, MakeState};
use crate::values::Handles;
use crate::{process, thread};

const _: () = assert!(aot_foundation::same_name("aot_library_new", symbols::LIBRARY_NEW));
const _: () = assert!(aot_foundation::same_name("aot_library_error", symbols::LIBRARY_ERROR));
const _: () = assert!(aot_foundation::same_name("aot_library_exit_status", symbols::LIBRARY_EXIT_STATUS));
const _: () = assert!(aot_foundation::same_name("aot_library_free", symbols::LIBRARY_FREE));

/// An instance of the program, which runs on one thread at a time, whichever that is.
pub struct Instance {
    // Dropped before the state that its header refers to.
    slab: Slab,
    /// The host's state, which a call takes out meanwhile.
    pub state: Option<Box<dyn HostState>>,
    /// The host program's handles of resources, which a call takes out meanwhile.
    pub handles: Handles,
    /// The record with which its guest runs, beside the slab: no thread has it for itself.
    record: *mut ThreadRecord,
    /// The trap that ended it.
    error: Option<Text>,
}

/// An instance as the host program has it.
pub struct Handle {
    /// True while a call has the instance.
    is_taken: AtomicBool,
    instance: UnsafeCell<Instance>,
}

/// An instance that one call has, until this is dropped.
pub struct Taken<'i>(&'i Handle);

impl Taken<'_> {
    /// Takes an instance for a call.
    ///
    /// # Errors
    /// The address is null, another call has the instance, or it has ended.
    ///
    /// # Safety
    ///
    /// Null, or an instance, which isn't freed before this is dropped.
    pub unsafe fn of<'i>(handle: *mut Handle) -> Result<Taken<'i>, Status> {
        // SAFETY: the caller's promise.
        let handle = unsafe { handle.as_ref() }.ok_or(Status::Argument)?;
        if handle.is_taken.swap(true, Ordering::Acquire) {
            return Err(Status::Busy);
        }
        let taken = Taken(handle);
        if taken.error.is_some() { Err(Status::Ended) } else { Ok(taken) }
    }
}

impl Deref for Taken<'_> {
    type Target = Instance;

    fn deref(&self) -> &Instance {
        // SAFETY: one call has it at a time.
        unsafe { &*self.0.instance.get() }
    }
}

impl DerefMut for Taken<'_> {
    fn deref_mut(&mut self) -> &mut Instance {
        // SAFETY: as above.
        unsafe { &mut *self.0.instance.get() }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.0.is_taken.store(false, Ordering::Release);
    }
}

/// The system refused what the calling thread needs: nothing ran.
pub type Refused = thread::Refused;

impl Instance {
    /// A new instance, after its start-up.
    ///
    /// # Safety
    ///
    /// As for [`Chosen::read`] and [`MakeState`].
    unsafe fn create(options: *const Options, make: Option<MakeState>, parts: *const c_void) -> Result<Instance, Text> {
        process::prepare()?;
        // SAFETY: the caller's promise.
        let Chosen { mut limits, settings } = unsafe { Chosen::read(options) }?;
        let state = match make {
            // SAFETY: as above.
            Some(make) => Some(unsafe { make(parts, settings, &mut limits) }?),
            None if settings.is_null() => None,
            None => {
                return Err(Text::new(|message| {
                    _ = message.text("the program has no grants that settings could take away")
                }));
            }
        };
        limits.check()?;
        let slab = Slab::create(None, limits.stack_bytes, limits.guest)?;
        // SAFETY: the room is the new slab's, and stays as long as it.
        let record = unsafe { records::record_in(slab.signal_stack()) };
        // SAFETY: both are new, and stay together.
        unsafe {
            entry::attach(&slab, record);
            (*slab.header()).host = state.as_ref().map_or(0, |state| state.address());
        }
        let mut instance = Instance { slab, state, handles: Handles::default(), record, error: None };
        let program = program::program();
        // SAFETY: the entry and its vmctx are the program's own; start-up takes no values.
        let started = unsafe { instance.enter(program.start_entry, program.start_vmctx, &mut [[0; 2]]) };
        let refused = |_| Text::new(|message| _ = message.text("cannot allocate a signal stack for this thread"));
        if started.map_err(refused)?.is_err()
            && let Some(error) = instance.error.take()
        {
            return Err(error);
        }
        Ok(instance)
    }

    /// Calls a function of the guest on this thread. A trap ends the instance.
    ///
    /// # Safety
    ///
    /// As for [`entry::call_guest`], with the slab of this instance, in which nothing runs.
    pub unsafe fn enter(
        &mut self,
        entry: u32,
        vmctx: u64,
        values: &mut [[u64; 2]],
    ) -> Result<Result<(), Trap>, Refused> {
        // SAFETY: the caller's promise.
        unsafe { self.perform(|slab| entry::call_guest(slab, entry, vmctx, values)) }
    }

    /// Performs something that calls the guest on this thread, given its slab. A trap ends the instance.
    ///
    /// # Safety
    ///
    /// Nothing runs in the instance.
    pub unsafe fn perform<T>(
        &mut self,
        body: impl FnOnce(*mut SlabHeader) -> Result<T, Trap>,
    ) -> Result<Result<T, Trap>, Refused> {
        let thread = thread::of_caller()?;
        // SAFETY: the state is this thread's.
        let outer = unsafe { thread::replace_running(thread, self.record) };
        let result = body(self.slab.header());
        // SAFETY: as above.
        unsafe { thread::replace_running(thread, outer) };
        if let Err(trap) = result {
            self.end(trap);
        }
        Ok(result)
    }

    /// Ends the instance by a trap, which was the last in it.
    pub fn end(&mut self, trap: Trap) {
        // SAFETY: the guest has returned.
        self.error = Some(unsafe { Text::of_trap(trap, self.slab.header(), self.record) });
    }
}

/// Makes an instance; null if there is none, and the reason as a text for the host to free.
///
/// # Safety
///
/// The options as for [`Chosen::read`], the last two as for [`MakeState`]; `error` is null, or the address for the text.
#[unsafe(no_mangle)]
#[allow(improper_ctypes_definitions, reason = "the object passes the address on from the runtime")]
pub unsafe extern "C" fn aot_library_new(
    options: *const Options,
    imports: *const c_void,
    error: *mut *mut c_char,
    _version: *const u32,
    make_state: Option<MakeState>,
    parts: *const c_void,
) -> *mut Handle {
    let result = match imports.is_null() {
        // SAFETY: the caller's promise.
        true => unsafe { Instance::create(options, make_state, parts) },
        false => Err(Text::new(|message| _ = message.text("the library has no imports: pass a null pointer"))),
    };
    let handle = |instance| Handle { is_taken: AtomicBool::new(false), instance: UnsafeCell::new(instance) };
    let text = match result.and_then(|instance| try_box(handle(instance)).ok_or_else(Text::no_memory)) {
        Ok(handle) => return Box::into_raw(handle),
        Err(text) => text,
    };
    if !error.is_null() {
        // SAFETY: the caller's promise.
        unsafe { *error = text.into_raw() };
    }
    null_mut()
}

/// The text about the trap that ended an instance, which lives as long as it; null if none did, and while it runs.
///
/// # Safety
///
/// Null, or an instance.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_library_error(handle: *const Handle) -> *const c_char {
    // SAFETY: the caller's promise.
    unsafe { at_rest(handle) }.and_then(|instance| instance.error.as_ref()).map_or(null(), Text::as_ptr)
}

/// The status with which a guest ended itself; 0 if it didn't.
///
/// # Safety
///
/// Null, or an instance.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_library_exit_status(handle: *const Handle) -> u32 {
    // SAFETY: the caller's promise; the header is open memory, in which a new instance has a 0.
    unsafe { at_rest(handle).map_or(0, |instance| (*instance.slab.header()).exit_status) }
}

/// An instance that no call has; none for null.
///
/// # Safety
///
/// Null, or an instance, in which nothing runs during `'i`.
unsafe fn at_rest<'i>(handle: *const Handle) -> Option<&'i Instance> {
    // SAFETY: the caller's promise.
    unsafe { handle.as_ref() }
        .filter(|handle| !handle.is_taken.load(Ordering::Acquire))
        // SAFETY: as above.
        .map(|handle| unsafe { &*handle.instance.get() })
}

/// Frees an instance, unless it runs.
///
/// # Safety
///
/// Null, or an instance, which isn't used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_library_free(handle: *mut Handle) {
    // SAFETY: the caller's promise.
    unsafe {
        if handle.as_ref().is_some_and(|handle| !handle.is_taken.swap(true, Ordering::Acquire)) {
            drop(Box::from_raw(handle));
        }
    }
}
