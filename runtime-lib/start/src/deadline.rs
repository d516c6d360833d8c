//! Limits of time: a timer of the kernel's whose signal ends the process. Guest code knows nothing of it.
//!
//! The process may have to wait before it can tell why it ends: standard error can be a pipe that nobody reads. So a second
//! signal follows soon, which doesn't tell anything.

use core::ffi::c_void;

use aot_abi::limits::UNLIMITED;

use aot_foundation::arch;
use aot_foundation::exit::exit;
use aot_foundation::message::{Message, SystemError};
use aot_foundation::trap_handler;

/// The exit status of a program that ran into a limit of time, as that of coreutils' `timeout`.
const STATUS_TIMEOUT: i32 = 124;

/// Microseconds that telling may take.
const TELLING: u64 = 50_000;

const SIGALRM: usize = 14;
const SIGPROF: usize = 27;
const ITIMER_REAL: usize = 0;
const ITIMER_PROF: usize = 2;

/// The kernel's `itimerval`: each time in seconds and microseconds.
#[repr(C)]
struct Timer {
    interval: [u64; 2],
    value: [u64; 2],
}

/// Ends the process when it has run for so many microseconds, which aren't 0.
pub fn limit_time(microseconds: u64) -> Result<(), SystemError> {
    start(microseconds, ITIMER_REAL, SIGALRM)
}

/// Ends the process when it has used so much of the processor's time, in its own code and in the kernel's.
pub fn limit_cpu_time(microseconds: u64) -> Result<(), SystemError> {
    start(microseconds, ITIMER_PROF, SIGPROF)
}

fn start(microseconds: u64, which: usize, signal: usize) -> Result<(), SystemError> {
    if microseconds == UNLIMITED {
        return Ok(());
    }
    trap_handler::handle(signal, on_signal)?;
    set_timer(microseconds, which).map_err(SystemError::of("start the timer of a limit of time"))
}

fn set_timer(microseconds: u64, which: usize) -> rustix::io::Result<()> {
    const SECOND: u64 = 1_000_000;
    let timer = Timer { interval: [0; 2], value: [microseconds / SECOND, microseconds % SECOND] };
    // SAFETY: the kernel only reads the timer.
    unsafe { arch::system_call(arch::SYS_SETITIMER, [which, (&raw const timer).addr(), 0, 0]) }.map(drop)
}

/// # Safety
///
/// Called by the kernel only.
unsafe extern "C" fn on_signal(signal: i32, _info: *const c_void, _context: *mut c_void) {
    let is_followed =
        trap_handler::handle(SIGALRM, on_second_signal).is_ok() && set_timer(TELLING, ITIMER_REAL).is_ok();
    if is_followed {
        let limit = if signal as usize == SIGPROF { "--cpu-time or AOT_CPU_TIME" } else { "--timeout or AOT_TIMEOUT" };
        let mut message = Message::to_stderr();
        message.text("aot: the program ran into its limit of time, ").text(limit).text("\n").flush();
    }
    exit(STATUS_TIMEOUT)
}

/// # Safety
///
/// Called by the kernel only.
unsafe extern "C" fn on_second_signal(_signal: i32, _info: *const c_void, _context: *mut c_void) {
    exit(STATUS_TIMEOUT)
}
