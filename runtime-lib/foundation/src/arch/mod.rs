//! Differences between instruction sets: entering and leaving guest code, the signal context, system calls. Each file
//! has the same items; here is the only choice between them.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "riscv64")]
mod riscv64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(target_arch = "aarch64")]
pub use aarch64::*;
#[cfg(target_arch = "riscv64")]
pub use riscv64::*;
#[cfg(target_arch = "x86_64")]
pub use x86_64::*;

use core::ffi::c_void;

use rustix::io::Errno;

/// The kernel's `ucontext` of the interrupted code: what the handler changes there is in effect when it returns.
pub struct SignalContext(*mut u64);

impl SignalContext {
    /// # Safety
    ///
    /// `context` is the third argument of a signal handler that hasn't returned.
    pub unsafe fn new(context: *mut c_void) -> SignalContext {
        SignalContext(context.cast())
    }

    /// The register at this offset of the context.
    fn register(&self, offset: usize) -> u64 {
        // SAFETY: the context is alive, and the offset one of the kernel's for this architecture.
        unsafe { self.0.byte_add(offset).read() }
    }

    fn set_register(&mut self, offset: usize, value: u64) {
        // SAFETY: as above.
        unsafe { self.0.byte_add(offset).write(value) }
    }
}

/// The result of a system call: the kernel returns −4095 to −1 for errors.
fn system_result(value: isize) -> rustix::io::Result<usize> {
    match value {
        -4095..=-1 => Err(Errno::from_raw_os_error(-value as i32)),
        _ => Ok(value as usize),
    }
}
