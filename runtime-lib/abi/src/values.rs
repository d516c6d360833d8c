//! The functions of a library and their types, by which the runtime passes values between C and a guest.
//!
//! A *type* is its number in the list, which is greater than the numbers of the types that it refers to. It has the layouts
//! of both sides: in a guest's memory (canonical ABI), and in C, the *host*. The fields of a record, the cases of a variant and
//! the parameters of a function are adjacent in the list of members.

use crate::host::CallOptions;
use crate::program::Entry;
use crate::record::records;

records! {
    /// The head of the tables, at [`crate::symbols::VALUES`].
    pub struct Values: 56 {
        /// Number of entries at [`crate::symbols::VALUE_TYPES`].
        types: u32,
        /// Number of entries at [`crate::symbols::VALUE_MEMBERS`].
        members: u32,
        /// Number of entries at [`crate::symbols::VALUE_FUNCTIONS`].
        functions: u32,
        /// Number of entries at [`crate::symbols::VALUE_RESOURCES`].
        resources: u32,
        /// Number of entries at [`crate::symbols::VALUE_IMPORTS`].
        imports: u32,
        /// 1 if results of imports are the library's to free, else 0.
        owns_results: u32,
        /// Maximum bytes that the result of one call may have on the host's side.
        result_bytes_max: u64,
        /// Maximum handles that the host has of one instance.
        handles_max: u64,
        /// Maximum microseconds that a call may take; [`crate::limits::UNLIMITED`] for no limit.
        time_max: u64,
        /// Maximum microseconds of the processor's time that a call may use; [`crate::limits::UNLIMITED`] for no limit.
        cpu_time_max: u64,
    }

    /// A type of values.
    pub struct Type: 48 {
        /// One of [`crate::exports`]'s `TYPE_…`; of records, tuples too have `TYPE_RECORD`, and of variants, all
        /// that have cases have `TYPE_VARIANT`.
        kind: u32,
        /// `SAME_…`, [`OWNS`] and [`CHECKED`].
        flags: u32,
        /// Index in the list of members of the first field, case or element.
        first: u32,
        /// Number of these members; of flags, the number of bits.
        count: u32,
        /// Bytes in a guest's memory.
        guest_bytes: u32,
        /// Alignment in a guest's memory.
        guest_align: u32,
        /// Bytes in the host's memory.
        host_bytes: u32,
        /// Alignment in the host's memory.
        host_align: u32,
        /// Number of core values that the type flattens to, as far as they can be counted.
        flat: u32,
        /// Number of a handle's resource type, as in [`crate::component::ResourceTable::number`].
        number: u32,
        /// Definer of a handle's resource type, as in [`crate::component::ResourceTable::home`].
        home: u32,
        /// Padding, always 0.
        unused: u32,
    }

    /// A resource type that the component exports, or imports from the host program.
    pub struct Resource: 24 {
        /// Number of the resource type, as in [`crate::component::ResourceTable::number`].
        number: u32,
        /// 1 for a resource type of the host program, else 0.
        is_imported: u32,
        /// Destructor; it takes the representation.
        destructor: Entry,
    }

    /// A field, a case, an element or a parameter.
    pub struct Member: 16 {
        /// Number of the member's type, or [`crate::exports::NO_TYPE`].
        ty: u32,
        /// Offset of the member in a guest's memory; of a parameter, among the parameters.
        guest_offset: u32,
        /// Offset of the member in the host's memory; of a parameter, 0.
        host_offset: u32,
        /// One of `FORM_…` for a parameter, otherwise 0.
        form: u32,
    }

    /// An exported function.
    pub struct Function: 96 {
        /// Core function that the export lifts.
        lifted: Entry,
        /// Post-return function, which takes the core results after the value was lifted.
        post_return: Entry,
        /// Canonical options of the export's `lift`.
        options: CallOptions,
        /// Index of the first parameter in the list of members.
        first: u32,
        /// Number of parameters.
        count: u32,
        /// Number of the result's type, or [`crate::exports::NO_TYPE`].
        result: u32,
        /// One of `RETURNS_…`.
        returns: u32,
        /// Bytes of all parameters in a guest's memory.
        params_bytes: u32,
        /// Alignment of all parameters in a guest's memory.
        params_align: u32,
        /// Number of core values that the parameters flatten to, as far as they can be counted.
        params_flat: u32,
        /// Padding, always 0.
        unused: u32,
    }

    /// A function that a program imports from the host program, in the order of the structure of imports.
    pub struct Import: 32 {
        /// Index of the first parameter in the list of members.
        first: u32,
        /// Number of parameters.
        count: u32,
        /// Number of the result's type, or [`crate::exports::NO_TYPE`].
        result: u32,
        /// Number of the resource type of the host program that the function drops; 0 for any other function.
        drops: u32,
        /// Bytes of all parameters in a guest's memory.
        params_bytes: u32,
        /// Alignment of all parameters in a guest's memory.
        params_align: u32,
        /// Number of core values that the parameters flatten to, as far as they can be counted.
        params_flat: u32,
        /// One of `RETURNS_…`, by the type of the result.
        returns: u32,
    }
}

/// Flag of a type whose values are the same bytes on both sides for all that a guest can give.
pub const SAME_OUT: u32 = 1;
/// Flag of a type whose values are the same bytes on both sides for all that a host can give, none of which lie between fields.
pub const SAME_INTO: u32 = 2;
/// Flag of a type whose values may own memory of the host.
pub const OWNS: u32 = 4;
/// Flag of a type that a host can give a value that isn't one.
pub const CHECKED: u32 = 8;

/// The argument is the value itself.
pub const FORM_VALUE: u32 = 0;
/// The argument is the address of the value.
pub const FORM_POINTER: u32 = 1;
/// The argument is the address of what is in an option, or null for none.
pub const FORM_MAYBE: u32 = 2;

/// There is no result.
pub const RETURNS_NOTHING: u32 = 0;
/// The last argument is the address for the result.
pub const RETURNS_VALUE: u32 = 1;
/// The last argument is the address for what is in an option.
pub const RETURNS_OPTION: u32 = 2;
/// The last arguments are the addresses for a result's value and for its error, as far as they have types.
pub const RETURNS_RESULT: u32 = 3;
