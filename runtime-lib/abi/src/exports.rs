//! Description of a component's exported functions and their types, by which the runtime calls them with values that it
//! receives at run time.
//!
//! A *type* is its number in the list, which is greater than the numbers of the types that it refers to: so one pass
//! computes size, alignment and flattening of each, without recursion. The fields of a record, the cases of a variant
//! and the parameters of a function are adjacent in the list of members.
//!
//! The runtime calls a function as the canonical ABI's `lift` says: parameters are flattened, or passed in memory if
//! there are more than [`FLAT_PARAMS_MAX`]; the result is flattened, or returned at an address if it has more than
//! [`FLAT_RESULTS_MAX`]. After lifting the value, the runtime passes the core results to the post-return function.

use crate::host::CallOptions;
use crate::program::Entry;
use crate::record::records;

records! {
    /// The head of the description, at [`crate::symbols::EXPORTS`].
    pub struct Exports: 16 {
        /// Number of entries at [`crate::symbols::EXPORT_TYPES`].
        types: u32,
        /// Number of entries at [`crate::symbols::EXPORT_MEMBERS`].
        members: u32,
        /// Number of entries at [`crate::symbols::EXPORT_FUNCTIONS`].
        functions: u32,
        /// Number of bytes at [`crate::symbols::EXPORT_NAMES`].
        names: u32,
    }

    /// A name, as UTF-8 in [`crate::symbols::EXPORT_NAMES`].
    pub struct Text: 8 {
        /// Offset of the first byte.
        offset: u32,
        /// Length in bytes.
        bytes: u32,
    }

    /// A type of the component model.
    pub struct Type: 48 {
        /// One of `TYPE_…`.
        kind: u32,
        /// Index in the list of members of the first field, case, name or element, if the type has some.
        first: u32,
        /// Number of these members.
        count: u32,
        /// Number of a resource, as in [`crate::component::ResourceTable::number`].
        number: u32,
        /// Definer of a resource, as in [`crate::component::ResourceTable::home`].
        home: u32,
        /// Padding, always 0.
        unused: u32,
        /// Name of a resource in its interface.
        name: Text,
        /// Destructor of a resource that results own; it takes the representation.
        destructor: Entry,
    }

    /// A field, a case, a name of an enum or of flags, an element or a parameter.
    pub struct Member: 12 {
        /// Name of the member, empty if it has none.
        name: Text,
        /// Number of the member's type, or [`NO_TYPE`].
        ty: u32,
    }

    /// An exported function.
    pub struct Function: 128 {
        /// Exported instance that the function is in, such as `acme:shop/prices@1.0.0`; empty if the component itself
        /// exports the function.
        interface: Text,
        /// Name of the function in its interface.
        name: Text,
        /// Index of the first parameter in the list of members.
        first: u32,
        /// Number of parameters.
        count: u32,
        /// Number of the result's type, or [`NO_TYPE`].
        result: u32,
        /// Reason for which the function can't be called, as an index in [`UNCALLABLE`]; 0 if it can be called. Of a
        /// function that can't be called, only the name means something.
        uncallable: u32,
        /// Core function that the export lifts.
        lifted: Entry,
        /// Post-return function, which takes the core results after the value was lifted.
        post_return: Entry,
        /// Function that an asynchronous function goes on with after each event: `[i32 i32 i32] -> [i32]`.
        callback: Entry,
        /// Flags `FORM_…`.
        form: u32,
        /// Number by which `task.return` names the type of the result.
        result_number: u32,
        /// Number by which `task.return` names the memory of the export's `lift`, as [`crate::concurrency::memory`] makes it.
        memory_number: u32,
        /// Padding, always 0.
        unused: u32,
        /// Canonical options of the export's `lift`.
        options: CallOptions,
    }
}

/// Flag of [`Function::form`]: the function's type is asynchronous.
pub const FORM_ASYNC_TYPE: u32 = 1;
/// Flag of [`Function::form`]: the core function gives its result to `task.return`.
pub const FORM_ASYNC_LIFT: u32 = 2;

/// Function that can be called.
pub const CALLABLE: u32 = 0;
/// Function with a reference among its parameters and results.
pub const UNCALLABLE_REFERENCE: u32 = 1;
/// Function with a vector among its parameters and results.
pub const UNCALLABLE_VECTOR: u32 = 2;
/// Function with more than [`FLAT_PARAMS_MAX`] parameters.
pub const UNCALLABLE_PARAMS: u32 = 3;
/// Function with more than [`FLAT_RESULTS_MAX`] results.
pub const UNCALLABLE_RESULTS: u32 = 4;
/// Reasons for which a core function can't be called with numbers only, by [`Function::uncallable`].
pub const UNCALLABLE: [&str; 5] = [
    "",
    "a parameter or result is a reference",
    "a parameter or result is a vector",
    "it has more than 16 parameters",
    "it has more than one result",
];

/// Boolean: one byte, 0 or 1.
pub const TYPE_BOOL: u32 = 0;
/// Signed integer of 8 bits.
pub const TYPE_S8: u32 = 1;
/// Unsigned integer of 8 bits.
pub const TYPE_U8: u32 = 2;
/// Signed integer of 16 bits.
pub const TYPE_S16: u32 = 3;
/// Unsigned integer of 16 bits.
pub const TYPE_U16: u32 = 4;
/// Signed integer of 32 bits.
pub const TYPE_S32: u32 = 5;
/// Unsigned integer of 32 bits.
pub const TYPE_U32: u32 = 6;
/// Signed integer of 64 bits.
pub const TYPE_S64: u32 = 7;
/// Unsigned integer of 64 bits.
pub const TYPE_U64: u32 = 8;
/// Float of 32 bits.
pub const TYPE_F32: u32 = 9;
/// Float of 64 bits.
pub const TYPE_F64: u32 = 10;
/// Unicode scalar value.
pub const TYPE_CHAR: u32 = 11;
/// String, encoded as the options of the call say.
pub const TYPE_STRING: u32 = 12;
/// List of values of one type.
pub const TYPE_LIST: u32 = 13;
/// Record: values of several named fields.
pub const TYPE_RECORD: u32 = 14;
/// Tuple: values of several fields without names.
pub const TYPE_TUPLE: u32 = 15;
/// Variant: one of several named cases, with a payload if the case has one.
pub const TYPE_VARIANT: u32 = 16;
/// Enum: one of several named cases without payloads.
pub const TYPE_ENUM: u32 = 17;
/// Flags: a set of named bits.
pub const TYPE_FLAGS: u32 = 18;
/// Option: nothing, or a payload.
pub const TYPE_OPTION: u32 = 19;
/// Result: success or error, each with a payload if the type has one.
pub const TYPE_RESULT: u32 = 20;
/// Handle that transfers ownership of a resource.
pub const TYPE_OWN: u32 = 21;
/// Handle that lends a resource for a call.
pub const TYPE_BORROW: u32 = 22;
/// Readable end of a stream of values.
pub const TYPE_STREAM: u32 = 23;
/// Readable end of a future, of one value.
pub const TYPE_FUTURE: u32 = 24;

/// Value in place of a type number that means no type.
pub const NO_TYPE: u32 = u32::MAX;
/// Maximum number of core parameters of a lifted or lowered function (canonical ABI); more are passed in memory.
pub const FLAT_PARAMS_MAX: usize = 16;
/// Maximum number of core results (canonical ABI); more are returned in memory.
pub const FLAT_RESULTS_MAX: usize = 1;
