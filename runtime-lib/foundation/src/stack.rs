//! The stack of a guest, apart from the thread's: a trap can be survived by leaving it behind.
//!
//! ```text
//! guard ─▶ inaccessible: stack_guard_bytes and BELOW_GUARD_BYTES
//! low ───▶ HOST_BYTES for host functions: trampolines refuse to leave guest code with less
//!          stack_bytes for guest code
//! high ──▶ a signal stack, then the slab: one reservation, opened with one system call
//! ```

use core::ops::Range;

use crate::program;
use aot_abi::program::PAGE_BYTES_MAX;

/// Size and alignment of a signal stack with its thread's record. The frame that the kernel writes for a signal needs up
/// to 11 KiB (x86-64 with AMX).
pub const SIGNAL_STACK_BYTES: usize = 64 << 10;

/// More bytes than that frame has, with what compiled code uses below its stack pointer.
const SIGNAL_FRAME_BYTES: u64 = 16 << 10;

/// The bytes of stack that host functions can count on when guest code calls them.
pub const HOST_BYTES: u64 = 256 << 10;

/// Inaccessible bytes below the guard proper, more than any frame has: on riscv64, Cranelift's inline probes of a
/// large frame begin at its far end, and must not write to another mapping there. A function's body has at most 7.7 MB
/// (a limit of wasm engines), in which a value to be kept takes 5 bytes and fills 16 bytes of the frame at most.
const BELOW_GUARD_BYTES: u64 = 64 << 20;

/// The bytes at the high end of a stack that keep their memory between two guests: most calls write them.
pub const KEPT_BYTES: u64 = 64 << 10;

/// The addresses of a stack, as in the picture above.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct StackBounds {
    /// The first accessible byte.
    pub low: u64,
    /// The address behind the last accessible byte.
    pub high: u64,
}

/// The size of a stack in address space, in multiples of [`PAGE_BYTES_MAX`].
#[derive(Clone, Copy)]
pub struct StackSize {
    /// Inaccessible bytes below the stack.
    pub guard_bytes: u64,
    /// Accessible bytes, above the guard.
    pub open_bytes: u64,
}

impl StackSize {
    /// The size of the stack that the program asks for, or of a lower limit.
    pub fn new(limit_bytes: u64) -> StackSize {
        let open_bytes = program::program().stack_bytes.min(limit_bytes) + HOST_BYTES;
        StackSize { guard_bytes: guard_bytes(), open_bytes: open_bytes.next_multiple_of(PAGE_BYTES_MAX) }
    }

    /// All bytes of a stack, with its guard.
    pub fn bytes(self) -> u64 {
        self.guard_bytes + self.open_bytes
    }

    /// The bounds of a stack of this size that ends at `high`.
    pub fn ending_at(self, high: u64) -> StackBounds {
        StackBounds { low: high - self.open_bytes, high }
    }
}

/// Inaccessible bytes below each stack of the program, in multiples of [`PAGE_BYTES_MAX`].
fn guard_bytes() -> u64 {
    (program::program().stack_guard_bytes + BELOW_GUARD_BYTES).next_multiple_of(PAGE_BYTES_MAX)
}

impl StackBounds {
    /// The least stack pointer with which guest code may be left.
    pub fn limit(&self) -> u64 {
        self.low + HOST_BYTES
    }

    /// True if an access to this address ran over the stack's low end.
    pub fn guard_contains(&self, address: u64) -> bool {
        (self.low - guard_bytes()..self.low).contains(&address)
    }

    /// The pages of the guard that give code [`HOST_BYTES`] more which had to access this address: of somewhere below the stack, or so near
    /// its low end that a signal's frame doesn't fit. Half of the guard stays, however often that happens.
    pub fn room_below(&self, address: u64) -> Option<Range<u64>> {
        let from = address.checked_sub(HOST_BYTES)? / PAGE_BYTES_MAX * PAGE_BYTES_MAX;
        (from >= self.low - guard_bytes() / 2 && address < self.low + SIGNAL_FRAME_BYTES).then_some(from..self.low)
    }

    /// True if an address lies in the accessible part of the stack.
    pub fn contains(&self, address: u64) -> bool {
        (self.low..self.high).contains(&address)
    }

    /// True if a frame pointer can point to this address: the two words of its frame lie in the accessible part.
    pub fn contains_frame(&self, frame: u64) -> bool {
        frame.is_multiple_of(8) && frame >= self.low && frame <= self.high - 16
    }
}
