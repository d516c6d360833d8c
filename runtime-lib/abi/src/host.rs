//! How compiled code calls host functions.
//!
//! A host function is an `extern "C"` symbol
//! `fn(slab: *mut SlabHeader, options: *const CallOptions, p0, p1, …) -> HostReturn`, where `p0…` are the flattened
//! core parameters of the canonical ABI's `lower` (i32, i64, f32, f64). Symbols are
//! `wasi_snapshot_preview1#fd_write` and, for components, `wasi:io/streams@0.2#[method]input-stream.read`: package,
//! interface, the part of the version that semver compares, `#`, and the function's name in the interface. The drop of
//! a resource is the function `[resource-drop]NAME` with the handle as its parameter.
//!
//! Compiled code never calls it directly but through a trampoline, which checks the stack, notes its frame in
//! [`crate::slab::SlabHeader::exit_frame`], and raises the trap that the function returned.

use crate::record::records;

/// What a host function or a trapping libcall returns: in two registers on every target.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostReturn {
    /// A code of [`crate::trap::Trap`]; 0 where the function returned.
    pub trap: u64,
    /// The bits of the core result, where there is one.
    pub value: u64,
}

records! {
    /// The canonical options of a lowered import: where its caller keeps memory and how to allocate in it. Read-only data
    /// without relocations.
    pub struct CallOptions: 32 {
        /// Slab offset of byte 0 of the memory; [`NO_MEMORY`] where the import has none.
        memory: u64,
        /// `vmctx` of `realloc`, as a slab offset.
        realloc_vmctx: u64,
        /// Slab offset of the memory's current length.
        memory_bytes: u32,
        /// Text offset of the entry trampoline of `realloc`; [`NO_REALLOC`] for none.
        realloc_entry: u32,
        /// The component instance whose handle table the handles are in; 0 for core modules.
        component_instance: u32,
        /// [`STRING_UTF8`], [`STRING_UTF16`] or [`STRING_LATIN1_UTF16`].
        string_encoding: u32,
    }
}

/// [`CallOptions::memory`]: none.
pub const NO_MEMORY: u64 = u64::MAX;
/// [`CallOptions::realloc_entry`]: none.
pub const NO_REALLOC: u32 = u32::MAX;
/// [`CallOptions::string_encoding`].
pub const STRING_UTF8: u32 = 0;
/// [`CallOptions::string_encoding`].
pub const STRING_UTF16: u32 = 1;
/// [`CallOptions::string_encoding`]: `latin1+utf16`.
pub const STRING_LATIN1_UTF16: u32 = 2;

const _: () = assert!(size_of::<HostReturn>() == 16);

// The runtime enters guest code through an entry trampoline, `extern "C" fn(vmctx: u64, values: *mut [u64; 2])`: it
// reads the parameters from slots of 16 bytes each, calls the function, and writes the results to the same slots.
/// Bytes of a slot.
pub const VALUE_SLOT_BYTES: u32 = 16;
