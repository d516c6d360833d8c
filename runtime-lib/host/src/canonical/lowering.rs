//! Passing values to a guest: its memory is looked up anew after everything that can run it.

use core::ptr;

use aot_abi::host::{CallOptions, NO_MEMORY, NO_REALLOC, STRING_UTF8};
use aot_abi::slab::SlabHeader;
use aot_abi::trap::Trap;

use crate::access::host_of_slab;
use crate::canonical::memory::{Memory, check_alignment};
use crate::host::Host;
#[cfg(not(any(test, feature = "testing")))]
use aot_foundation::entry;
#[cfg(not(any(test, feature = "testing")))]
use aot_foundation::instance_flags::{MAY_LEAVE, flags_of_instance};

/// The caller that results go to.
pub struct Lowering<'a> {
    memory: Memory<'a>,
    slab: *mut SlabHeader,
    options: &'a CallOptions,
    /// The address at which a test's `realloc` allocates next.
    #[cfg(any(test, feature = "testing"))]
    test_next: u64,
}

/// Options of a caller that gets nothing but plain values.
const PLAIN: &CallOptions = &CallOptions {
    memory: NO_MEMORY,
    realloc_vmctx: 0,
    memory_bytes: 0,
    realloc_entry: NO_REALLOC,
    component_instance: 0,
    string_encoding: STRING_UTF8,
    grantee: 0,
};

impl<'a> Lowering<'a> {
    /// Results for the caller with these options.
    ///
    /// # Safety
    ///
    /// `slab` is the slab whose guest called the host on this thread; its host state is set, and nothing borrows it or
    /// the memory while this value is used.
    pub unsafe fn new(slab: *mut SlabHeader, options: &'a CallOptions) -> Lowering<'a> {
        // SAFETY: the caller's promise; the guest runs only inside `allocate`.
        let memory = unsafe { Memory::of_call(slab, options) };
        Lowering {
            memory,
            slab,
            options,
            #[cfg(any(test, feature = "testing"))]
            test_next: 0,
        }
    }

    /// Values without lists, strings and resources, for this memory.
    pub fn plain(memory: Memory<'a>) -> Lowering<'a> {
        Lowering {
            memory,
            slab: ptr::null_mut(),
            options: PLAIN,
            #[cfg(any(test, feature = "testing"))]
            test_next: 0,
        }
    }

    /// A caller whose `realloc` takes what lies behind `next`.
    #[cfg(any(test, feature = "testing"))]
    pub fn test(memory: Memory<'a>, options: &'a CallOptions, next: u64) -> Lowering<'a> {
        Lowering { memory, slab: ptr::null_mut(), options, test_next: next }
    }

    /// The caller's memory as it is now.
    pub fn memory(&self) -> Memory<'_> {
        self.memory
    }

    /// The caller's encoding of strings.
    pub fn encoding(&self) -> u16 {
        self.options.string_encoding
    }

    fn host(&mut self) -> &mut Host {
        // SAFETY: the promise of `new`; plain values don't come here.
        unsafe { host_of_slab(self.slab) }
    }

    /// Allocates in the caller's memory with its `realloc`. The address is aligned, and the range lies in memory.
    pub fn allocate(&mut self, alignment: u32, bytes: u64) -> Result<u64, Trap> {
        if self.options.realloc_entry == NO_REALLOC || bytes > u64::from(u32::MAX) {
            return Err(Trap::ReallocFailed);
        }
        let address = self.call_realloc(alignment, bytes)?;
        check_alignment(address, alignment)?;
        self.memory.range(address, bytes).map_err(|_| Trap::ReallocFailed)?;
        Ok(address)
    }

    #[cfg(not(any(test, feature = "testing")))]
    fn call_realloc(&mut self, alignment: u32, bytes: u64) -> Result<u64, Trap> {
        let mut values = [[0, 0], [0, 0], [u64::from(alignment), 0], [bytes, 0]];
        // SAFETY: the promise of `new`; entry and vmctx are the compiler's; there is a slot for each of the four
        // parameters and the result. `&mut self` keeps all views of the memory away, and it is looked up again.
        unsafe {
            // A component instance must not call imports while values are passed to it.
            let flags = flags_of_instance(self.slab, self.options.component_instance);
            *flags &= !MAY_LEAVE;
            entry::call_guest(self.slab, self.options.realloc_entry, self.options.realloc_vmctx, &mut values)?;
            *flags |= MAY_LEAVE;
            self.memory = Memory::of_call(self.slab, self.options);
        }
        Ok(u64::from(values[0][0] as u32))
    }

    /// Tests have no guest.
    #[cfg(any(test, feature = "testing"))]
    fn call_realloc(&mut self, alignment: u32, bytes: u64) -> Result<u64, Trap> {
        let address = self.test_next.next_multiple_of(alignment.into());
        self.test_next = address + bytes;
        Ok(address)
    }

    /// Gives the caller a handle for a resource that it owns from now on.
    pub fn add_handle(&mut self, number: u32, representation: u32) -> Result<u32, Trap> {
        let instance = self.options.component_instance;
        let host = self.host();
        match host.handles(instance)?.add(number, representation) {
            Some(handle) => Ok(handle),
            None => Err(host.limit_exceeded("handles of a component instance")),
        }
    }

    /// Gives the component instance the readable end of a stream or future: its handle.
    pub fn give_end(&mut self, end: u32) -> Result<u32, Trap> {
        let instance = self.options.component_instance;
        let host = self.host();
        let functions = host.concurrency_functions.ok_or(Trap::Other)?;
        (functions.give_end)(host, instance, end)
    }

    /// The component instance that the values go to.
    pub fn component_instance(&self) -> u32 {
        self.options.component_instance
    }

    /// Gives the callee a handle for a resource that it has until the innermost call ends.
    pub fn add_borrow(&mut self, number: u32, representation: u32) -> Result<u32, Trap> {
        let instance = self.options.component_instance;
        let host = self.host();
        let call = host.calls.borrowed();
        match host.handles(instance)?.add_borrow(number, representation, call) {
            Some(handle) => Ok(handle),
            None => Err(host.limit_exceeded("handles of a component instance")),
        }
    }

    /// Takes back a buffer that was lowered.
    pub fn recycle(&mut self, buffer: Vec<u8>) {
        self.host().recycle(buffer);
    }
}
