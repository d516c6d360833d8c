//! What threads of one program share: the memories of a family, as far as slabs and libcalls know them.
//!
//! The trait keeps what makes shared memories out of programs that have none.

use core::any::Any;

use aot_abi::slab::SlabHeader;

use crate::message::SystemError;

/// The shared memories of a program: what its slabs, one a thread, have in common.
pub trait Family: Any + Send + Sync {
    /// Maps the memories into a slab, whose control pages are open, with their current lengths.
    ///
    /// # Safety
    ///
    /// No guest runs in the slab, which leaves the family before it is unmapped.
    unsafe fn join(&self, slab: *mut SlabHeader) -> Result<(), SystemError>;

    /// Forgets a slab that is about to be unmapped.
    fn leave(&self, slab: *mut SlabHeader);

    /// Grows the memory with this index of the program by so many bytes, to `limit` at most: its length before.
    fn grow(&self, index: u32, more: u64, limit: u64) -> Option<u64>;
}
