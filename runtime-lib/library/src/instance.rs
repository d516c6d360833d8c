//! Instances for the host program: made, asked for their error, freed.

use alloc::boxed::Box;
use core::cell::UnsafeCell;
use core::ffi::{c_char, c_void};
use core::mem::ManuallyDrop;
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicPtr, Ordering};

use aot_abi::library::{Options, Status};
use aot_abi::slab::SlabHeader;
use aot_abi::symbols;
use aot_abi::trap::Trap;
use aot_foundation::records::ThreadRecord;
use aot_foundation::slab::{Slab, controls, length_at};
use aot_foundation::{entry, program, thread as records};

use crate::alarm::{Alarms, Noted, TimeLimits};
use crate::boxes::try_box;
use crate::error::Text;
use crate::imports::Imports;
use crate::options::Chosen;
use crate::resources::{OfHost, Resources};
use crate::running::Running;
use crate::state::{MakeState, OwnedState};
use crate::thread::Thread;
use crate::turn::Turn;
use crate::values::{Handles, Host};
use crate::{pool, process, thread};

const _: () = assert!(aot_foundation::same_name("aot_library_new", symbols::LIBRARY_NEW));
const _: () = assert!(aot_foundation::same_name("aot_library_error", symbols::LIBRARY_ERROR));
const _: () = assert!(aot_foundation::same_name("aot_library_exit_status", symbols::LIBRARY_EXIT_STATUS));
const _: () = assert!(aot_foundation::same_name("aot_library_free", symbols::LIBRARY_FREE));
const _: () = assert!(aot_foundation::same_name("aot_library_interrupt", symbols::LIBRARY_INTERRUPT));
const _: () = assert!(aot_foundation::same_name("aot_library_memory", symbols::LIBRARY_MEMORY));
const _: () = assert!(aot_foundation::same_name("aot_library_global_get", symbols::LIBRARY_GLOBAL_GET));
const _: () = assert!(aot_foundation::same_name("aot_library_global_set", symbols::LIBRARY_GLOBAL_SET));

/// An instance of the program, which runs on one thread at a time, whichever that is.
pub struct Instance {
    slab: ManuallyDrop<Slab>,
    state: Option<OwnedState>,
    /// The host program's handles of resources.
    pub handles: Handles,
    /// The resources of the host program that its guest has.
    resources: Resources,
    imports: Imports,
    /// The record with which its guest runs, beside the slab: no thread has it for itself.
    record: *mut ThreadRecord,
    /// The limits of each call.
    time_limits: TimeLimits,
    /// The trap that ended it.
    error: Option<Text>,
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Before the state that its header refers to.
        // SAFETY: nothing uses it any more.
        pool::keep(unsafe { ManuallyDrop::take(&mut self.slab) });
    }
}

/// An instance as the host program has it.
pub struct Handle {
    /// The turn, which one call has at a time.
    turn: Turn,
    /// The call while a function of the host program runs in it; null otherwise.
    pub inside: AtomicPtr<Running>,
    slab: *mut SlabHeader,
    instance: UnsafeCell<Instance>,
}

/// The right of one call to run in an instance, until this is dropped.
pub enum Taken<'i> {
    /// The call is the outermost, on this thread.
    Whole(&'i Handle, *mut Thread),
    /// A function of the host program makes it, which runs in another call.
    Inside(*mut Running),
}

impl<'i> Taken<'i> {
    /// Takes an instance for a call.
    ///
    /// # Errors
    /// The address is null, another call has the instance, or it has ended.
    ///
    /// # Safety
    ///
    /// Null, or an instance, which isn't freed before this is dropped.
    pub unsafe fn of(handle: *mut Handle) -> Result<Taken<'i>, Status> {
        // SAFETY: the caller's promise.
        let handle = unsafe { handle.as_ref() }.ok_or(Status::Argument)?;
        let thread = thread::of_caller().map_err(|_| Status::System)?;
        // SAFETY: the state is this thread's.
        let number = unsafe { (*thread).number };
        if !handle.turn.take(number) {
            return Taken::inside(handle, number);
        }
        let taken = Taken::Whole(handle, thread);
        // SAFETY: nothing else has it.
        if unsafe { (*handle.instance.get()).error.is_some() } { Err(Status::Ended) } else { Ok(taken) }
    }

    /// Takes an instance for a call by a function that it has imported. Components can't be entered again.
    #[cold]
    fn inside(handle: &Handle, thread: u32) -> Result<Taken<'i>, Status> {
        let is_own = handle.turn.is_of(thread);
        let running = handle.inside.load(Ordering::Acquire);
        if !is_own || running.is_null() || program::program().component_instances != 0 {
            return Err(Status::Busy);
        }
        // SAFETY: the call is this thread's.
        if unsafe { (*running).ended.is_some() } { Err(Status::Ended) } else { Ok(Taken::Inside(running)) }
    }

    /// Calls a function of the guest on this thread. A trap ends the instance.
    ///
    /// # Errors
    /// The system refuses what the thread needs.
    ///
    /// # Safety
    ///
    /// As for [`entry::call_guest`], with the slab of this instance.
    pub unsafe fn enter(
        &mut self,
        entry: u32,
        vmctx: u64,
        values: &mut [[u64; 2]],
    ) -> Result<Result<(), Trap>, Refused> {
        let call = |slab, noted: &Noted| {
            // SAFETY: the caller's promise.
            unsafe { entry::call_guest(slab, entry, vmctx, values) }?;
            noted.check()
        };
        // SAFETY: as above.
        unsafe { self.perform(call) }
    }

    /// Performs something that calls the guest on this thread, given its slab and the place where a reason to end the guest is noted. A
    /// trap ends the instance.
    ///
    /// # Errors
    /// The system refuses what the thread needs.
    ///
    /// # Safety
    ///
    /// The body does with the slab what [`entry::call_guest`] allows.
    pub unsafe fn perform<T>(
        &mut self,
        body: impl FnOnce(*mut SlabHeader, &Noted) -> Result<T, Trap>,
    ) -> Result<Result<T, Trap>, Refused> {
        // SAFETY: the caller's promise.
        unsafe {
            match self {
                Taken::Whole(handle, thread) => handle.perform(*thread, body),
                Taken::Inside(running) => Ok(perform_inside(*running, body)),
            }
        }
    }

    /// The instance, of the outermost call; none for another, which components never have.
    pub fn whole(&mut self) -> Option<&mut Instance> {
        match self {
            // SAFETY: one call has it at a time.
            Taken::Whole(handle, _) => Some(unsafe { &mut *handle.instance.get() }),
            Taken::Inside(_) => None,
        }
    }

    /// The instance as the host program has it, of the outermost call.
    pub fn handle(&self) -> Option<&'i Handle> {
        match self {
            Taken::Whole(handle, _) => Some(handle),
            Taken::Inside(_) => None,
        }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Taken::Whole(handle, thread) = *self {
            // SAFETY: the state is this thread's.
            handle.turn.release(unsafe { (*thread).number });
        }
    }
}

impl Handle {
    /// Performs the outermost call in the instance.
    ///
    /// # Safety
    ///
    /// As for [`Taken::perform`]; the caller has the instance, and the thread is the calling one.
    unsafe fn perform<T>(
        &self,
        thread: *mut Thread,
        body: impl FnOnce(*mut SlabHeader, &Noted) -> Result<T, Trap>,
    ) -> Result<Result<T, Trap>, Refused> {
        // SAFETY: the caller's promise; the state is this thread's. Imports don't change while the instance lives.
        unsafe {
            let instance = self.instance.get();
            let limits = (*instance).time_limits;
            let mut alarms = if limits.any() { Some(Alarms::start(limits, (*thread).number)?) } else { None };
            let timers = alarms.as_mut().map_or(null_mut(), core::ptr::from_mut);
            let imports = &raw const (*instance).imports;
            let handle = (core::ptr::from_ref(self).cast(), &raw const self.inside, &raw const self.turn);
            let mut running = Running::new(handle, self.slab, (*instance).record, imports, (thread, timers));
            let running = &raw mut running;
            let outer = thread::replace_running(thread, running.cast());
            let result = body(self.slab, &(*running).cause);
            thread::replace_running(thread, outer);
            drop(alarms);
            if let Err(trap) = result {
                let ended = (*running).ended.take().map(|(_, text)| text);
                (*instance).error = Some(ended.unwrap_or_else(|| Running::text_of(running, trap)));
            }
            Ok(result)
        }
    }

    /// The host program's handles of resources.
    ///
    /// # Safety
    ///
    /// The caller has the instance, and uses them nowhere else during `'h`.
    #[allow(clippy::mut_from_ref, reason = "the caller's promise")]
    pub unsafe fn handles<'h>(&self) -> &'h mut Handles {
        // SAFETY: the caller's promise.
        unsafe { &mut (*self.instance.get()).handles }
    }

    /// The host's side of the instance, for calls in it.
    pub fn host(&self) -> Host<'_> {
        let instance = self.instance.get();
        // SAFETY: the state stays while the instance lives, and only the call that has the instance uses the resources.
        unsafe {
            let state = (*instance).state.as_ref().map(|state| state.get());
            Host { state, resources: &raw mut (*instance).resources }
        }
    }

    /// Ends a call of an exported function: what of the host program's was lent to the guest, and what the guest gave, unless the call
    /// came to nothing.
    pub fn end_call(&self, is_given: bool) {
        // SAFETY: the promise of `host`.
        let resources = unsafe { &mut *self.host().resources };
        resources.end_lent();
        if is_given {
            resources.settle();
        } else {
            resources.restore();
        }
    }

    /// Lets the host program end a resource of its own, which nothing has any more.
    ///
    /// # Safety
    ///
    /// The caller has the instance, and its guest doesn't run on this thread, or called the caller.
    pub unsafe fn drop_of_host(&self, resource: OfHost) {
        // SAFETY: the caller's promise; imports don't change.
        unsafe { (*self.instance.get()).imports.drop_of_host(core::ptr::from_ref(self).cast(), resource) };
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // What the host program's functions call of the instance now is refused.
        self.turn.end();
        // SAFETY: nothing else has the instance.
        while let Some(resource) = unsafe { (*self.instance.get()).resources.take_own() } {
            // SAFETY: as above.
            unsafe { self.drop_of_host(resource) };
        }
    }
}

/// Performs a call that a function of the host program makes.
///
/// # Safety
///
/// As for [`Taken::perform`], and [`Running::enter_guest`].
unsafe fn perform_inside<T>(
    running: *mut Running,
    body: impl FnOnce(*mut SlabHeader, &Noted) -> Result<T, Trap>,
) -> Result<T, Trap> {
    // A call that has to end calls nothing.
    let (mut body, mut result) = (Some(body), Err(Trap::TimeExceeded));
    // SAFETY: the caller's promise.
    unsafe {
        let slab = (*running).slab;
        let mut perform = || {
            if let Some(body) = body.take() {
                result = body(slab, &(*running).cause);
            }
        };
        Running::enter_guest(running, &mut perform);
        if let Err(trap) = result {
            end_inside(running, trap);
        }
    }
    result
}

/// Ends the instance by a trap of a call that a function of the host program made.
///
/// # Safety
///
/// The guest has returned.
unsafe fn end_inside(running: *mut Running, trap: Trap) {
    // SAFETY: the caller's promise.
    unsafe {
        if (*running).ended.is_none() {
            (*running).ended = Some((trap, Running::text_of(running, trap)));
        }
    }
}

/// The system refused what the calling thread needs: nothing ran.
pub type Refused = thread::Refused;

/// Arguments for a new instance, of the host program and of the object.
struct New {
    options: *const Options,
    imports: *const u64,
    make_state: Option<MakeState>,
    parts: *const c_void,
    names: *const c_char,
}

/// A new instance, after its start-up.
///
/// # Safety
///
/// As for [`Chosen::read`], [`Imports::read`] and [`MakeState`].
unsafe fn create(new: New) -> Result<Box<Handle>, Text> {
    process::prepare()?;
    // SAFETY: the caller's promise.
    let (Chosen { mut limits, settings }, imports) =
        unsafe { (Chosen::read(new.options)?, Imports::read(new.imports, new.names)?) };
    let state = match new.make_state {
        // SAFETY: as above.
        Some(make) => Some(OwnedState::new(unsafe { make(new.parts, settings, &mut limits) }?)),
        None if settings.is_null() => None,
        None => {
            let text = "the program has no grants that settings could take away";
            return Err(Text::new(|message| _ = message.text(text)));
        }
    };
    limits.check()?;
    if limits.time.any() {
        process::prepare_alarms()?;
    }
    let slab = pool::take(limits.stack_bytes, limits.guest)?;
    // SAFETY: the room is the new slab's, and stays as long as it; both are new, and stay together.
    let record = unsafe {
        let record = records::record_in(slab.signal_stack());
        entry::attach(&slab, record);
        (*slab.header()).host = state.as_ref().map_or(0, |state| state.get().address());
        record
    };
    let thread = thread::of_caller().map_err(|_| no_signal_stack())?;
    let handle = Handle {
        // SAFETY: the state is this thread's.
        turn: Turn::of(unsafe { (*thread).number }),
        inside: AtomicPtr::new(null_mut()),
        slab: slab.header(),
        instance: UnsafeCell::new(Instance {
            slab: ManuallyDrop::new(slab),
            state,
            handles: Handles::default(),
            resources: Resources::default(),
            imports,
            record,
            time_limits: limits.time,
            error: None,
        }),
    };
    let handle = try_box(handle).ok_or_else(Text::no_memory)?;
    start(&handle, thread)?;
    Ok(handle)
}

fn no_signal_stack() -> Text {
    Text::new(|message| _ = message.text("cannot allocate a signal stack for this thread"))
}

/// Runs the start-up of an instance on the calling thread.
fn start(handle: &Handle, thread: *mut Thread) -> Result<(), Text> {
    let program = program::program();
    let mut taken = Taken::Whole(handle, thread);
    // SAFETY: nobody else has the new instance. The entry and its vmctx are the program's own; start-up takes no values.
    let started = unsafe { taken.enter(program.start_entry, program.start_vmctx, &mut [[0; 2]]) };
    let refused = |_| Text::new(|message| _ = message.text("cannot start the timer of a limit of time"));
    match started.map_err(refused)? {
        Ok(()) => Ok(()),
        // SAFETY: as above.
        Err(_) => Err(unsafe { (*handle.instance.get()).error.take() }.unwrap_or_else(Text::no_memory)),
    }
}

/// Makes an instance; null if there is none, and the reason as a text for the host to free.
///
/// # Safety
///
/// The options as for [`Chosen::read`], imports and names as for [`Imports::read`], the others as for [`MakeState`]; `error` is null, or the address for the text.
#[unsafe(no_mangle)]
#[allow(improper_ctypes_definitions, reason = "the object passes the address on from the runtime")]
unsafe extern "C" fn aot_library_new(
    options: *const Options,
    imports: *const u64,
    error: *mut *mut c_char,
    _version: *const u32,
    make_state: Option<MakeState>,
    parts: *const c_void,
    names: *const c_char,
) -> *mut Handle {
    // SAFETY: the caller's promise.
    let text = match unsafe { create(New { options, imports, make_state, parts, names }) } {
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
        .filter(|handle| handle.turn.is_free())
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
        if handle.as_ref().is_some_and(|handle| handle.turn.end()) {
            drop(Box::from_raw(handle));
        }
    }
}

/// Ends the call that runs in an instance, whichever thread has it: false if there is none.
///
/// # Safety
///
/// Null, or an instance, which isn't freed meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_library_interrupt(handle: *const Handle) -> bool {
    // SAFETY: the caller's promise.
    let Some(handle) = (unsafe { handle.as_ref() }) else { return false };
    process::prepare_alarms().is_ok() && handle.turn.interrupt()
}

/// Tells where a memory begins and how many bytes it has; a [`Status`].
///
/// # Safety
///
/// Null, or an instance; null, or the addresses for the results. The number is that of a memory.
#[unsafe(no_mangle)]
unsafe extern "C" fn aot_library_memory(
    handle: *const Handle,
    base: *mut *mut u8,
    bytes: *mut u64,
    number: u32,
) -> u32 {
    // SAFETY: the caller's promise; the slab lives as long as the instance.
    unsafe {
        let (Some(handle), Some(memory)) = (handle.as_ref(), program::memories().get(number as usize)) else {
            return Status::Argument as u32;
        };
        if base.is_null() || bytes.is_null() {
            return Status::Argument as u32;
        }
        *base = handle.slab.wrapping_byte_add(memory.base as usize).cast();
        *bytes = *length_at(handle.slab, controls().memory_bytes, number);
    }
    Status::Ok as u32
}

/// Reads a global of so many bytes at a slab offset; a [`Status`].
///
/// # Safety
///
/// Null, or an instance; null, or the address for the value. The offset is that of a global of the program.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_library_global_get(handle: *const Handle, value: *mut u8, offset: u64, bytes: u32) -> u32 {
    // SAFETY: the caller's promise; the slab lives as long as the instance.
    unsafe { copy_global(handle, value, |global| (global, value), (offset, bytes)) }
}

/// Writes a global of so many bytes at a slab offset; a [`Status`].
///
/// # Safety
///
/// Null, or an instance; null, or the address of the value. The offset is that of a global of the program.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_library_global_set(handle: *const Handle, value: *mut u8, offset: u64, bytes: u32) -> u32 {
    // SAFETY: as above.
    unsafe { copy_global(handle, value, |global| (value, global), (offset, bytes)) }
}

/// Copies a global from or to its place.
///
/// # Safety
///
/// As for [`aot_library_global_get`].
unsafe fn copy_global(
    handle: *const Handle,
    value: *mut u8,
    direction: impl FnOnce(*mut u8) -> (*mut u8, *mut u8),
    (offset, bytes): (u64, u32),
) -> u32 {
    // SAFETY: the caller's promise.
    let Some(handle) = (unsafe { handle.as_ref() }).filter(|_| !value.is_null()) else {
        return Status::Argument as u32;
    };
    let (from, to) = direction(handle.slab.wrapping_byte_add(offset as usize).cast());
    // SAFETY: as above: both have so many bytes, and lie apart.
    unsafe { core::ptr::copy_nonoverlapping(from, to, bytes as usize) };
    Status::Ok as u32
}
