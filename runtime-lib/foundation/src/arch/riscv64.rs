//! RISC-V, RV64GC with the LP64D calling convention.

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

/// A word: the baseline has no vectors, and words want to be aligned.
pub type Vector = u64;
/// True if a [`Vector`] is larger than a word, and one instruction loads or stores it at any address.
pub const VECTORS: bool = false;

// Offsets in the kernel's ucontext: flags, link and stack take 40 bytes, the signal set 128, and the sigcontext
// behind it is aligned to 16: pc, x1–x31.
const CONTEXT_PC: usize = 176;
const CONTEXT_SP: usize = CONTEXT_PC + 2 * 8;
const CONTEXT_S0: usize = CONTEXT_PC + 8 * 8;
const CONTEXT_A0: usize = CONTEXT_PC + 10 * 8;
const CONTEXT_A1: usize = CONTEXT_PC + 11 * 8;

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
        ".option push",
        ".option arch, +d", // what the functions are compiled for, the assembler of a single crate isn't told
        "addi sp, sp, -208", // room for 13 integer and 12 floating-point registers
        "sd ra, 0(sp)",        // what the caller wants back
        "sd s0, 8(sp)", // callee-saved
        "sd s1, 16(sp)", // callee-saved
        "sd s2, 24(sp)", // callee-saved
        "sd s3, 32(sp)", // callee-saved
        "sd s4, 40(sp)", // callee-saved
        "sd s5, 48(sp)", // callee-saved
        "sd s6, 56(sp)", // callee-saved
        "sd s7, 64(sp)", // callee-saved
        "sd s8, 72(sp)", // callee-saved
        "sd s9, 80(sp)", // callee-saved
        "sd s10, 88(sp)", // callee-saved
        "sd s11, 96(sp)", // callee-saved
        "fsd fs0, 104(sp)", // callee-saved
        "fsd fs1, 112(sp)", // callee-saved
        "fsd fs2, 120(sp)", // callee-saved
        "fsd fs3, 128(sp)", // callee-saved
        "fsd fs4, 136(sp)", // callee-saved
        "fsd fs5, 144(sp)", // callee-saved
        "fsd fs6, 152(sp)", // callee-saved
        "fsd fs7, 160(sp)", // callee-saved
        "fsd fs8, 168(sp)", // callee-saved
        "fsd fs9, 176(sp)", // callee-saved
        "fsd fs10, 184(sp)", // callee-saved
        "fsd fs11, 192(sp)", // callee-saved
        "sd sp, 0(a3)",        // record.return_stack: where `leave` finds it
        "mv s1, a3",           // the record survives the call
        "mv t0, a0",           // the code
        "mv a0, a1",           // its first parameter: vmctx
        "mv a1, a2",           // its second: the values
        "beqz a4, 2f",         // a stack of its own? Else go on with this one
        "mv sp, a4", // yes: its end
        "2:",
        "li s0, 0",            // the chain of frames ends here
        "jalr t0", // into guest code
        "mv a0, s1",           // leave(record, 0)
        "li a1, 0", // no trap
        "tail {leave}", // restores, and returns
        ".option pop",
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
        ".option push",
        ".option arch, +d", // what the functions are compiled for, the assembler of a single crate isn't told
        "ld sp, 0(a0)",     // record.return_stack
        "ld ra, 0(sp)",     // as `enter` stored them
        "ld s0, 8(sp)",     // callee-saved
        "ld s1, 16(sp)",    // callee-saved
        "ld s2, 24(sp)",    // callee-saved
        "ld s3, 32(sp)",    // callee-saved
        "ld s4, 40(sp)",    // callee-saved
        "ld s5, 48(sp)",    // callee-saved
        "ld s6, 56(sp)",    // callee-saved
        "ld s7, 64(sp)",    // callee-saved
        "ld s8, 72(sp)",    // callee-saved
        "ld s9, 80(sp)",    // callee-saved
        "ld s10, 88(sp)",   // callee-saved
        "ld s11, 96(sp)",   // callee-saved
        "fld fs0, 104(sp)", // callee-saved
        "fld fs1, 112(sp)", // callee-saved
        "fld fs2, 120(sp)", // callee-saved
        "fld fs3, 128(sp)", // callee-saved
        "fld fs4, 136(sp)", // callee-saved
        "fld fs5, 144(sp)", // callee-saved
        "fld fs6, 152(sp)", // callee-saved
        "fld fs7, 160(sp)", // callee-saved
        "fld fs8, 168(sp)", // callee-saved
        "fld fs9, 176(sp)", // callee-saved
        "fld fs10, 184(sp)", // callee-saved
        "fld fs11, 192(sp)", // callee-saved
        "addi sp, sp, 208", // the room for them
        "mv a0, a1",        // the result of `enter`
        "ret",              // to the caller of `enter`
        ".option pop",
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
        "mv sp, a0", // the handler's stack
        "mv s0, a1", // its frame
        "mv a0, a3", // the exception
        "jr a2",     // the handler
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
        ".option push",
        ".option arch, +d", // what the functions are compiled for, the assembler of a single crate isn't told
        "addi sp, sp, -208", // room for 13 integer and 12 floating-point registers
        "sd ra, 0(sp)",     // callee-saved
        "sd s0, 8(sp)",     // callee-saved
        "sd s1, 16(sp)",    // callee-saved
        "sd s2, 24(sp)",    // callee-saved
        "sd s3, 32(sp)",    // callee-saved
        "sd s4, 40(sp)",    // callee-saved
        "sd s5, 48(sp)",    // callee-saved
        "sd s6, 56(sp)",    // callee-saved
        "sd s7, 64(sp)",    // callee-saved
        "sd s8, 72(sp)",    // callee-saved
        "sd s9, 80(sp)",    // callee-saved
        "sd s10, 88(sp)",   // callee-saved
        "sd s11, 96(sp)",   // callee-saved
        "fsd fs0, 104(sp)", // callee-saved
        "fsd fs1, 112(sp)", // callee-saved
        "fsd fs2, 120(sp)", // callee-saved
        "fsd fs3, 128(sp)", // callee-saved
        "fsd fs4, 136(sp)", // callee-saved
        "fsd fs5, 144(sp)", // callee-saved
        "fsd fs6, 152(sp)", // callee-saved
        "fsd fs7, 160(sp)", // callee-saved
        "fsd fs8, 168(sp)", // callee-saved
        "fsd fs9, 176(sp)", // callee-saved
        "fsd fs10, 184(sp)", // callee-saved
        "fsd fs11, 192(sp)", // callee-saved
        "sd sp, 0(a0)",     // from: where to go on here
        "mv sp, a1",        // the other stack
        "ld ra, 0(sp)",     // callee-saved
        "ld s0, 8(sp)",     // callee-saved
        "ld s1, 16(sp)",    // callee-saved
        "ld s2, 24(sp)",    // callee-saved
        "ld s3, 32(sp)",    // callee-saved
        "ld s4, 40(sp)",    // callee-saved
        "ld s5, 48(sp)",    // callee-saved
        "ld s6, 56(sp)",    // callee-saved
        "ld s7, 64(sp)",    // callee-saved
        "ld s8, 72(sp)",    // callee-saved
        "ld s9, 80(sp)",    // callee-saved
        "ld s10, 88(sp)",   // callee-saved
        "ld s11, 96(sp)",   // callee-saved
        "fld fs0, 104(sp)", // callee-saved
        "fld fs1, 112(sp)", // callee-saved
        "fld fs2, 120(sp)", // callee-saved
        "fld fs3, 128(sp)", // callee-saved
        "fld fs4, 136(sp)", // callee-saved
        "fld fs5, 144(sp)", // callee-saved
        "fld fs6, 152(sp)", // callee-saved
        "fld fs7, 160(sp)", // callee-saved
        "fld fs8, 168(sp)", // callee-saved
        "fld fs9, 176(sp)", // callee-saved
        "fld fs10, 184(sp)", // callee-saved
        "fld fs11, 192(sp)", // callee-saved
        "addi sp, sp, 208", // the room for them
        "ret",              // to the caller there
        ".option pop",
    )
}

/// Calls `body(argument)` with a stack pointer that is aligned as the calling convention wants, on a new thread. The `clone` of
/// musl 1.2.5 leaves it at a multiple of 8, and code that relies on 16 computes wrong addresses: AES in a library, for one.
///
/// # Safety
///
/// The function may be called with the argument.
#[unsafe(naked)]
pub unsafe extern "C" fn call_aligned(argument: u64, body: unsafe extern "C" fn(u64)) {
    naked_asm!(
        "addi sp, sp, -16",
        "sd ra, 0(sp)",
        "sd s1, 8(sp)",
        "mv s1, sp",
        "andi sp, sp, -16",
        "jalr a1",
        "mv sp, s1",
        "ld ra, 0(sp)",
        "ld s1, 8(sp)",
        "addi sp, sp, 16",
        "ret",
    )
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
        "addi sp, sp, -16", // room for what the caller wants back
        "sd ra, 8(sp)",     // the return address
        "sd s0, 0(sp)",     // callee-saved
        "mv s0, sp",        // survives the call
        "sd sp, 0(a3)",     // noted: where the current stack is free
        "andi sp, a2, -16", // the other stack, aligned for a call
        "jalr a1",          // with the argument in its place
        "mv sp, s0",        // back
        "ld s0, 0(sp)",     // callee-saved
        "ld ra, 8(sp)",     // the return address
        "addi sp, sp, 16",  // as it was
        "ret",              // to the caller
    )
}

/// The stack pointer with which [`switch`] calls `body(argument)` on the empty stack that ends at `high`.
///
/// # Safety
///
/// The stack is accessible, aligned to 16 bytes, and nobody else's.
pub unsafe fn first_frame(high: u64, body: extern "C" fn(u64) -> !, argument: u64) -> u64 {
    let mut frame = [0u64; 26];
    [frame[0], frame[2], frame[3]] = [begin as *const () as u64, argument, body as *const () as u64];
    let low = high - size_of_val(&frame) as u64;
    // SAFETY: the caller's promise.
    unsafe { core::ptr::with_exposed_provenance_mut::<[u64; 26]>(low as usize).write(frame) };
    low
}

/// The code at which a new stack begins.
#[unsafe(naked)]
unsafe extern "C" fn begin() {
    naked_asm!(
        "mv a0, s1", // the argument
        "jalr s2",   // the body, which never returns
        "unimp",     // so this is never reached
    )
}

/// The body of `aot_raise(slab, code)`: `raise(slab, code, frame, pc)` on the thread's signal stack.
macro_rules! raise_body {
    () => {
        "
        mv a2, s0              // the frame of the trampoline
        mv a3, ra              // the return address into it
        ld sp, {thread}(a0)    // the end of the signal stack, aligned
        tail {raise}           // never returns
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
        self.register(CONTEXT_S0)
    }

    /// Makes the interrupted code go on with [`leave`].
    ///
    /// # Safety
    ///
    /// As for `leave`.
    pub unsafe fn call_leave(&mut self, record: *mut EntryRecord, code: u64) {
        self.set_register(CONTEXT_PC, leave as *const () as u64);
        self.set_register(CONTEXT_A0, record.addr() as u64);
        self.set_register(CONTEXT_A1, code);
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
            "ecall",
            in("a7") number,
            inlateout("a0") a as isize => result,
            in("a1") b,
            in("a2") c,
            in("a3") d,
            options(nostack),
        );
    }
    super::system_result(result)
}

/// A word of equal bytes.
pub fn splat(byte: u8) -> Vector {
    u64::from_ne_bytes([byte; size_of::<Vector>()])
}

/// The signals by which std ends a process that no guest has.
pub const SIGNALS_OF_DEFECTS: [i32; 0] = [];
