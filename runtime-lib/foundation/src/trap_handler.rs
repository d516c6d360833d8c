//! Hardware faults of guest code become traps; any other fault is a defect of the runtime and ends the process.
//!
//! The handler runs on the thread's signal stack, with system calls as its only means. A fault is a trap where the
//! program counter lies in guest text and either the address lies in the guard of the guest's stack, or the trap table
//! has the instruction and the address of a memory access lies in the slab. The handler notes the backtrace and
//! returns into the innermost entry, which returns the trap.

use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use crate::arch::{self, SignalContext};
use crate::entry::trap_of_code;
use crate::message::{Message, SystemError};
use crate::program;
use crate::records::{ThreadRecord, state};
use crate::signal_action::{Action, SA_NODEFER, SA_ONSTACK, SA_SIGINFO, SIG_DFL, SIG_IGN, set_action};
use crate::thread;
use crate::walk::{self, Origin};

const SIGILL: i32 = 4;
const SIGBUS: i32 = 7;
const SIGFPE: i32 = 8;
const SIGPIPE: usize = 13;
const SIGXFSZ: usize = 25;
const SIGSEGV: i32 = 11;

/// The signals that Cranelift's traps and wild accesses arrive as. SIGTRAP isn't one of them on any of our
/// instruction sets.
pub const HANDLED: [i32; 4] = [SIGSEGV, SIGBUS, SIGILL, SIGFPE];

/// The beginning of the kernel's `siginfo` of a fault, on 64-bit systems.
#[repr(C)]
pub struct SignalInfo {
    signal: i32,
    errno: i32,
    /// The origin of the signal: more than 0 for a fault.
    pub code: i32,
    padding: i32,
    address: u64,
    value: u64,
}

impl SignalInfo {
    /// The value that the owner of a timer chose, if a timer sent the signal.
    pub fn value(&self) -> u64 {
        self.value
    }
}

/// A fault, as far as it matters here.
pub struct Fault {
    signal: i32,
    /// The address of the instruction.
    pub pc: u64,
    /// The address of the memory access that failed, if it was one.
    pub address: Option<u64>,
}

impl Fault {
    /// The fault that a signal tells of, at an instruction.
    pub fn new(signal: i32, info: &SignalInfo, pc: u64) -> Fault {
        let address = matches!(signal, SIGSEGV | SIGBUS).then_some(info.address);
        Fault { signal, pc, address }
    }
}

/// Installs the handler for the whole process.
pub fn install() -> Result<(), SystemError> {
    install_for(&HANDLED)
}

fn install_for(signals: &[i32]) -> Result<(), SystemError> {
    let (restorer_flag, restorer) = arch::signal_restorer();
    let handler: unsafe extern "C" fn(i32, *const SignalInfo, *mut c_void) = on_signal;
    for &signal in signals {
        let action = Action {
            handler: (handler as *const ()).addr(),
            flags: SA_SIGINFO | SA_ONSTACK | restorer_flag,
            restorer,
            ..Action::DEFAULT
        };
        // SAFETY: the handler keeps to what signal handlers may do.
        unsafe { set_action(signal as usize, &action) }.map_err(SystemError::of("install a signal handler"))?;
    }
    Ok(())
}

/// Handles a signal that ends the process, on the signal stack, also while it is being handled.
pub fn handle(
    signal: usize,
    handler: unsafe extern "C" fn(i32, *const c_void, *mut c_void),
) -> Result<(), SystemError> {
    let (restorer_flag, restorer) = arch::signal_restorer();
    let flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | restorer_flag;
    let action = Action { handler: (handler as *const ()).addr(), flags, restorer, ..Action::DEFAULT };
    // SAFETY: the handler keeps to what signal handlers may do: it ends the process.
    unsafe { set_action(signal, &action) }.map_err(SystemError::of("install a signal handler"))
}

/// Lets writes to a closed pipe, or beyond the size that files may have, fail instead of ending the process: guests have
/// no signals, but they have EPIPE and EFBIG.
pub fn ignore_signals_of_writes() -> Result<(), SystemError> {
    let action = Action { handler: SIG_IGN, ..Action::DEFAULT };
    for signal in [SIGPIPE, SIGXFSZ] {
        // SAFETY: ignoring a signal runs no code.
        unsafe { set_action(signal, &action) }.map_err(SystemError::of("ignore the signals of writes"))?;
    }
    Ok(())
}

/// # Safety
///
/// Called by the kernel only.
unsafe extern "C" fn on_signal(signal: i32, info: *const SignalInfo, context: *mut c_void) {
    // SAFETY: the kernel's arguments.
    let (info, mut context) = unsafe { (&*info, SignalContext::new(context)) };
    let fault = Fault::new(signal, info, context.pc());
    if info.code <= 0 {
        // No fault: a process sent it, and this one dies of it like any other.
        return die_of(signal);
    }
    // SAFETY: this is the thread's signal stack.
    let thread = unsafe { thread::of_signal_stack() };
    // SAFETY: guest code runs only on threads that have a record.
    match unsafe { trap_of(&fault, thread) } {
        // SAFETY: as above.
        Some(trap) => unsafe { leave(trap, &fault, &mut context, thread) },
        None => {
            explain();
            tell_defect(&fault);
            die_of(signal);
        }
    }
}

/// The trap that a fault is, if it is one.
///
/// # Safety
///
/// Called in the handler of the fault; the record is that with which the guest runs, if the fault is in guest code.
#[inline(always)]
pub unsafe fn trap_of(fault: &Fault, thread: *mut ThreadRecord) -> Option<Trap> {
    let text_offset = program::text_offset(fault.pc)?;
    // SAFETY: the caller's promise; guest code runs inside an entry.
    let slab = unsafe { running_slab(thread)? };
    if let Some(address) = fault.address {
        // SAFETY: the slab of an entry that hasn't returned.
        if unsafe { (*state(slab)).stack }.guard_contains(address) {
            return Some(Trap::StackOverflow);
        }
        let distance = address.wrapping_sub(slab.addr() as u64);
        if distance >= program::program().slab_bytes {
            return None;
        }
        // Loads and stores of memories have no entries in the trap table: those that have are of objects, through null.
        return trap_at(text_offset).or(Some(Trap::MemoryOutOfBounds));
    }
    trap_at(text_offset)
}

fn trap_at(text_offset: u32) -> Option<Trap> {
    program::trap_code_at(text_offset).map(|code| trap_of_code(u64::from(code)))
}

/// # Safety
///
/// `thread` is the record of the thread that runs.
unsafe fn running_slab(thread: *mut ThreadRecord) -> Option<*mut SlabHeader> {
    // SAFETY: entries that haven't returned are alive.
    unsafe { (*thread).innermost.as_ref() }.map(|record| record.slab)
}

/// Makes the handler return into the innermost entry.
///
/// # Safety
///
/// Called in the handler of a fault that is this trap, of the guest that runs with this record.
#[inline(always)]
pub unsafe fn leave(trap: Trap, fault: &Fault, context: &mut SignalContext, thread: *mut ThreadRecord) {
    // SAFETY: the caller's promise: there is a record, and an entry.
    unsafe {
        let record = (*thread).innermost;
        let origin = Origin { pc: fault.pc, exact: true, frame: context.frame_pointer() };
        walk::capture(&mut (*thread).backtrace, trap, origin, record);
        (*thread).fault_address = match trap {
            Trap::MemoryOutOfBounds => fault.address.unwrap_or(0),
            _ => 0,
        };
        (*(*record).slab).trap_message = 0;
        context.call_leave(record, trap as u64);
    }
}

/// Ends the guest that was interrupted in its own code.
///
/// # Safety
///
/// Called in the handler of a signal, on a thread whose innermost entry runs guest code.
pub unsafe fn end(trap: Trap, context: &mut SignalContext) {
    let fault = Fault { signal: 0, pc: context.pc(), address: None };
    // SAFETY: the caller's promise.
    unsafe { leave(trap, &fault, context, thread::of_signal_stack()) };
}

/// The function of [`explain_by`]; null for none.
static EXPLAIN: AtomicPtr<()> = AtomicPtr::new(null_mut());

/// Lets a function explain defects: it is called in the handler of a fault in the runtime, on the thread that has it, and ends the
/// process if it knows better.
pub fn explain_by(explain: fn()) {
    EXPLAIN.store(explain as *mut (), Ordering::Release);
}

/// Installs the handler of faults for a defect of the runtime too, which ends by another signal on some targets.
pub fn install_for_defects() -> Result<(), SystemError> {
    install()?;
    install_for(&arch::SIGNALS_OF_DEFECTS)
}

fn explain() {
    let explain = EXPLAIN.load(Ordering::Acquire);
    if !explain.is_null() {
        // SAFETY: only functions of this type are stored.
        let explain = unsafe { core::mem::transmute::<*mut (), fn()>(explain) };
        explain();
    }
}

fn tell_defect(fault: &Fault) {
    let mut message = Message::to_stderr();
    message.text("aot: defect in the runtime: signal ").decimal(fault.signal as u64);
    message.text(" at ").hex(fault.pc);
    if let Some(address) = fault.address {
        message.text(", address ").hex(address);
    }
    message.text("\n");
}

/// Lets the signal do what it does by default, once the handler has returned: it is blocked until then.
pub fn die_of(signal: i32) {
    let action = Action { handler: SIG_DFL, ..Action::DEFAULT };
    // SAFETY: the default action runs no code; the other calls change nothing that Rust knows of.
    unsafe {
        let _ = set_action(signal as usize, &action);
        let process = arch::system_call(arch::SYS_GETPID, [0; 4]).unwrap_or(0);
        let thread = arch::system_call(arch::SYS_GETTID, [0; 4]).unwrap_or(0);
        let _ = arch::system_call(arch::SYS_TGKILL, [process, thread, signal as usize, 0]);
    }
}
