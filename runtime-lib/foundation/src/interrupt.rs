//! Interruptions: another thread asks one whose guest computes for too long to end the guest, or to let others have what it
//! keeps from them. Guest code knows nothing of it: the thread gets a signal, and if it finds itself in guest code it decides
//! about the guest that runs then. In a host function nothing happens, and whoever asked asks again.

use core::ffi::c_void;
use core::ptr::null;

use aot_abi::trap::Trap;

use crate::arch::{self, SignalContext};
use crate::message::SystemError;
use crate::records::{Interrupts, ThreadRecord};
use crate::{program, thread, trap_handler};

/// The signal, which does nothing by default: SIGURG.
pub const SIGNAL: usize = 23;
/// The `si_code` of a signal that a thread sent to one of its own process or of another.
const SI_TKILL: i32 = -6;
const SIG_UNBLOCK: usize = 1;

/// Lets interruptions reach the calling thread, which has this record, until it has none again.
///
/// # Safety
///
/// The interrupts live as long; the handler is [`install`]ed.
pub unsafe fn receive(thread: *mut ThreadRecord, interrupts: *const Interrupts) {
    // SAFETY: the caller's promise.
    unsafe { (*thread).interrupts = interrupts };
    let set = signal_set();
    // SAFETY: the kernel only reads the set.
    let _ = unsafe {
        arch::system_call(arch::SYS_SIGPROCMASK, [SIG_UNBLOCK, (&raw const set).addr(), 0, size_of::<u64>()])
    };
}

/// Forgets the interrupts of a thread with this record.
///
/// # Safety
///
/// The record is the calling thread's.
pub unsafe fn ignore(thread: *mut ThreadRecord) {
    // SAFETY: the caller's promise.
    unsafe { (*thread).interrupts = null() };
}

/// The set with the signal alone, for those who block it.
pub const fn signal_set() -> u64 {
    1 << (SIGNAL - 1)
}

/// Installs the handler for the whole process.
pub fn install() -> Result<(), SystemError> {
    trap_handler::handle(SIGNAL, on_interrupt)
}

/// Interrupts a thread of this process.
pub fn send(thread: u32) {
    // SAFETY: the handler changes nothing but the guest's run. A thread that has ended is none of this process any more.
    unsafe {
        let process = arch::system_call(arch::SYS_GETPID, [0; 4]).unwrap_or(0);
        let _ = arch::system_call(arch::SYS_TGKILL, [process, thread as usize, SIGNAL, 0]);
    }
}

/// The number of the calling thread, for [`send`].
pub fn thread_number() -> u32 {
    // SAFETY: it changes nothing.
    unsafe { arch::system_call(arch::SYS_GETTID, [0; 4]) }.unwrap_or(0) as u32
}

/// # Safety
///
/// Called by the kernel only, on a thread with a signal stack.
unsafe extern "C" fn on_interrupt(_signal: i32, info: *const c_void, context: *mut c_void) {
    // SAFETY: the kernel's arguments; the third word of the information is its code.
    let (code, mut context) = unsafe { (*info.cast::<i32>().add(2), SignalContext::new(context)) };
    // Threads without a signal stack block the signal; somebody else's process sends it to any.
    if code != SI_TKILL || program::text_offset(context.pc()).is_none() {
        return;
    }
    // SAFETY: guest code runs only on threads that have a record, inside an entry.
    unsafe {
        let thread = thread::of_signal_stack();
        let Some(interrupts) = (*thread).interrupts.as_ref() else { return };
        let Some(record) = (*thread).innermost.as_ref() else { return };
        if !record.outer_of_slab.is_null() {
            // A host function goes on around this entry.
            return;
        }
        if (interrupts.decide)(interrupts, record.slab) {
            trap_handler::end(Trap::TimeExceeded, &mut context);
        }
    }
}
