//! State that threads of one program share: the memories of a family, as far as slabs and libcalls know them.
//!
//! The trait keeps what makes shared memories out of programs that have none.

use core::any::Any;
use core::ptr::NonNull;

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

    /// Counts one more owner.
    fn keep(&self);

    /// Counts one owner less, and frees the memories after the last.
    ///
    /// # Safety
    ///
    /// The owner was counted, and doesn't use the memories any more.
    unsafe fn give_up(&self);

    /// Forgets a slab that is about to be unmapped.
    fn leave(&self, slab: *mut SlabHeader);

    /// Grows the memory with this index of the program by so many bytes, to `limit` at most: its length before.
    fn grow(&self, index: u32, more: u64, limit: u64) -> Option<u64>;
}

/// An owner of a family. The family itself counts its owners, so that only programs that have one have code for its
/// end.
pub struct FamilyOwner(NonNull<dyn Family>);

// SAFETY: families are for several threads.
unsafe impl Send for FamilyOwner {}

impl FamilyOwner {
    /// The owner of a family, which has counted it already.
    ///
    /// # Safety
    ///
    /// The family lives until [`Family::give_up`].
    pub unsafe fn new(family: NonNull<dyn Family>) -> FamilyOwner {
        FamilyOwner(family)
    }

    /// The family that this value owns.
    pub fn family(&self) -> &dyn Family {
        // SAFETY: the promise of `new`.
        unsafe { self.0.as_ref() }
    }

    /// The address of the family, which is valid as long as there is an owner.
    pub fn address(&self) -> NonNull<dyn Family> {
        self.0
    }
}

impl Clone for FamilyOwner {
    fn clone(&self) -> FamilyOwner {
        self.family().keep();
        FamilyOwner(self.0)
    }
}

impl Drop for FamilyOwner {
    fn drop(&mut self) {
        // SAFETY: this owner was counted.
        unsafe { self.family().give_up() };
    }
}
