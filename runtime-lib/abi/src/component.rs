//! Functions of the runtime that components need between each other: resources, call scopes, and transcoding of
//! strings.
//!
//! All functions are `extern "C"`, take the slab and then 64-bit integers, and return [`crate::host::HostReturn`];
//! guest code calls them through trampolines, like host functions. Pointers into memories are addresses that the
//! adapter has checked. Resource types are numbered over the whole program: those of the host as `wasi` numbers them,
//! those of components from [`crate::wasi::RESOURCE_NUMBER_END`] on.

use crate::record::records;

/// A component builtin: its symbol, and the core results in its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Builtin {
    /// Symbol of the runtime's function.
    pub symbol: &'static str,
    /// Core results that the value holds.
    pub results: Results,
}

/// Core results in the value of a [`Builtin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Results {
    /// No result.
    None,
    /// One `i32`.
    One,
    /// Two `i32`: the first in the low half.
    Two,
}

macro_rules! builtins {
    ($($(#[$doc:meta])* $name:ident = $symbol:literal $results:ident;)*) => {
        $($(#[$doc])* pub const $name: Builtin = Builtin { symbol: $symbol, results: Results::$results };)*
    };
}

builtins! {
    /// `resource.new`. Takes slab, component instance, type, representation; returns a handle.
    RESOURCE_NEW = "aot_resource_new" One;
    /// `resource.rep`. Takes slab, component instance, type, handle; returns the representation.
    RESOURCE_REP = "aot_resource_rep" One;
    /// `resource.drop` of a type that a component defines. Takes slab, component instance, type, handle; returns 1 if
    /// the handle owned the resource, so that the destructor must run, and the representation.
    RESOURCE_DROP = "aot_resource_drop" Two;
    /// Moves an own handle to another instance. Takes slab, handle, resource table from, resource table to; returns the
    /// new handle.
    RESOURCE_TRANSFER_OWN = "aot_resource_transfer_own" One;
    /// Lends a resource to another instance for a call. Takes slab, handle, resource table from, resource table to;
    /// returns the new handle, or the representation if the other instance defines the resource.
    RESOURCE_TRANSFER_BORROW = "aot_resource_transfer_borrow" One;
    /// Begins a call between components, which owns all loans from here on. Takes the slab.
    ENTER_CALL = "aot_enter_call" None;
    /// Ends the innermost call between components. Takes the slab; traps if the callee kept a borrowed handle.
    EXIT_CALL = "aot_exit_call" None;
}

builtins! {
    /// Copies one-byte units, which must be UTF-8. Takes source, units, destination.
    TRANSCODE_COPY_UTF8 = "aot_transcode_copy_utf8" None;
    /// Copies two-byte units, which must be UTF-16. Takes source, units, destination.
    TRANSCODE_COPY_UTF16 = "aot_transcode_copy_utf16" None;
    /// Copies Latin-1. Takes source, units, destination.
    TRANSCODE_COPY_LATIN1 = "aot_transcode_copy_latin1" None;
    /// Converts Latin-1 to UTF-16. Takes source, units, destination.
    TRANSCODE_LATIN1_TO_UTF16 = "aot_transcode_latin1_to_utf16" None;
    /// Converts Latin-1 to UTF-8. Takes source, units, destination, its units, 1 on the first attempt; returns the
    /// units read and written.
    TRANSCODE_LATIN1_TO_UTF8 = "aot_transcode_latin1_to_utf8" Two;
    /// Converts UTF-16 to the compact encoding, if the text was UTF-16 before. Takes source, units, destination;
    /// returns the tagged length.
    TRANSCODE_UTF16_TO_COMPACT_PROBABLY_UTF16 = "aot_transcode_utf16_to_compact_probably_utf16" One;
    /// Converts the rest of UTF-16 to the compact encoding's UTF-16. Takes source, units, destination, its units, and
    /// the bytes of Latin-1 so far, which it widens; returns the units written.
    TRANSCODE_UTF16_TO_COMPACT_UTF16 = "aot_transcode_utf16_to_compact_utf16" One;
    /// Converts UTF-16 to Latin-1 up to the first character outside it. Takes source, units, destination; returns the
    /// units read and written.
    TRANSCODE_UTF16_TO_LATIN1 = "aot_transcode_utf16_to_latin1" Two;
    /// Converts UTF-16 to UTF-8. Takes source, units, destination, its units, 1 on the first attempt; returns the units
    /// read and written.
    TRANSCODE_UTF16_TO_UTF8 = "aot_transcode_utf16_to_utf8" Two;
    /// Converts the rest of UTF-8 to the compact encoding's UTF-16, with the parameters and result of
    /// [`TRANSCODE_UTF16_TO_COMPACT_UTF16`].
    TRANSCODE_UTF8_TO_COMPACT_UTF16 = "aot_transcode_utf8_to_compact_utf16" One;
    /// Converts UTF-8 to Latin-1 up to the first character outside it. Takes source, units, destination; returns the
    /// units read and written.
    TRANSCODE_UTF8_TO_LATIN1 = "aot_transcode_utf8_to_latin1" Two;
    /// Converts UTF-8 to UTF-16. Takes source, units, destination, which has room for as many units; returns the units
    /// written.
    TRANSCODE_UTF8_TO_UTF16 = "aot_transcode_utf8_to_utf16" One;
}

records! {
    /// A resource table of the canonical ABI, as transfers name it: a resource type in one component instance. Rows are
    /// at [`crate::symbols::RESOURCE_TABLES`].
    pub struct ResourceTable: 12 {
        /// Component instance that owns the handles.
        component_instance: u32,
        /// Number of the resource type.
        number: u32,
        /// Component instance that defines the type, or [`OF_THE_HOST`].
        home: u32,
    }
}

/// Value of [`ResourceTable::home`] for a type of the host.
pub const OF_THE_HOST: u32 = u32::MAX;

/// Flag of a component instance: it may call imports. Set at start.
pub const FLAG_MAY_LEAVE: u32 = 1;
