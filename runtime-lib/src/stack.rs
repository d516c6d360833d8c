//! The stack of a guest, apart from the thread's: a trap can be survived by leaving it behind.
//!
//! ```text
//! guard ─▶ inaccessible: stack_guard_bytes and BELOW_GUARD_BYTES
//! low ───▶ HOST_BYTES for host functions: trampolines refuse to leave guest code with less
//!          stack_bytes for guest code
//! high ──▶
//! ```

use core::ffi::c_void;

use aot_abi::program::PAGE_BYTES_MAX;
use rustix::mm::{self, MapFlags, MprotectFlags, ProtFlags};

use crate::message::SystemError;
use crate::program;

/// What host functions can count on when guest code calls them.
pub const HOST_BYTES: u64 = 256 << 10;

/// Inaccessible bytes below the guard proper, more than any frame has: on riscv64, Cranelift's inline probes of a
/// large frame begin at its far end, and must not write to another mapping there. A function's body has at most 7.7 MB
/// (a limit of wasm engines), in which a value to be kept takes 5 bytes and fills 16 bytes of the frame at most.
const BELOW_GUARD_BYTES: u64 = 64 << 20;

/// A mapping for a guest's stack. Dropping it unmaps it.
pub struct Stack {
    mapping: *mut c_void,
    bounds: StackBounds,
}

/// The addresses of a stack, as in the picture above.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct StackBounds {
    /// The first inaccessible byte.
    pub guard: u64,
    /// The first accessible byte.
    pub low: u64,
    /// The end.
    pub high: u64,
}

impl Stack {
    /// Maps a stack of the size that the program asks for, or of a lower limit.
    pub fn create(limit_bytes: u64) -> Result<Stack, SystemError> {
        let program = program::program();
        let guard_bytes = (program.stack_guard_bytes + BELOW_GUARD_BYTES).next_multiple_of(PAGE_BYTES_MAX);
        let open_bytes = (program.stack_bytes.min(limit_bytes) + HOST_BYTES).next_multiple_of(PAGE_BYTES_MAX);
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::STACK;
        let bytes = (guard_bytes + open_bytes) as usize;
        // SAFETY: a new mapping at an address of the kernel's choice.
        let mapping = unsafe { mm::mmap_anonymous(core::ptr::null_mut(), bytes, ProtFlags::empty(), flags) }
            .map_err(SystemError::of("reserve address space for the program's stack"))?;
        let guard = mapping.addr() as u64;
        let bounds = StackBounds { guard, low: guard + guard_bytes, high: guard + guard_bytes + open_bytes };
        let stack = Stack { mapping, bounds };
        let open = MprotectFlags::READ | MprotectFlags::WRITE;
        // SAFETY: the highest part of the new mapping.
        unsafe { mm::mprotect(mapping.wrapping_byte_add(guard_bytes as usize), open_bytes as usize, open) }
            .map_err(SystemError::of("allocate the program's stack"))?;
        Ok(stack)
    }

    /// Where it lies.
    pub fn bounds(&self) -> StackBounds {
        self.bounds
    }
}

impl StackBounds {
    /// The least stack pointer with which guest code may be left.
    pub fn limit(&self) -> u64 {
        self.low + HOST_BYTES
    }

    /// Whether an access to this address ran over the end.
    pub fn guard_contains(&self, address: u64) -> bool {
        (self.guard..self.low).contains(&address)
    }

    /// Whether a frame pointer can point here: its frame's two words lie in the accessible part.
    pub fn contains_frame(&self, frame: u64) -> bool {
        frame % 8 == 0 && frame >= self.low && frame <= self.high - 16
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let bytes = (self.bounds.high - self.bounds.guard) as usize;
        // SAFETY: the mapping is this stack's own, and no guest runs on it. An error harms nobody.
        let _ = unsafe { mm::munmap(self.mapping, bytes) };
    }
}
