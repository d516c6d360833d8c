//! State of the process: the handlers of the signals that traps arrive as.
//!
//! They are set once and stay. What isn't a trap of a guest of this library goes to the handler that was there before, and one
//! that is set later passes on to these what it doesn't know, as is the custom. So several libraries of aot's in a process
//! find each their own.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};

use aot_abi::trap::Trap;
use aot_foundation::arch::{self, SignalContext};
use aot_foundation::message::SystemError;
use aot_foundation::signal_action::{Action, SA_ONSTACK, SA_SIGINFO, SIG_DFL, SIG_IGN, action_of, set_action};
use aot_foundation::trap_handler::{Fault, HANDLED, SignalInfo, die_of, leave, trap_of};
use aot_foundation::{interrupt, program};

use crate::alarm;
use crate::error::Text;
use crate::running::Running;
use crate::{room, thread};

/// The state of the preparation: [`NOT_YET`], [`IN_PROGRESS`] or [`DONE`].
static PREPARED: AtomicU32 = AtomicU32::new(NOT_YET);
/// The state of the preparation for timers.
static ALARMS_PREPARED: AtomicU32 = AtomicU32::new(NOT_YET);
/// The actions that were there before, by the places of their signals in [`HANDLED`], and that of the timers' signal.
static PREVIOUS: Previous = Previous([const { UnsafeCell::new(Action::DEFAULT) }; HANDLED.len() + 1]);

const NOT_YET: u32 = 0;
const IN_PROGRESS: u32 = 1;
const DONE: u32 = 2;

/// The `si_code` of a signal that a thread sent by `tgkill`, as `raise` does.
const SI_TKILL: i32 = -6;

struct Previous([UnsafeCell<Action>; HANDLED.len() + 1]);
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
    once(&PREPARED, prepare_once)
}

/// Makes the process ready for the signal of timers, the first time.
///
/// # Errors
/// The system refuses; the next call tries again.
pub fn prepare_alarms() -> Result<(), Unprepared> {
    let [.., previous] = &PREVIOUS.0;
    once(&ALARMS_PREPARED, || chain(interrupt::SIGNAL, on_alarm, previous.get()))
}

fn once(prepared: &AtomicU32, prepare: impl FnOnce() -> Result<(), Unprepared>) -> Result<(), Unprepared> {
    loop {
        match prepared.compare_exchange(NOT_YET, IN_PROGRESS, Ordering::Acquire, Ordering::Acquire) {
            Ok(_) => {
                let result = prepare();
                prepared.store(if result.is_ok() { DONE } else { NOT_YET }, Ordering::Release);
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
    let mut signals = HANDLED.iter().zip(&PREVIOUS.0);
    signals.try_for_each(|(signal, previous)| chain(*signal as usize, on_signal, previous.get()))
}

type Handler = unsafe extern "C" fn(i32, *const SignalInfo, *mut c_void);

/// Sets the handler of a signal, and keeps the action that was there.
fn chain(signal: usize, handler: Handler, previous: *mut Action) -> Result<(), Unprepared> {
    let failed = |errno| Unprepared::System(SystemError::of("install a signal handler")(errno));
    let (restorer_flag, restorer) = arch::signal_restorer();
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
    // SAFETY: the calls of this library's threads are of this type; guest code runs with the record of the innermost.
    unsafe {
        if fault_info.code > 0
            && let Some(call) = thread::running().cast::<Running>().as_ref()
        {
            if room::open(call, &fault, fault_info, &signal_context) {
                return;
            }
            let record = call.innermost.record;
            if program::text_offset(fault.pc).is_some()
                && let Some(trap) = trap_of(&fault, record)
            {
                return leave(trap, &fault, &mut signal_context, record);
            }
        }
    }
    // SAFETY: the caller's promise.
    unsafe { pass_on(signal, info, context) };
}

/// Handles the signal by which timers end calls.
///
/// # Safety
///
/// Called by the kernel, or by a handler that was set later.
unsafe extern "C" fn on_alarm(signal: i32, info: *const SignalInfo, context: *mut c_void) {
    // SAFETY: the kernel's arguments.
    let (timer_info, mut signal_context) = unsafe { (&*info, SignalContext::new(context)) };
    let Some(cause) = alarm::cause_of(timer_info) else {
        // SAFETY: the caller's promise.
        return unsafe { pass_on(signal, info, context) };
    };
    // SAFETY: this library's timers signal threads that have a state, whose calls are of this type; guest code runs in an entry.
    unsafe {
        let running: *mut Running = thread::running().cast();
        let Some(call) = running.as_ref() else { return };
        call.cause.note(cause);
        let fault = Fault::new(signal, timer_info, signal_context.pc());
        if program::text_offset(fault.pc).is_some() {
            leave(Trap::TimeExceeded, &fault, &mut signal_context, call.innermost.record);
        }
    }
}

/// Returns true if the guest has to end that runs on the calling thread.
pub fn has_to_end() -> bool {
    // SAFETY: as above, and the call lives while its guest runs.
    unsafe { thread::running().cast::<Running>().as_ref() }.is_some_and(|running| running.cause.get().is_some())
}

/// Gives a signal to the action that was there before.
///
/// # Safety
///
/// Called in the handler of the signal, with its arguments.
unsafe fn pass_on(signal: i32, info: *const SignalInfo, context: *mut c_void) {
    let place = HANDLED.iter().position(|handled| *handled == signal).unwrap_or(HANDLED.len());
    let Some(previous) = PREVIOUS.0.get(place) else { return };
    let is_fault = place < HANDLED.len();
    // SAFETY: nothing writes it any more.
    let (previous, code) = unsafe { (*previous.get(), (*info).code) };
    match previous.handler {
        // A handler that was set later gives its place back and raises the signal again, to end the process of a fault that
        // was the guest's: the fault comes once more by itself.
        _ if code == SI_TKILL && is_fault && !thread::running().is_null() => {}
        SIG_IGN if code <= 0 => {}
        // The system does nothing by default.
        SIG_DFL | SIG_IGN if !is_fault => {}
        SIG_DFL | SIG_IGN => die_of(signal),
        handler if previous.flags & SA_SIGINFO != 0 => {
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
