//! The guest's side of a call: its memory, where it is looked at and allocated.

use aot_abi::host::{CallOptions, NO_MEMORY, NO_REALLOC};
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;
use aot_foundation::entry;
use aot_foundation::instance_flags::{MAY_LEAVE, flags_of_instance};

use crate::state::{Given, HostState};

/// A guest that values go to or come from.
///
/// Its memory never moves or shrinks while the slab lives, so that a range stays in it once it was.
#[derive(Clone, Copy)]
pub struct Guest<'c> {
    slab: *mut SlabHeader,
    options: &'static CallOptions,
    state: Option<&'c dyn HostState>,
}

impl<'c> Guest<'c> {
    /// The guest of a call with these options. Only programs without resources have no state of the host.
    ///
    /// # Safety
    ///
    /// The slab is that of the instance that runs on this thread, and of the program that has the options. No Rust reference
    /// into its memories is held while values are lowered. The state is the slab's.
    pub unsafe fn new(
        slab: *mut SlabHeader,
        options: &'static CallOptions,
        state: Option<&'c dyn HostState>,
    ) -> Guest<'c> {
        Guest { slab, options, state }
    }

    /// The encoding of its strings.
    pub fn encoding(&self) -> u16 {
        self.options.string_encoding
    }

    /// The first byte of a range, if it lies in the memory now.
    pub fn range(&self, address: u64, bytes: u64) -> Option<*mut u8> {
        if self.options.memory == NO_MEMORY {
            return None;
        }
        let slab: *mut u8 = self.slab.cast();
        // SAFETY: the promise of `new`: both offsets are the compiler's, and lie in the slab.
        unsafe {
            let length = *slab.add(self.options.memory_bytes as usize).cast::<u64>();
            let is_within = address.checked_add(bytes).is_some_and(|end| end <= length);
            is_within.then(|| slab.add(self.options.memory as usize).wrapping_add(address as usize))
        }
    }

    /// Allocates with the guest's `realloc`: an aligned address, and the first byte of the range there, which lies in memory.
    pub fn allocate(&self, align: u32, bytes: u64) -> Result<(u32, *mut u8), Trap> {
        if self.options.realloc_entry == NO_REALLOC || bytes > u64::from(u32::MAX) {
            return Err(Trap::ReallocFailed);
        }
        let mut values = [[0, 0], [0, 0], [u64::from(align), 0], [bytes, 0]];
        // SAFETY: the promise of `new`; entry and vmctx are the compiler's; there is a slot for each parameter and the result.
        unsafe {
            // A component instance must not call imports while values are passed to it.
            let flags = flags_of_instance(self.slab, self.options.component_instance);
            *flags &= !MAY_LEAVE;
            entry::call_guest(self.slab, self.options.realloc_entry, self.options.realloc_vmctx, &mut values)?;
            *flags |= MAY_LEAVE;
        }
        let address = values[0][0] as u32;
        check_alignment(address, align)?;
        let start = self.range(address.into(), bytes).ok_or(Trap::ReallocFailed)?;
        Ok((address, start))
    }

    /// The component instance that values go to or come from.
    pub fn component_instance(&self) -> u32 {
        self.options.component_instance
    }

    /// Begins a call.
    pub fn begin_call(&self) -> Result<(), Trap> {
        // SAFETY: the promise of `new`; guest code doesn't run now.
        self.state.map_or(Ok(()), |state| unsafe { state.begin_call(self.slab) })
    }

    /// Ends a call.
    pub fn end_call(&self) -> Result<(), Trap> {
        // SAFETY: as above.
        self.state.map_or(Ok(()), |state| unsafe { state.end_call(self.slab) })
    }

    /// Gives a resource to the guest: its handle.
    pub fn give(&self, resource: Given) -> Result<u32, Trap> {
        let state = self.state.ok_or(Trap::Other)?;
        // SAFETY: as above.
        unsafe { state.give(self.slab, self.component_instance(), resource) }
    }

    /// Takes a resource from the guest: its representation.
    pub fn take(&self, number: u32, handle: u32) -> Result<u32, Trap> {
        let state = self.state.ok_or(Trap::Other)?;
        // SAFETY: as above.
        unsafe { state.take(self.slab, self.component_instance(), number, handle) }
    }

    /// Tells the host program more of a trap by a limit.
    pub fn explain(&self, message: &'static str) {
        // SAFETY: the promise of `new`; the header is open memory.
        unsafe {
            (*self.slab).trap_message = message.as_ptr().expose_provenance() as u64;
            (*self.slab).trap_message_bytes = message.len() as u32;
        }
    }
}

/// Refuses an address that is not a multiple of `align`, a power of two.
pub fn check_alignment(address: u32, align: u32) -> Result<(), Trap> {
    if address & (align - 1) == 0 { Ok(()) } else { Err(Trap::PointerUnaligned) }
}
