//! RISC-V, RV64GC with the LP64D calling convention.

use core::arch::{asm, naked_asm};

use super::SignalContext;
use crate::entry::EntryRecord;

pub const SYS_EXIT_GROUP: usize = 94;
pub const SYS_TGKILL: usize = 131;
pub const SYS_SIGALTSTACK: usize = 132;
pub const SYS_SIGACTION: usize = 134;
pub const SYS_GETPID: usize = 172;
pub const SYS_GETTID: usize = 178;

// Offsets in the kernel's ucontext: flags, link and stack take 40 bytes, the signal set 128, and the sigcontext
// behind it is aligned to 16: pc, x1–x31.
const CONTEXT_PC: usize = 176;
const CONTEXT_S0: usize = CONTEXT_PC + 8 * 8;
const CONTEXT_A0: usize = CONTEXT_PC + 10 * 8;
const CONTEXT_A1: usize = CONTEXT_PC + 11 * 8;

/// Calls guest code at `code(vmctx, values)`, on the stack that ends at `stack_high`, or on the current one where that
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
        "addi sp, sp, -208",
        "sd ra, 0(sp)",        // what the caller wants back
        "sd s0, 8(sp)",
        "sd s1, 16(sp)",
        "sd s2, 24(sp)",
        "sd s3, 32(sp)",
        "sd s4, 40(sp)",
        "sd s5, 48(sp)",
        "sd s6, 56(sp)",
        "sd s7, 64(sp)",
        "sd s8, 72(sp)",
        "sd s9, 80(sp)",
        "sd s10, 88(sp)",
        "sd s11, 96(sp)",
        "fsd fs0, 104(sp)",
        "fsd fs1, 112(sp)",
        "fsd fs2, 120(sp)",
        "fsd fs3, 128(sp)",
        "fsd fs4, 136(sp)",
        "fsd fs5, 144(sp)",
        "fsd fs6, 152(sp)",
        "fsd fs7, 160(sp)",
        "fsd fs8, 168(sp)",
        "fsd fs9, 176(sp)",
        "fsd fs10, 184(sp)",
        "fsd fs11, 192(sp)",
        "sd sp, 0(a3)",        // record.return_stack: where `leave` finds it
        "mv s1, a3",           // the record survives the call
        "mv t0, a0",           // the code
        "mv a0, a1",           // its first parameter: vmctx
        "mv a1, a2",           // its second: the values
        "beqz a4, 2f",         // a stack of its own? Else go on with this one
        "mv sp, a4",
        "2:",
        "li s0, 0",            // the chain of frames ends here
        "jalr t0",
        "mv a0, s1",           // leave(record, 0)
        "li a1, 0",
        "tail {leave}",
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
        "ld sp, 0(a0)",        // record.return_stack
        "ld ra, 0(sp)",        // as `enter` stored them
        "ld s0, 8(sp)",
        "ld s1, 16(sp)",
        "ld s2, 24(sp)",
        "ld s3, 32(sp)",
        "ld s4, 40(sp)",
        "ld s5, 48(sp)",
        "ld s6, 56(sp)",
        "ld s7, 64(sp)",
        "ld s8, 72(sp)",
        "ld s9, 80(sp)",
        "ld s10, 88(sp)",
        "ld s11, 96(sp)",
        "fld fs0, 104(sp)",
        "fld fs1, 112(sp)",
        "fld fs2, 120(sp)",
        "fld fs3, 128(sp)",
        "fld fs4, 136(sp)",
        "fld fs5, 144(sp)",
        "fld fs6, 152(sp)",
        "fld fs7, 160(sp)",
        "fld fs8, 168(sp)",
        "fld fs9, 176(sp)",
        "fld fs10, 184(sp)",
        "fld fs11, 192(sp)",
        "addi sp, sp, 208",
        "mv a0, a1",           // the result of `enter`
        "ret",
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
    pub fn pc(&self) -> u64 {
        self.register(CONTEXT_PC)
    }

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
