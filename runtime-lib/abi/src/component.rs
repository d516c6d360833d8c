//! Functions of the runtime that components need between each other: resources, call scopes, and transcoding of
//! strings.
//!
//! All functions are `extern "C"`, take the slab and then 64-bit integers, and return [`crate::host::HostReturn`];
//! guest code calls them through trampolines, like host functions. Pointers into memories are addresses that the
//! adapter has checked. Resource types are numbered over the whole program: those of the host as `wasi` numbers them,
//! those of components from [`crate::wasi::RESOURCE_NUMBER_END`] on.

use crate::record::records;
use crate::wasi::RESOURCE_NUMBER_END;

/// A component builtin: its symbol, and the core results in its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Builtin {
    /// Symbol of the runtime's function.
    pub symbol: &'static str,
    /// The parameters behind the slab, in order.
    pub params: &'static [Param],
    /// The meaning of the value.
    pub results: Results,
}

/// The origin of a parameter of a [`Builtin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Param {
    /// The next constant of the trampoline.
    Constant,
    /// The next parameter of the caller.
    Value,
    /// The next parameter of the caller, a pointer into the next memory of the trampoline: its address.
    Pointer,
    /// The next function of the trampoline: its reference, or 0 if there is none.
    Reference,
    /// The canonical options of the trampoline: the address of [`crate::host::CallOptions`].
    Options,
    /// All further parameters of the caller, in slots of [`crate::host::VALUE_SLOT_BYTES`]: their address, and then their
    /// number.
    Rest,
}

/// The core results in the value of a [`Builtin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Results {
    /// No result: the function returns nothing.
    None,
    /// One result of type `i32`.
    One,
    /// Two `i32`: the first in the low half.
    Two,
    /// The bits of the result, if the trampoline has one, of whatever number type.
    Bits,
    /// No result. If the low half of the returned value isn't 0, the trampoline calls the resource's destructor with
    /// the high half.
    Destroy,
}

macro_rules! builtins {
    ($($(#[$doc:meta])* $name:ident = $symbol:literal($($param:ident),*) $results:ident;)*) => {
        $($(#[$doc])* pub const $name: $crate::component::Builtin = $crate::component::Builtin {
            symbol: $symbol,
            params: &[$($crate::component::Param::$param),*],
            results: $crate::component::Results::$results,
        };)*
    };
}
pub(crate) use builtins;

builtins! {
    /// `resource.new`: component instance, type, representation. A handle.
    RESOURCE_NEW = "aot_resource_new"(Constant, Constant, Value) One;
    /// `resource.rep`: component instance, type, handle. The representation.
    RESOURCE_REP = "aot_resource_rep"(Constant, Constant, Value) One;
    /// `resource.drop` of a type that a component defines: component instance, type, handle. Whether the handle owned the
    /// resource, so that its destructor has to run, and the representation.
    RESOURCE_DROP = "aot_resource_drop"(Constant, Constant, Value) Destroy;
    /// An own handle goes to another instance: handle, resource table from, resource table to. The new handle.
    RESOURCE_TRANSFER_OWN = "aot_resource_transfer_own"(Value, Value, Value) One;
    /// A resource is lent to another instance for a call: handle, resource table from, resource table to. The new handle,
    /// or the representation if the other instance defines the resource.
    RESOURCE_TRANSFER_BORROW = "aot_resource_transfer_borrow"(Value, Value, Value) One;
    /// A call between components begins: the calling component instance, whether the callee is asynchronous, the called
    /// component instance. What is lent from here on belongs to the call.
    ENTER_CALL = "aot_enter_call"(Value, Value, Value) None;
    /// Ends the innermost call. A trap if the callee kept what was lent to it.
    EXIT_CALL = "aot_exit_call"() None;
}

builtins! {
    /// Copies units of one byte: source, units, destination. The bytes have to be UTF-8.
    TRANSCODE_COPY_UTF8 = "aot_transcode_copy_utf8"(Pointer, Value, Pointer) None;
    /// Copies units of two bytes, which have to be UTF-16.
    TRANSCODE_COPY_UTF16 = "aot_transcode_copy_utf16"(Pointer, Value, Pointer) None;
    /// Copies a string of Latin-1 unchanged.
    TRANSCODE_COPY_LATIN1 = "aot_transcode_copy_latin1"(Pointer, Value, Pointer) None;
    /// Latin-1 to UTF-16: source, units, destination.
    TRANSCODE_LATIN1_TO_UTF16 = "aot_transcode_latin1_to_utf16"(Pointer, Value, Pointer) None;
    /// Latin-1 to UTF-8: source, units, destination, its units, whether it is the first attempt. Units read and written.
    TRANSCODE_LATIN1_TO_UTF8 = "aot_transcode_latin1_to_utf8"(Pointer, Value, Pointer, Value, Value) Two;
    /// UTF-16 to the compact encoding, from text that was UTF-16 already: source, units, destination. Its tagged length.
    TRANSCODE_UTF16_TO_COMPACT_PROBABLY_UTF16 = "aot_transcode_utf16_to_compact_probably_utf16"(Pointer, Value, Pointer) One;
    /// The rest of UTF-16 to the compact encoding's UTF-16: source, units, destination, its units, bytes of Latin-1 so
    /// far, which are widened. Units written.
    TRANSCODE_UTF16_TO_COMPACT_UTF16 = "aot_transcode_utf16_to_compact_utf16"(Pointer, Value, Pointer, Value, Value) One;
    /// UTF-16 to Latin-1 as far as it goes: source, units, destination. Units read and written.
    TRANSCODE_UTF16_TO_LATIN1 = "aot_transcode_utf16_to_latin1"(Pointer, Value, Pointer) Two;
    /// UTF-16 to UTF-8: source, units, destination, its units, whether it is the first attempt. Units read and written.
    TRANSCODE_UTF16_TO_UTF8 = "aot_transcode_utf16_to_utf8"(Pointer, Value, Pointer, Value, Value) Two;
    /// The rest of UTF-8 to the compact encoding's UTF-16, as from UTF-16.
    TRANSCODE_UTF8_TO_COMPACT_UTF16 = "aot_transcode_utf8_to_compact_utf16"(Pointer, Value, Pointer, Value, Value) One;
    /// UTF-8 to Latin-1 as far as it goes: source, units, destination. Units read and written.
    TRANSCODE_UTF8_TO_LATIN1 = "aot_transcode_utf8_to_latin1"(Pointer, Value, Pointer) Two;
    /// UTF-8 to UTF-16: source, units, destination, which has room for as many. Units written.
    TRANSCODE_UTF8_TO_UTF16 = "aot_transcode_utf8_to_utf16"(Pointer, Value, Pointer) One;
}

/// The number of a resource type that a component defines, by its index among all that components define.
pub const fn defined_resource(index: u32) -> u32 {
    RESOURCE_NUMBER_END + index
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
/// Flag of a component instance that stands for a part of the program, with all instances within it: the part has been entered,
/// and starts up or has done so. Other code keeps the bit as it is.
pub const FLAG_ENTERED: u32 = 1 << 16;
