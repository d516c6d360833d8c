//! Instances for the host program: made, asked for their error, freed.

use alloc::boxed::Box;
use core::ffi::{c_char, c_void};
use core::ptr::{null, null_mut};

use aot_abi::library::Options;
use aot_abi::slab::SlabHeader;
use aot_abi::symbols;
use aot_abi::trap::Trap;
use aot_foundation::records::ThreadRecord;
use aot_foundation::slab::Slab;
use aot_foundation::{entry, program, thread as records};

use crate::error::Text;
use crate::options::Limits;
use crate::{process, thread};

const _: () = assert!(aot_foundation::same_name("aot_library_new", symbols::LIBRARY_NEW));
const _: () = assert!(aot_foundation::same_name("aot_library_error", symbols::LIBRARY_ERROR));
const _: () = assert!(aot_foundation::same_name("aot_library_free", symbols::LIBRARY_FREE));

/// An instance of the program, which runs on one thread at a time, whichever that is.
pub struct Instance {
    slab: Slab,
    /// The record with which its guest runs, beside the slab: no thread has it for itself.
    record: *mut ThreadRecord,
    /// The trap that ended it.
    error: Option<Text>,
}

/// The system refused what the calling thread needs: nothing ran.
pub type Refused = thread::Refused;

impl Instance {
    /// A new instance, after its start-up.
    ///
    /// # Safety
    ///
    /// As for [`Limits::read`].
    unsafe fn create(options: *const Options) -> Result<Instance, Text> {
        process::prepare()?;
        // SAFETY: the caller's promise.
        let limits = unsafe { Limits::read(options) }?;
        let slab = Slab::create(None, limits.stack_bytes, limits.guest)?;
        // SAFETY: the room is the new slab's, and stays as long as it.
        let record = unsafe { records::record_in(slab.signal_stack()) };
        // SAFETY: both are new, and stay together.
        unsafe { entry::attach(&slab, record) };
        let mut instance = Instance { slab, record, error: None };
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

    /// True after a trap.
    pub fn has_ended(&self) -> bool {
        self.error.is_some()
    }
}

/// Makes an instance; null if there is none, and the reason as a text for the host to free.
///
/// # Safety
///
/// The options as for [`Limits::read`]; `error` is null, or the address for the text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_library_new(
    options: *const Options,
    imports: *const c_void,
    error: *mut *mut c_char,
    _version: *const u32,
) -> *mut Instance {
    let result = match imports.is_null() {
        // SAFETY: the caller's promise.
        true => unsafe { Instance::create(options) },
        false => Err(Text::new(|message| _ = message.text("the library has no imports: pass a null pointer"))),
    };
    let text = match result {
        Ok(instance) => return Box::into_raw(Box::new(instance)),
        Err(text) => text,
    };
    if !error.is_null() {
        // SAFETY: the caller's promise.
        unsafe { *error = text.into_raw() };
    }
    null_mut()
}

/// The text about the trap that ended an instance, which lives as long as it; null if none did.
///
/// # Safety
///
/// Null, or an instance in which nothing runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_library_error(instance: *const Instance) -> *const c_char {
    // SAFETY: the caller's promise.
    let error = unsafe { instance.as_ref() }.and_then(|instance| instance.error.as_ref());
    error.map_or(null(), Text::as_ptr)
}

/// Frees an instance.
///
/// # Safety
///
/// Null, or an instance in which nothing runs, and which isn't used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_library_free(instance: *mut Instance) {
    if !instance.is_null() {
        // SAFETY: the caller's promise.
        drop(unsafe { Box::from_raw(instance) });
    }
}
