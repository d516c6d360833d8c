//! Stacks for guests besides the one that lies right below each slab.

use core::ffi::c_void;
use core::ptr::null_mut;

use rustix::mm::{self, MapFlags, MprotectFlags, ProtFlags};

use crate::message::SystemError;
use crate::slab;
use crate::stack::{KEPT_BYTES, StackBounds, StackSize};

/// The bytes of address space of a stack with a limit in bytes.
pub fn reserved_bytes(limit_bytes: u64) -> u64 {
    StackSize::new(limit_bytes).bytes()
}

/// A stack in a mapping of its own, above a guard.
pub struct OwnStack {
    mapping: *mut c_void,
    size: StackSize,
}

// SAFETY: the mapping is this value's own, whatever thread has it.
unsafe impl Send for OwnStack {}

impl OwnStack {
    /// A stack of the size that the program asks for, or a lower limit in bytes.
    pub fn create(limit_bytes: u64) -> Result<OwnStack, SystemError> {
        let size = StackSize::new(limit_bytes);
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new mapping at an address of the kernel's choice.
        let mapping = unsafe { mm::mmap_anonymous(null_mut(), size.bytes() as usize, ProtFlags::empty(), flags) }
            .map_err(SystemError::of("reserve a stack"))?;
        let stack = OwnStack { mapping, size };
        let open = mapping.wrapping_byte_add(size.guard_bytes as usize);
        // SAFETY: the range is the upper part of the mapping.
        unsafe { mm::mprotect(open, size.open_bytes as usize, MprotectFlags::READ | MprotectFlags::WRITE) }
            .map_err(SystemError::of("allocate a stack"))?;
        Ok(stack)
    }

    /// The addresses of the stack.
    pub fn bounds(&self) -> StackBounds {
        self.size.ending_at(self.mapping.expose_provenance() as u64 + self.size.bytes())
    }

    /// Gives back the memory of the stack, except for what most calls write.
    pub fn forget(&mut self) {
        let low = self.mapping.wrapping_byte_add(self.size.guard_bytes as usize).cast();
        // SAFETY: nothing runs on a stack whose owner can change it.
        unsafe { slab::forget(low, &(0..self.size.open_bytes - KEPT_BYTES)) };
    }
}

impl Drop for OwnStack {
    fn drop(&mut self) {
        // SAFETY: the mapping is this stack's own, and nothing runs on it. An error leaves address space reserved.
        let _ = unsafe { mm::munmap(self.mapping, self.size.bytes() as usize) };
    }
}
