//! The walk along the frame pointers of the guest's stack.
//!
//! Every guest function and trampoline keeps a frame pointer to two words, the caller's frame pointer and the return
//! address, on all three instruction sets. The chain of an entry ends with 0; the frames of the host function around
//! it are skipped by going on at the frame of the trampoline through which the guest was left. The walk happens when
//! the trap does, in the signal handler, and never trusts a frame that isn't on the stack.

use aot_abi::trap::Trap;

use crate::backtrace::Backtrace;
use crate::records::{EntryRecord, state};
use crate::stack::StackBounds;

/// The begin of a walk.
pub struct Origin {
    /// The address of the instruction, or a return address.
    pub pc: u64,
    /// True if `pc` is the instruction itself.
    pub exact: bool,
    /// The frame pointer at the origin.
    pub frame: u64,
}

/// Takes the backtrace of a trap in the entry `innermost`.
///
/// # Safety
///
/// `innermost` is an entry that hasn't returned, in a slab whose stack is mapped.
pub unsafe fn capture(backtrace: &mut Backtrace, trap: Trap, origin: Origin, innermost: *const EntryRecord) {
    *backtrace = Backtrace::begin(trap, origin.pc, origin.exact);
    // SAFETY: the caller's promise.
    let mut walk = unsafe { Walk::new(origin.frame, innermost, (*state((*innermost).slab)).stack) };
    // SAFETY: as above.
    while let Some(pc) = unsafe { walk.next_return_address() } {
        backtrace.add(pc, false);
    }
}

/// A place in the chain of frames.
pub struct Walk {
    frame: u64,
    lowest: u64,
    bounds: StackBounds,
    entry: *const EntryRecord,
}

impl Walk {
    /// Begins at a frame of an entry, on a stack with these bounds.
    ///
    /// # Safety
    ///
    /// As for [`capture`].
    pub unsafe fn new(frame: u64, entry: *const EntryRecord, bounds: StackBounds) -> Walk {
        Walk { frame, lowest: 0, bounds, entry }
    }

    /// The return address of the frame at hand; that of the function that it returns to is at hand then.
    ///
    /// # Safety
    ///
    /// As for [`capture`].
    pub unsafe fn next_return_address(&mut self) -> Option<u64> {
        if self.frame == 0 {
            // SAFETY: the caller's promise.
            unsafe { self.cross_entry()? };
        }
        // Frames further out lie at higher addresses: the walk ends, whatever the memory contains.
        if !self.bounds.contains_frame(self.frame) || self.frame <= self.lowest {
            return None;
        }
        self.lowest = self.frame;
        let frame: *const [u64; 2] = core::ptr::with_exposed_provenance(self.frame as usize);
        // SAFETY: both words lie in the accessible part of the guest's stack.
        let [outer, return_address] = unsafe { frame.read() };
        self.frame = outer;
        Some(return_address)
    }

    /// The frame pointer of the frame at hand.
    pub fn frame(&self) -> u64 {
        self.frame
    }

    /// Goes on beyond the entry, where the guest was left for the host function that entered it again.
    ///
    /// # Safety
    ///
    /// As for [`capture`].
    unsafe fn cross_entry(&mut self) -> Option<()> {
        // SAFETY: the caller's promise; the records around an entry that hasn't returned are alive.
        unsafe {
            let outer = (*self.entry).outer_of_slab;
            if outer.is_null() {
                return None;
            }
            self.frame = (*self.entry).exit_frame;
            self.entry = outer;
        }
        Some(())
    }
}
