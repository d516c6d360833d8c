//! A call that runs in an instance, as the functions see it that the instance imports from the host program, and the calls that
//! those make.
//!
//! Guest code and the runtime are on the guest's stack, the host program's functions on the thread's own: they may need much, and
//! some languages don't run anywhere else.

use core::cell::Cell;
use core::ffi::{CStr, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;
use aot_foundation::arch;
use aot_foundation::records::{EntryRecord, ThreadRecord};

use crate::alarm::{Alarms, Cause, Noted};
use crate::error::Text;
use crate::imports::Imports;
use crate::thread::{self, Innermost, Thread};
use crate::turn::Turn;

/// The outermost call that runs in an instance. Code reaches it through pointers only.
#[repr(C)]
pub struct Running {
    /// The beginning, by which the thread finds the call.
    pub innermost: Innermost,
    /// The slab of the instance.
    pub slab: *mut SlabHeader,
    /// The instance as the host program has it.
    pub handle: *const c_void,
    /// The place where the instance has the call while a function of the host program runs.
    inside: *const AtomicPtr<Running>,
    /// The functions that the instance imports.
    pub imports: *const Imports,
    /// The thread on which it runs.
    pub thread: *mut Thread,
    /// The turn of the instance, which the call has.
    turn: *const Turn,
    /// The timers of the call; null if it has no limits of time.
    alarms: *mut Alarms,
    /// The reason for which the call has to end, once there is one.
    pub cause: Noted,
    /// The lowest address below the guest's stack that was opened for handlers of the host program; at first the highest there is.
    pub room: Cell<u64>,
    /// The stack pointer of the guest's stack while a function of the host program runs.
    guest_stack: u64,
    /// The stack pointer of the thread's own stack while a call runs that such a function made; 0 in the outermost call.
    host_stack: u64,
    /// The reason that a function of the host program gave for a trap.
    pub failure: Option<Text>,
    /// The trap of a call that such a function made, and its text: it ended the instance.
    pub ended: Option<(Trap, Text)>,
}

impl Running {
    /// The outermost call in an instance.
    pub fn new(
        (handle, inside, turn): (*const c_void, *const AtomicPtr<Running>, *const Turn),
        slab: *mut SlabHeader,
        record: *mut ThreadRecord,
        imports: *const Imports,
        (thread, alarms): (*mut Thread, *mut Alarms),
    ) -> Running {
        Running {
            innermost: Innermost { record },
            slab,
            handle,
            inside,
            imports,
            thread,
            turn,
            alarms,
            cause: Noted::default(),
            room: Cell::new(u64::MAX),
            guest_stack: 0,
            host_stack: 0,
            failure: None,
            ended: None,
        }
    }

    /// Leaves the guest for a function of the host program, which `body` calls on the thread's own stack.
    ///
    /// # Safety
    ///
    /// The call runs on this thread, and guest code has called the caller.
    pub unsafe fn leave_guest(running: *mut Running, body: &mut dyn FnMut()) {
        // SAFETY: the caller's promise: all of these are alive, and this thread's.
        unsafe {
            let stack = match (*running).host_stack {
                0 => outermost((*running).slab),
                stack => stack,
            };
            let inside = &*(*running).inside;
            inside.store(running, Ordering::Release);
            let guest_stack = &raw mut (*running).guest_stack;
            Running::outside(running, || call_on(stack, guest_stack, body));
            inside.store(null_mut(), Ordering::Release);
        }
    }

    /// Goes back to the guest for a call that a function of the host program makes, which `body` performs on the guest's stack.
    ///
    /// # Safety
    ///
    /// Called by such a function, in [`Running::leave_guest`].
    pub unsafe fn enter_guest(running: *mut Running, body: &mut dyn FnMut()) {
        // SAFETY: the caller's promise.
        unsafe {
            let (guest_stack, host_stack) = ((*running).guest_stack, (*running).host_stack);
            let inside = &*(*running).inside;
            inside.store(null_mut(), Ordering::Release);
            let outer = thread::replace_running((*running).thread, running.cast());
            Running::go_on(running);
            if (*running).cause.get().is_none() {
                call_on(guest_stack, &raw mut (*running).host_stack, body);
            }
            Running::pause(running);
            thread::replace_running((*running).thread, outer);
            inside.store(running, Ordering::Release);
            (*running).guest_stack = guest_stack;
            (*running).host_stack = host_stack;
        }
    }
}

impl Running {
    /// The text about the trap that ended the call.
    ///
    /// # Safety
    ///
    /// The trap was the last, and the guest has returned.
    pub unsafe fn text_of(running: *mut Running, trap: Trap) -> Text {
        // SAFETY: the caller's promise.
        unsafe {
            let cause = (*running).cause.get().filter(|_| trap == Trap::TimeExceeded);
            let failure = (*running).failure.as_ref().map(|failure| CStr::from_ptr(failure.as_ptr()).to_bytes());
            let reason = cause.map(|cause| cause.text().as_bytes()).or(failure);
            Text::of_trap(trap, (*running).slab, (*running).innermost.record, reason)
        }
    }

    /// Lets `body` call functions of the host program, which no signal of ours interrupts.
    ///
    /// # Safety
    ///
    /// The call runs on this thread, on which no guest code runs in between.
    pub unsafe fn outside(running: *mut Running, body: impl FnOnce()) {
        // SAFETY: the caller's promise.
        unsafe {
            Running::pause(running);
            thread::replace_running((*running).thread, null_mut());
            body();
            thread::replace_running((*running).thread, running.cast());
            Running::go_on(running);
        }
    }

    /// Lets no signal come from here on: functions of the host program run.
    ///
    /// # Safety
    ///
    /// The call runs on this thread.
    unsafe fn pause(running: *mut Running) {
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(alarms) = (*running).alarms.as_mut() {
                alarms.pause();
            }
            if !(*(*running).turn).leave_guest((*(*running).thread).number) {
                (*running).cause.note(Cause::Interrupted);
            }
        }
    }

    /// Lets signals come again.
    ///
    /// # Safety
    ///
    /// As for [`Running::pause`].
    unsafe fn go_on(running: *mut Running) {
        // SAFETY: the caller's promise.
        unsafe {
            if !(*(*running).turn).enter_guest((*(*running).thread).number) {
                (*running).cause.note(Cause::Interrupted);
            }
            if let Some(alarms) = (*running).alarms.as_mut() {
                alarms.go_on();
            }
        }
    }
}

/// The stack pointer of the thread's own stack, below the outermost entry into a slab.
///
/// # Safety
///
/// Guest code runs in the slab.
unsafe fn outermost(slab: *mut SlabHeader) -> u64 {
    // SAFETY: the caller's promise: entries that haven't returned are alive.
    unsafe {
        let mut record: *const EntryRecord = core::ptr::with_exposed_provenance((*slab).entry as usize);
        while !(*record).outer_of_slab.is_null() {
            record = (*record).outer_of_slab;
        }
        (*record).return_stack
    }
}

/// Calls `body` on another stack, below a stack pointer, and notes that of the current one meanwhile.
///
/// # Safety
///
/// Nothing below the stack pointer is in use.
unsafe fn call_on(stack: u64, noted: *mut u64, mut body: &mut dyn FnMut()) {
    /// # Safety
    ///
    /// The argument is the address of such a reference.
    unsafe extern "C" fn call(argument: u64) {
        // SAFETY: the caller's promise.
        let body = unsafe { &mut *core::ptr::with_exposed_provenance_mut::<&mut dyn FnMut()>(argument as usize) };
        body();
    }
    // SAFETY: the caller's promise; the reference lives until the call is over.
    unsafe { arch::call_on((&raw mut body).expose_provenance() as u64, call, stack, noted) };
}
