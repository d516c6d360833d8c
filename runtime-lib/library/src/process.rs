//! State of the process: the handlers of the signals that traps arrive as.
//!
//! They are set once and stay. What isn't a trap of a guest of this library goes to the handler that was there before, and one
//! that is set later passes on to these what it doesn't know, as is the custom. So several libraries of aot's in a process
//! find each their own.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicU32, Ordering};

use aot_foundation::arch::{self, SignalContext};
use aot_foundation::message::SystemError;
use aot_foundation::program;
use aot_foundation::signal_action::{Action, SA_ONSTACK, SA_SIGINFO, SIG_DFL, SIG_IGN, action_of, set_action};
use aot_foundation::trap_handler::{Fault, HANDLED, SignalInfo, die_of, leave, trap_of};

use crate::error::Text;
use crate::thread;

/// The state of the preparation: [`NOT_YET`], [`IN_PROGRESS`] or [`DONE`].
static PREPARED: AtomicU32 = AtomicU32::new(NOT_YET);
/// The actions that were there before, by the places of their signals in [`HANDLED`].
static PREVIOUS: Previous = Previous([const { UnsafeCell::new(Action::DEFAULT) }; HANDLED.len()]);

const NOT_YET: u32 = 0;
const IN_PROGRESS: u32 = 1;
const DONE: u32 = 2;

/// The `si_code` of a signal that a thread sent by `tgkill`, as `raise` does.
const SI_TKILL: i32 = -6;

struct Previous([UnsafeCell<Action>; HANDLED.len()]);
// SAFETY: written before the handlers that read it are set.
unsafe impl Sync for Previous {}

/// A reason for which the process can't run guests.
pub enum Unprepared {
    /// A system call failed.
    System(SystemError),
    /// The process has no more keys for what belongs to a thread.
    NoKey,
}

impl From<Unprepared> for Text {
    fn from(error: Unprepared) -> Text {
        match error {
            Unprepared::System(error) => error.into(),
            Unprepared::NoKey => Text::new(|message| {
                message.text("the process has no more keys for data of threads (pthread_key_create)");
            }),
        }
    }
}

/// Makes the process ready for guests, the first time.
///
/// # Errors
/// The system refuses; the next call tries again.
pub fn prepare() -> Result<(), Unprepared> {
    loop {
        match PREPARED.compare_exchange(NOT_YET, IN_PROGRESS, Ordering::Acquire, Ordering::Acquire) {
            Ok(_) => {
                let result = prepare_once();
                PREPARED.store(if result.is_ok() { DONE } else { NOT_YET }, Ordering::Release);
                return result;
            }
            Err(DONE) => return Ok(()),
            // Another thread makes a few system calls.
            Err(_) => core::hint::spin_loop(),
        }
    }
}

fn prepare_once() -> Result<(), Unprepared> {
    if !thread::make_key() {
        return Err(Unprepared::NoKey);
    }
    HANDLED.iter().zip(&PREVIOUS.0).try_for_each(|(signal, previous)| chain(*signal as usize, previous.get()))
}

/// Sets the handler of a signal, and keeps the action that was there.
fn chain(signal: usize, previous: *mut Action) -> Result<(), Unprepared> {
    let failed = |errno| Unprepared::System(SystemError::of("install a signal handler")(errno));
    let (restorer_flag, restorer) = arch::signal_restorer();
    let handler: unsafe extern "C" fn(i32, *const SignalInfo, *mut c_void) = on_signal;
    let flags = SA_SIGINFO | SA_ONSTACK | restorer_flag;
    let action = Action { handler: (handler as *const ()).addr(), flags, restorer, ..Action::DEFAULT };
    // SAFETY: only this thread prepares, and the handler isn't set before; it keeps to what signal handlers may do.
    unsafe {
        *previous = action_of(signal).map_err(failed)?;
        set_action(signal, &action).map_err(failed)
    }
}

/// # Safety
///
/// Called by the kernel, or by a handler that was set later.
unsafe extern "C" fn on_signal(signal: i32, info: *const SignalInfo, context: *mut c_void) {
    // SAFETY: the kernel's arguments.
    let (fault_info, mut signal_context) = unsafe { (&*info, SignalContext::new(context)) };
    let fault = Fault::new(signal, fault_info, signal_context.pc());
    if fault_info.code > 0 && program::text_offset(fault.pc).is_some() {
        // The guest's text is this library's, so this thread has a state: its key can be read in a handler.
        // SAFETY: guest code runs with the record of the call that its thread has.
        unsafe {
            let record = thread::running().as_ref().map_or(null_mut(), |running| running.record);
            if !record.is_null()
                && let Some(trap) = trap_of(&fault, record)
            {
                return leave(trap, &fault, &mut signal_context, record);
            }
        }
    }
    // SAFETY: the caller's promise.
    unsafe { pass_on(signal, info, context) };
}

/// Gives a signal to the action that was there before.
///
/// # Safety
///
/// Called in the handler of the signal, with its arguments.
unsafe fn pass_on(signal: i32, info: *const SignalInfo, context: *mut c_void) {
    let place = HANDLED.iter().position(|handled| *handled == signal);
    let Some(previous) = place.and_then(|place| PREVIOUS.0.get(place)) else { return };
    // SAFETY: nothing writes it any more.
    let (previous, code) = unsafe { (*previous.get(), (*info).code) };
    match previous.handler {
        // A handler that was set later gives its place back and raises the signal again, to end the process of a fault that
        // was the guest's: the fault comes once more by itself.
        _ if code == SI_TKILL && !thread::running().is_null() => {}
        SIG_IGN if code <= 0 => {}
        SIG_DFL | SIG_IGN => die_of(signal),
        handler if previous.flags & SA_SIGINFO != 0 => {
            type Handler = unsafe extern "C" fn(i32, *const SignalInfo, *mut c_void);
            // SAFETY: the host set it as the address of such a function.
            let handler: Handler = unsafe { core::mem::transmute(handler) };
            // SAFETY: the caller's promise.
            unsafe { handler(signal, info, context) };
        }
        handler => {
            // SAFETY: the host set it as the address of such a function.
            let handler: unsafe extern "C" fn(i32) = unsafe { core::mem::transmute(handler) };
            // SAFETY: the caller's promise.
            unsafe { handler(signal) };
        }
    }
}
