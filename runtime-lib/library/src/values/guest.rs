//! The guest's side of a call: its memory, where it is looked at and allocated.

use aot_abi::host::{CallOptions, NO_MEMORY, NO_REALLOC};
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;
use aot_foundation::entry;
use aot_foundation::instance_flags::{MAY_LEAVE, flags_of_instance};

use crate::resources::{OfHost, Resources};
use crate::state::{Given, HostState};

/// The host's side of an instance.
#[derive(Clone, Copy)]
pub struct Host<'c> {
    /// The state, if the program has one.
    pub state: Option<&'c dyn HostState>,
    /// The resources of the host program that the guest has.
    pub resources: *mut Resources,
}

/// A guest that values go to or come from.
///
/// Its memory never moves or shrinks while the slab lives, so that a range stays in it once it was.
#[derive(Clone, Copy)]
pub struct Guest<'c> {
    slab: *mut SlabHeader,
    options: &'static CallOptions,
    host: Host<'c>,
}

impl<'c> Guest<'c> {
    /// The guest of a call with these options. Only programs without resources have no state of the host.
    ///
    /// # Safety
    ///
    /// The slab is that of the instance that runs on this thread, and of the program that has the options. No Rust reference
    /// into its memories is held while values are lowered. The host's side is that of the instance.
    pub unsafe fn new(slab: *mut SlabHeader, options: &'static CallOptions, host: Host<'c>) -> Guest<'c> {
        Guest { slab, options, host }
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
        self.host.state.map_or(Ok(()), |state| unsafe { state.begin_call(self.slab) })
    }

    /// Ends a call.
    pub fn end_call(&self) -> Result<(), Trap> {
        // SAFETY: as above.
        self.host.state.map_or(Ok(()), |state| unsafe { state.end_call(self.slab) })
    }

    /// Gives a resource to the guest: its handle.
    pub fn give(&self, resource: Given) -> Result<u32, Trap> {
        let state = self.host.state.ok_or(Trap::Other)?;
        // SAFETY: as above.
        unsafe { state.give(self.slab, self.component_instance(), resource) }
    }

    /// Gives a resource of the host program to the guest, which owns it or has it until the call ends: its handle.
    pub fn give_of_host(&self, resource: OfHost, is_own: bool) -> Result<u32, Trap> {
        let number = resource.number;
        let representation = self.resources().add(resource, is_own);
        let Some(representation) = representation else {
            self.explain("memory for handles");
            return Err(Trap::LimitExceeded);
        };
        self.give(Given { number, representation, is_own })
    }

    /// Takes a resource of the host program from the guest: its value.
    pub fn take_of_host(&self, number: u32, handle: u32) -> Result<u64, Trap> {
        let representation = self.take(number, handle)?;
        self.resources().give(representation).ok_or(Trap::UnknownHandle)
    }

    /// The value of a resource of the host program that the guest lends.
    pub fn value_of_host(&self, number: u32, handle: u32) -> Result<u64, Trap> {
        let state = self.host.state.ok_or(Trap::Other)?;
        // SAFETY: as above.
        let representation = unsafe { state.get(self.slab, self.component_instance(), number, handle) }?;
        self.resources().value(representation).ok_or(Trap::UnknownHandle)
    }

    /// Drops a handle of a resource of the host program: the value, if the guest owned the resource.
    pub fn drop_of_host(&self, number: u32, handle: u32) -> Result<Option<OfHost>, Trap> {
        let state = self.host.state.ok_or(Trap::Other)?;
        // SAFETY: as above.
        let representation = unsafe { state.drop(self.slab, self.component_instance(), number, handle) }?;
        Ok(representation.and_then(|representation| self.resources().remove(representation)))
    }

    /// The resources of the host program, for a moment.
    #[allow(clippy::mut_from_ref, reason = "nobody keeps it")]
    pub fn resources(&self) -> &mut Resources {
        // SAFETY: the promise of `new`: only the call that runs in the instance uses them, one function after the other.
        unsafe { &mut *self.host.resources }
    }

    /// Refuses a call of an import by a component instance that must not make one now.
    pub fn check_may_leave(&self) -> Result<(), Trap> {
        // SAFETY: the promise of `new`; components have flags.
        let flags = unsafe { *flags_of_instance(self.slab, self.options.component_instance) };
        if flags & MAY_LEAVE == 0 { Err(Trap::CannotLeaveComponent) } else { Ok(()) }
    }

    /// Takes a resource from the guest: its representation.
    pub fn take(&self, number: u32, handle: u32) -> Result<u32, Trap> {
        let state = self.host.state.ok_or(Trap::Other)?;
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
