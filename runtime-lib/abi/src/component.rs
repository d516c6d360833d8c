//! What the component model needs of the runtime between components: resources, call scopes, and strings that change
//! their encoding.
//!
//! All functions are `extern "C"`, take the slab and then 64-bit integers, and return [`crate::host::HostReturn`]; they are
//! called through trampolines like host functions. Pointers into memories are addresses that the adapter has checked. Types of resources are numbered over the whole program: those of the host as `wasi` numbers them, those
//! that components define from [`crate::wasi::RESOURCE_NUMBER_END`] on.

use crate::record::records;

/// A function of the runtime: its symbol, and how its value becomes core results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Builtin {
    /// The symbol.
    pub symbol: &'static str,
    /// What its value holds.
    pub results: Results,
}

/// The core results in the value of a [`Builtin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Results {
    /// None.
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
    /// `resource.new`: slab, component instance, type, representation. A handle.
    RESOURCE_NEW = "aot_resource_new" One;
    /// `resource.rep`: slab, component instance, type, handle. The representation.
    RESOURCE_REP = "aot_resource_rep" One;
    /// `resource.drop` of a type that a component defines: slab, component instance, type, handle. Whether the handle
    /// owned the resource, so that its destructor has to run, and the representation.
    RESOURCE_DROP = "aot_resource_drop" Two;
    /// An own handle goes to another instance: slab, handle, resource table from, resource table to. The new handle.
    RESOURCE_TRANSFER_OWN = "aot_resource_transfer_own" One;
    /// A resource is lent to another instance for a call: slab, handle, resource table from, resource table to. The new
    /// handle, or the representation where the other instance defines the resource.
    RESOURCE_TRANSFER_BORROW = "aot_resource_transfer_borrow" One;
    /// A call between components begins: slab. What is lent from here on belongs to it.
    ENTER_CALL = "aot_enter_call" None;
    /// The innermost call ends: slab. A trap where the callee kept what was lent to it.
    EXIT_CALL = "aot_exit_call" None;
}

builtins! {
    /// Copies units of one byte: source, units, destination. The bytes have to be UTF-8.
    TRANSCODE_COPY_UTF8 = "aot_transcode_copy_utf8" None;
    /// Copies units of two bytes, which have to be UTF-16.
    TRANSCODE_COPY_UTF16 = "aot_transcode_copy_utf16" None;
    /// Copies Latin-1.
    TRANSCODE_COPY_LATIN1 = "aot_transcode_copy_latin1" None;
    /// Latin-1 to UTF-16: source, units, destination.
    TRANSCODE_LATIN1_TO_UTF16 = "aot_transcode_latin1_to_utf16" None;
    /// Latin-1 to UTF-8: source, units, destination, its units, whether it is the first attempt. Units read and written.
    TRANSCODE_LATIN1_TO_UTF8 = "aot_transcode_latin1_to_utf8" Two;
    /// UTF-16 to the compact encoding, from text that was UTF-16 already: source, units, destination. Its tagged length.
    TRANSCODE_UTF16_TO_COMPACT_PROBABLY_UTF16 = "aot_transcode_utf16_to_compact_probably_utf16" One;
    /// The rest of UTF-16 to the compact encoding's UTF-16: source, units, destination, its units, bytes of Latin-1 so
    /// far, which are widened. Units written.
    TRANSCODE_UTF16_TO_COMPACT_UTF16 = "aot_transcode_utf16_to_compact_utf16" One;
    /// UTF-16 to Latin-1 as far as it goes: source, units, destination. Units read and written.
    TRANSCODE_UTF16_TO_LATIN1 = "aot_transcode_utf16_to_latin1" Two;
    /// UTF-16 to UTF-8: source, units, destination, its units, whether it is the first attempt. Units read and written.
    TRANSCODE_UTF16_TO_UTF8 = "aot_transcode_utf16_to_utf8" Two;
    /// The rest of UTF-8 to the compact encoding's UTF-16, as from UTF-16.
    TRANSCODE_UTF8_TO_COMPACT_UTF16 = "aot_transcode_utf8_to_compact_utf16" One;
    /// UTF-8 to Latin-1 as far as it goes: source, units, destination. Units read and written.
    TRANSCODE_UTF8_TO_LATIN1 = "aot_transcode_utf8_to_latin1" Two;
    /// UTF-8 to UTF-16: source, units, destination, which has room for as many. Units written.
    TRANSCODE_UTF8_TO_UTF16 = "aot_transcode_utf8_to_utf16" One;
}

records! {
    /// A resource table as transfers name it: a type in the hands of a component instance. At
    /// [`crate::symbols::RESOURCE_TABLES`].
    pub struct ResourceTable: 12 {
        /// The component instance whose handles are meant.
        component_instance: u32,
        /// The type's number.
        number: u32,
        /// The component instance that defines the type; [`OF_THE_HOST`].
        home: u32,
    }
}

/// [`ResourceTable::home`]: the host.
pub const OF_THE_HOST: u32 = u32::MAX;

/// A flag of a component instance: it may call out. Set at start.
pub const FLAG_MAY_LEAVE: u32 = 1;
