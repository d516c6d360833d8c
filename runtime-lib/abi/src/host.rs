//! Calling convention between compiled code and host functions.
//!
//! A host function is an `extern "C"` symbol `fn(slab: *mut SlabHeader, options: *const CallOptions, p0, p1, …) ->
//! HostReturn`, where `p0…` are the flattened core parameters of the canonical ABI's `lower` (i32, i64, f32, f64).
//! Symbols are `wasi_snapshot_preview1#fd_write` and, for components, `wasi:io/streams@0.2#[method]input-stream.read`:
//! package, interface, the digits of the version that semver compares, `#`, and the function's name in the interface.
//! The drop of a resource is the function `[resource-drop]NAME` with the handle as its parameter.
//!
//! Compiled code calls a host function only through a trampoline, which checks the stack, records its frame in
//! [`crate::slab::SlabHeader::exit_frame`], and raises the trap that the function returned.

use crate::record::records;

/// Return value of a host function or a trapping libcall: two registers on every target.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostReturn {
    /// Code of a [`crate::trap::Trap`], or 0 if the function returned normally.
    pub trap: u64,
    /// Bits of the core result, if there is one.
    pub value: u64,
}

records! {
    /// Canonical options of a lowered import: its caller's memory, and the function that allocates in it. Read-only
    /// data without relocations.
    pub struct CallOptions: 32 {
        /// Slab offset of byte 0 of the memory, or [`NO_MEMORY`].
        memory: u64,
        /// Slab offset that `vmctx` of `realloc` points to.
        realloc_vmctx: u64,
        /// Slab offset of the memory's current length.
        memory_bytes: u32,
        /// Text offset of the entry trampoline of `realloc`, or [`NO_REALLOC`].
        realloc_entry: u32,
        /// Component instance whose handle table holds the handles; 0 for core modules.
        component_instance: u32,
        /// [`STRING_UTF8`], [`STRING_UTF16`] or [`STRING_LATIN1_UTF16`].
        string_encoding: u16,
        /// Number of the caller among the components with grants of their own ([`crate::policy::TAG_COMPONENT`]); 0 for all
        /// others.
        grantee: u16,
    }
}

/// [`CallOptions::memory`] of a function without a memory.
pub const NO_MEMORY: u64 = u64::MAX;
/// [`CallOptions::realloc_entry`] of a function without `realloc`.
pub const NO_REALLOC: u32 = u32::MAX;
/// [`CallOptions::string_encoding`]: UTF-8.
pub const STRING_UTF8: u16 = 0;
/// [`CallOptions::string_encoding`]: UTF-16.
pub const STRING_UTF16: u16 = 1;
/// [`CallOptions::string_encoding`]: `latin1+utf16`.
pub const STRING_LATIN1_UTF16: u16 = 2;

const _: () = assert!(size_of::<HostReturn>() == 16);

// The runtime enters guest code through an entry trampoline, `extern "C" fn(vmctx: u64, values: *mut [u64; 2])`: it
// reads the parameters from slots of 16 bytes each, calls the function, and writes the results to the same slots.
/// Bytes of an entry trampoline's value slot.
pub const VALUE_SLOT_BYTES: u32 = 16;
