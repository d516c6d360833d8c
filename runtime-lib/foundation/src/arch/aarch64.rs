//! AArch64, AAPCS64.

use core::arch::aarch64::{uint8x16_t, vdupq_n_u8};
use core::arch::{asm, naked_asm};

use super::SignalContext;
use crate::records::EntryRecord;

/// The number of the system call `fcntl`.
pub const SYS_FCNTL: usize = 25;
/// The number of the system call `ioctl`.
pub const SYS_IOCTL: usize = 29;
/// The number of the system call `close`.
pub const SYS_CLOSE: usize = 57;
/// The number of the system call `exit_group`.
pub const SYS_EXIT_GROUP: usize = 94;
/// The number of the system call `setitimer`.
pub const SYS_SETITIMER: usize = 103;
/// The number of the system call `tgkill`.
pub const SYS_TGKILL: usize = 131;
/// The number of the system call `sigaltstack`.
pub const SYS_SIGALTSTACK: usize = 132;
/// The number of the system call `clone`.
pub const SYS_CLONE: usize = 220;
/// The number of the system call `rt_sigaction`.
pub const SYS_SIGACTION: usize = 134;
/// The number of the system call `rt_sigpending`.
pub const SYS_SIGPENDING: usize = 136;
/// The number of the system call `rt_sigtimedwait`.
pub const SYS_SIGTIMEDWAIT: usize = 137;
/// The number of the system call `rt_sigprocmask`.
pub const SYS_SIGPROCMASK: usize = 135;
/// The number of the system call `prctl`.
pub const SYS_PRCTL: usize = 167;
/// The number of the system call `timer_create`.
pub const SYS_TIMER_CREATE: usize = 107;
/// The number of the system call `timer_settime`.
pub const SYS_TIMER_SETTIME: usize = 110;
/// The number of the system call `timer_delete`.
pub const SYS_TIMER_DELETE: usize = 111;
/// The number of the system call `getpid`.
pub const SYS_GETPID: usize = 172;
/// The number of the system call `gettid`.
pub const SYS_GETTID: usize = 178;
/// The number of the system call `seccomp`.
pub const SYS_SECCOMP: usize = 277;
/// The number of `signalfd4`.
pub const SYS_SIGNALFD4: usize = 74;

/// The bytes that one instruction loads or stores, at any address.
pub type Vector = uint8x16_t;
/// True if a [`Vector`] is larger than a word.
pub const VECTORS: bool = true;

// Offsets in the kernel's ucontext: flags, link and stack take 40 bytes, the signal set 128, and the sigcontext
// behind it is aligned to 16: fault address, x0–x30, sp, pc.
const CONTEXT_X0: usize = 184;
const CONTEXT_X1: usize = 192;
const CONTEXT_X29: usize = CONTEXT_X0 + 29 * 8;
const CONTEXT_SP: usize = CONTEXT_X0 + 31 * 8;
const CONTEXT_PC: usize = CONTEXT_X0 + 32 * 8;

/// Calls guest code at `code(vmctx, values)`, on the stack that ends at `stack_high`, or on the current one if that
/// is 0. Returns 0, or what [`leave`] is called with.
///
/// # Safety
///
/// `code` is an entry trampoline, the arguments suit it, and the record lives until this returns.
#[unsafe(naked)]
pub unsafe extern "C" fn enter(
    code: u64,
    vmctx: u64,
    values: *mut [u64; 2],
    record: *mut EntryRecord,
    stack_high: u64,
) -> u64 {
    naked_asm!(
        "stp x29, x30, [sp, #-160]!", // what the caller wants back
        "stp x19, x20, [sp, #16]", // callee-saved
        "stp x21, x22, [sp, #32]", // callee-saved
        "stp x23, x24, [sp, #48]", // callee-saved
        "stp x25, x26, [sp, #64]", // callee-saved
        "stp x27, x28, [sp, #80]", // callee-saved
        "stp d8, d9, [sp, #96]", // callee-saved
        "stp d10, d11, [sp, #112]", // callee-saved
        "stp d12, d13, [sp, #128]", // callee-saved
        "stp d14, d15, [sp, #144]", // callee-saved
        "mov x9, sp", // sp itself can't be stored
        "str x9, [x3]",               // record.return_stack: where `leave` finds it
        "mov x19, x3",                // the record survives the call
        "mov x9, x0",                 // the code
        "mov x0, x1",                 // its first parameter: vmctx
        "mov x1, x2",                 // its second: the values
        "cbz x4, 2f",                 // a stack of its own? Else go on with this one
        "mov sp, x4", // yes: its end
        "2:",
        "mov x29, xzr",               // the chain of frames ends here
        "blr x9", // into guest code
        "mov x0, x19",                // leave(record, 0)
        "mov x1, xzr", // no trap
        "b {leave}", // restores, and returns
        leave = sym leave,
    )
}

/// Makes the [`enter`] of this record return `code`.
///
/// # Safety
///
/// That `enter` hasn't returned, and nothing on the stack below its frame is needed any more.
#[unsafe(naked)]
pub unsafe extern "C" fn leave(record: *mut EntryRecord, code: u64) -> ! {
    naked_asm!(
        "ldr x9, [x0]",             // record.return_stack
        "mov sp, x9",               // sp can't be loaded itself
        "ldp x19, x20, [sp, #16]",  // as `enter` stored them
        "ldp x21, x22, [sp, #32]",  // callee-saved
        "ldp x23, x24, [sp, #48]",  // callee-saved
        "ldp x25, x26, [sp, #64]",  // callee-saved
        "ldp x27, x28, [sp, #80]",  // callee-saved
        "ldp d8, d9, [sp, #96]",    // callee-saved
        "ldp d10, d11, [sp, #112]", // callee-saved
        "ldp d12, d13, [sp, #128]", // callee-saved
        "ldp d14, d15, [sp, #144]", // callee-saved
        "ldp x29, x30, [sp], #160", // callee-saved
        "mov x0, x1",               // the result of `enter`
        "ret",                      // to the caller of `enter`
    )
}

/// Goes on in guest code at `code`, with these stack and frame pointers and the reference in the first register that
/// exceptions use.
///
/// # Safety
///
/// `code` is a handler of the function that has this frame.
#[unsafe(naked)]
pub unsafe extern "C" fn resume(stack: u64, frame: u64, code: u64, reference: u64) -> ! {
    naked_asm!(
        "mov sp, x0",  // the handler's stack
        "mov x29, x1", // its frame
        "mov x0, x3",  // the exception
        "br x2",       // the handler
    )
}

/// Notes the stack pointer at `from`, behind what calls keep, and goes on with the stack at `to`, where another call of this
/// function noted it or [`first_frame`] made it.
///
/// # Safety
///
/// `to` is such a stack pointer, and `from` is writable; nothing else goes on with either.
#[unsafe(naked)]
pub unsafe extern "C" fn switch(from: *mut u64, to: u64) {
    naked_asm!(
        "stp x29, x30, [sp, #-160]!", // where the caller goes on
        "stp x19, x20, [sp, #16]",    // callee-saved
        "stp x21, x22, [sp, #32]",    // callee-saved
        "stp x23, x24, [sp, #48]",    // callee-saved
        "stp x25, x26, [sp, #64]",    // callee-saved
        "stp x27, x28, [sp, #80]",    // callee-saved
        "stp d8, d9, [sp, #96]",      // callee-saved
        "stp d10, d11, [sp, #112]",   // callee-saved
        "stp d12, d13, [sp, #128]",   // callee-saved
        "stp d14, d15, [sp, #144]",   // callee-saved
        "mov x9, sp",                 // sp itself can't be stored
        "str x9, [x0]",               // from: where to go on here
        "mov sp, x1",                 // the other stack
        "ldp x19, x20, [sp, #16]",    // callee-saved
        "ldp x21, x22, [sp, #32]",    // callee-saved
        "ldp x23, x24, [sp, #48]",    // callee-saved
        "ldp x25, x26, [sp, #64]",    // callee-saved
        "ldp x27, x28, [sp, #80]",    // callee-saved
        "ldp d8, d9, [sp, #96]",      // callee-saved
        "ldp d10, d11, [sp, #112]",   // callee-saved
        "ldp d12, d13, [sp, #128]",   // callee-saved
        "ldp d14, d15, [sp, #144]",   // callee-saved
        "ldp x29, x30, [sp], #160",   // where the caller there goes on
        "ret",                        // to it
    )
}

/// Calls `body(argument)` with a stack pointer that is aligned as the calling convention wants, on a new thread. The C library
/// aligns it.
///
/// # Safety
///
/// The function may be called with the argument.
pub unsafe extern "C" fn call_aligned(argument: u64, body: unsafe extern "C" fn(u64)) {
    // SAFETY: the caller's promise.
    unsafe { body(argument) }
}

/// Calls `body(argument)` on another stack, below the stack pointer `stack`. It notes that of the current stack, below which
/// nothing is in use meanwhile.
///
/// # Safety
///
/// Nothing below `stack` is in use, `noted` is writable, and the function may be called with the argument.
#[unsafe(naked)]
pub unsafe extern "C" fn call_on(argument: u64, body: unsafe extern "C" fn(u64), stack: u64, noted: *mut u64) {
    naked_asm!(
        "stp x29, x30, [sp, -16]!", // callee-saved
        "mov x29, sp",              // survives the call
        "str x29, [x3]",            // noted: where the current stack is free
        "and x2, x2, -16",          // calls are made with an aligned stack
        "mov sp, x2",               // the other stack
        "blr x1",                   // with the argument in its place
        "mov sp, x29",              // back
        "ldp x29, x30, [sp], 16",   // callee-saved
        "ret",                      // to the caller
    )
}

/// The stack pointer with which [`switch`] calls `body(argument)` on the empty stack that ends at `high`.
///
/// # Safety
///
/// The stack is accessible, aligned to 16 bytes, and nobody else's.
pub unsafe fn first_frame(high: u64, body: extern "C" fn(u64) -> !, argument: u64) -> u64 {
    let mut frame = [0u64; 20];
    [frame[1], frame[2], frame[3]] = [begin as *const () as u64, argument, body as *const () as u64];
    let low = high - size_of_val(&frame) as u64;
    // SAFETY: the caller's promise.
    unsafe { core::ptr::with_exposed_provenance_mut::<[u64; 20]>(low as usize).write(frame) };
    low
}

/// The code at which a new stack begins.
#[unsafe(naked)]
unsafe extern "C" fn begin() {
    naked_asm!(
        "mov x0, x19", // the argument
        "blr x20",     // the body, which never returns
        "brk #0",      // so this is never reached
    )
}

/// The body of `aot_raise(slab, code)`: `raise(slab, code, frame, pc)` on the thread's signal stack.
macro_rules! raise_body {
    () => {
        "
        mov x2, x29            // the frame of the trampoline
        mov x3, x30            // the return address into it
        ldr x9, [x0, #{thread}] // the end of the signal stack, aligned
        mov sp, x9
        b {raise}              // never returns
        "
    };
}
pub(crate) use raise_body;

impl SignalContext {
    /// The program counter: the address of the instruction that was interrupted.
    pub fn pc(&self) -> u64 {
        self.register(CONTEXT_PC)
    }

    /// The stack pointer of the code that was interrupted.
    pub fn stack_pointer(&self) -> u64 {
        self.register(CONTEXT_SP)
    }

    /// The frame pointer of the code that was interrupted.
    pub fn frame_pointer(&self) -> u64 {
        self.register(CONTEXT_X29)
    }

    /// Makes the interrupted code go on with [`leave`].
    ///
    /// # Safety
    ///
    /// As for `leave`.
    pub unsafe fn call_leave(&mut self, record: *mut EntryRecord, code: u64) {
        self.set_register(CONTEXT_PC, leave as *const () as u64);
        self.set_register(CONTEXT_X0, record.addr() as u64);
        self.set_register(CONTEXT_X1, code);
    }
}

/// The flag and address of the code that returns from a signal handler: the kernel's own.
pub fn signal_restorer() -> (usize, usize) {
    (0, 0)
}

/// A system call.
///
/// # Safety
///
/// As the system call says.
pub unsafe fn system_call(number: usize, [a, b, c, d]: [usize; 4]) -> rustix::io::Result<usize> {
    let result: isize;
    // SAFETY: the kernel changes this register only, and memory as the caller allows.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") a as isize => result,
            in("x1") b,
            in("x2") c,
            in("x3") d,
            options(nostack),
        );
    }
    super::system_result(result)
}

/// A vector of equal bytes.
pub fn splat(byte: u8) -> Vector {
    // SAFETY: every 64-bit Arm that runs Linux has Neon.
    unsafe { vdupq_n_u8(byte) }
}

/// The signals of `brk`, by which std ends a process, that no guest has: SIGTRAP.
pub const SIGNALS_OF_DEFECTS: [i32; 1] = [5];
