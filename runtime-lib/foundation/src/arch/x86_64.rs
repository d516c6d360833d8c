//! x86-64, System V calling convention.

use core::arch::x86_64::{__m128i, _mm_set1_epi8};
use core::arch::{asm, naked_asm};

use super::SignalContext;
use crate::records::EntryRecord;

/// The number of the system call `close`.
pub const SYS_CLOSE: usize = 3;
/// The number of the system call `clone`.
pub const SYS_CLONE: usize = 56;
/// The number of the system call `rt_sigaction`.
pub const SYS_SIGACTION: usize = 13;
/// The number of the system call `rt_sigpending`.
pub const SYS_SIGPENDING: usize = 127;
/// The number of the system call `rt_sigtimedwait`.
pub const SYS_SIGTIMEDWAIT: usize = 128;
/// The number of the system call `rt_sigprocmask`.
pub const SYS_SIGPROCMASK: usize = 14;
/// The number of the system call `ioctl`.
pub const SYS_IOCTL: usize = 16;
/// The number of the system call `setitimer`.
pub const SYS_SETITIMER: usize = 38;
/// The number of the system call `timer_create`.
pub const SYS_TIMER_CREATE: usize = 222;
/// The number of the system call `timer_settime`.
pub const SYS_TIMER_SETTIME: usize = 223;
/// The number of the system call `timer_delete`.
pub const SYS_TIMER_DELETE: usize = 226;
/// The number of the system call `getpid`.
pub const SYS_GETPID: usize = 39;
/// The number of the system call `fcntl`.
pub const SYS_FCNTL: usize = 72;
/// The number of the system call `sigaltstack`.
pub const SYS_SIGALTSTACK: usize = 131;
/// The number of the system call `prctl`.
pub const SYS_PRCTL: usize = 157;
/// The number of the system call `gettid`.
pub const SYS_GETTID: usize = 186;
/// The number of the system call `exit_group`.
pub const SYS_EXIT_GROUP: usize = 231;
/// The number of the system call `tgkill`.
pub const SYS_TGKILL: usize = 234;
/// The number of the system call `seccomp`.
pub const SYS_SECCOMP: usize = 317;
/// The number of `signalfd4`.
pub const SYS_SIGNALFD4: usize = 289;

const SA_RESTORER: usize = 0x0400_0000;

// Offsets in the kernel's ucontext: flags, link and stack take 40 bytes, then r8–r15 and the others of sigcontext.
const CONTEXT_RDI: usize = 104;
const CONTEXT_RSI: usize = 112;
const CONTEXT_RBP: usize = 120;
const CONTEXT_RSP: usize = 160;
const CONTEXT_RIP: usize = 168;
const CONTEXT_EFLAGS: usize = 176;

/// The bytes that one instruction loads or stores, at any address.
pub type Vector = __m128i;
/// True if a [`Vector`] is larger than a word.
pub const VECTORS: bool = true;

/// The direction flag, clear at every call.
const FLAG_DIRECTION: u64 = 1 << 10;

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
        "push rbp",        // what the caller wants back
        "push rbx", // callee-saved
        "push r12", // callee-saved
        "push r13", // callee-saved
        "push r14", // callee-saved
        "push r15", // callee-saved
        "mov [rcx], rsp",  // record.return_stack: where `leave` finds it
        "mov rbx, rcx",    // the record survives the call
        "mov rax, rdi",    // the code
        "mov rdi, rsi",    // its first parameter: vmctx
        "mov rsi, rdx",    // its second: the values
        "test r8, r8",     // a stack of its own?
        "cmovz r8, rsp",   // no: go on with this one
        "mov rsp, r8", // the stack to run on
        "and rsp, -16",    // calls are made with an aligned stack
        "xor ebp, ebp",    // the chain of frames ends here
        "call rax", // into guest code
        "mov rdi, rbx",    // leave(record, 0)
        "xor esi, esi", // no trap
        "jmp {leave}", // restores, and returns
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
        "mov rsp, [rdi]", // record.return_stack
        "pop r15",        // in the reverse order of `enter`
        "pop r14",        // callee-saved
        "pop r13",        // callee-saved
        "pop r12",        // callee-saved
        "pop rbx",        // callee-saved
        "pop rbp",        // callee-saved
        "mov rax, rsi",   // the result of `enter`
        "ret",            // to the caller of `enter`
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
        "mov rsp, rdi", // the handler's stack
        "mov rbp, rsi", // its frame
        "mov rax, rcx", // the exception
        "jmp rdx",      // the handler
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
        "push rbp",       // callee-saved
        "push rbx",       // callee-saved
        "push r12",       // callee-saved
        "push r13",       // callee-saved
        "push r14",       // callee-saved
        "push r15",       // callee-saved
        "mov [rdi], rsp", // from: where to go on here
        "mov rsp, rsi",   // the other stack
        "pop r15",        // in the reverse order
        "pop r14",        // callee-saved
        "pop r13",        // callee-saved
        "pop r12",        // callee-saved
        "pop rbx",        // callee-saved
        "pop rbp",        // callee-saved
        "ret",            // to the caller there
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
        "push rbp",       // callee-saved
        "mov rbp, rsp",   // survives the call
        "mov [rcx], rsp", // noted: where the current stack is free
        "mov rsp, rdx",   // the other stack
        "and rsp, -16",   // calls are made with an aligned stack
        "call rsi",       // with the argument in its place
        "mov rsp, rbp",   // back
        "pop rbp",        // callee-saved
        "ret",            // to the caller
    )
}

/// The stack pointer with which [`switch`] calls `body(argument)` on the empty stack that ends at `high`.
///
/// # Safety
///
/// The stack is accessible, aligned to 16 bytes, and nobody else's.
pub unsafe fn first_frame(high: u64, body: extern "C" fn(u64) -> !, argument: u64) -> u64 {
    let frame: [u64; 8] = [0, 0, argument, body as *const () as u64, 0, 0, begin as *const () as u64, 0];
    let low = high - size_of_val(&frame) as u64;
    // SAFETY: the caller's promise.
    unsafe { core::ptr::with_exposed_provenance_mut::<[u64; 8]>(low as usize).write(frame) };
    low
}

/// The code at which a new stack begins.
#[unsafe(naked)]
unsafe extern "C" fn begin() {
    naked_asm!(
        "sub rsp, 8",   // calls are made with an aligned stack
        "mov rdi, r13", // the argument
        "call r12",     // the body, which never returns
        "ud2",          // so this is never reached
    )
}

/// The body of `aot_raise(slab, code)`: `raise(slab, code, frame, pc)` on the thread's signal stack.
macro_rules! raise_body {
    () => {
        "
        mov rdx, rbp           // the frame of the trampoline
        mov rcx, [rsp]         // the return address into it
        mov rsp, [rdi + {thread}] // the end of the signal stack, aligned
        call {raise}           // never returns
        "
    };
}
pub(crate) use raise_body;

impl SignalContext {
    /// The program counter: the address of the instruction that was interrupted.
    pub fn pc(&self) -> u64 {
        self.register(CONTEXT_RIP)
    }

    /// The stack pointer of the code that was interrupted.
    pub fn stack_pointer(&self) -> u64 {
        self.register(CONTEXT_RSP)
    }

    /// The frame pointer of the code that was interrupted.
    pub fn frame_pointer(&self) -> u64 {
        self.register(CONTEXT_RBP)
    }

    /// Makes the interrupted code go on with [`leave`].
    ///
    /// # Safety
    ///
    /// As for `leave`.
    pub unsafe fn call_leave(&mut self, record: *mut EntryRecord, code: u64) {
        self.set_register(CONTEXT_RIP, leave as *const () as u64);
        self.set_register(CONTEXT_RDI, record.addr() as u64);
        self.set_register(CONTEXT_RSI, code);
        self.set_register(CONTEXT_EFLAGS, self.register(CONTEXT_EFLAGS) & !FLAG_DIRECTION);
    }
}

/// The flag and address of the code that returns from a signal handler: here, the kernel has none of its own.
pub fn signal_restorer() -> (usize, usize) {
    (SA_RESTORER, restorer as *const () as usize)
}

#[unsafe(naked)]
unsafe extern "C" fn restorer() {
    naked_asm!(
        "mov eax, 15", // rt_sigreturn
        "syscall",     // never returns
    )
}

/// A system call.
///
/// # Safety
///
/// As the system call says.
pub unsafe fn system_call(number: usize, [a, b, c, d]: [usize; 4]) -> rustix::io::Result<usize> {
    let mut result = number as isize;
    // SAFETY: the kernel changes these registers only, and memory as the caller allows.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    super::system_result(result)
}

/// A vector of equal bytes.
pub fn splat(byte: u8) -> Vector {
    // SAFETY: every x86-64 has SSE2.
    unsafe { _mm_set1_epi8(byte as i8) }
}

/// The signals by which std ends a process that no guest has.
pub const SIGNALS_OF_DEFECTS: [i32; 0] = [];
