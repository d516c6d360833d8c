//! The functions that a component exports, with the types of what they take and give: what the runtime needs to call them
//! with values that it gets when the program runs.
//!
//! A *type* is its number in the list, which is greater than those of the types that it refers to: so the list is read in
//! one pass, with size, alignment and flattening of each, and no depth of types is a depth of recursion. The fields of a
//! record, the cases of a variant and the parameters of a function lie beside each other in the list of members.
//!
//! A function is called as the canonical ABI's `lift` says: parameters flattened, or in memory where they are more than
//! [`FLAT_PARAMS_MAX`]; the result flattened, or at an address where it is more than [`FLAT_RESULTS_MAX`]; its
//! post-return is given the core results when the value was lifted.

use crate::host::CallOptions;
use crate::program::Entry;
use crate::record::records;

records! {
    /// The head of the description, at [`crate::symbols::EXPORTS`].
    pub struct Exports: 16 {
        /// Entries at [`crate::symbols::EXPORT_TYPES`].
        types: u32,
        /// Entries at [`crate::symbols::EXPORT_MEMBERS`].
        members: u32,
        /// Entries at [`crate::symbols::EXPORT_FUNCTIONS`].
        functions: u32,
        /// Bytes at [`crate::symbols::EXPORT_NAMES`].
        names: u32,
    }

    /// A name: UTF-8 in [`crate::symbols::EXPORT_NAMES`].
    pub struct Text: 8 {
        /// Offset of the first byte.
        offset: u32,
        /// How many bytes it has.
        bytes: u32,
    }

    /// A type of the component model.
    pub struct Type: 48 {
        /// One of `TYPE_…`.
        kind: u32,
        /// Of fields, cases, names or elements, the index of the first in the list of members.
        first: u32,
        /// How many there are.
        count: u32,
        /// Of a resource, its number, as [`crate::component::ResourceTable::number`].
        number: u32,
        /// Of a resource, as [`crate::component::ResourceTable::home`].
        home: u32,
        /// 0.
        unused: u32,
        /// Of a resource, the name that its interface gives it.
        name: Text,
        /// Of a resource that results own, its destructor, which takes the representation.
        destructor: Entry,
    }

    /// A field, a case, a name of an enum or of flags, an element or a parameter.
    pub struct Member: 12 {
        /// The name, where it has one.
        name: Text,
        /// The number of the type; [`NO_TYPE`].
        ty: u32,
    }

    /// An exported function.
    pub struct Function: 96 {
        /// The exported instance that it is in, such as `acme:shop/prices@1.0.0`; empty where the component exports the
        /// function itself.
        interface: Text,
        /// The name there.
        name: Text,
        /// The index of the first parameter in the list of members.
        first: u32,
        /// How many parameters there are.
        count: u32,
        /// The number of the result's type; [`NO_TYPE`].
        result: u32,
        /// 0.
        unused: u32,
        /// The core function.
        lifted: Entry,
        /// The function that is given the core results when the value was lifted.
        post_return: Entry,
        /// The canonical options of its `lift`.
        options: CallOptions,
    }
}

/// One byte, 0 or 1.
pub const TYPE_BOOL: u32 = 0;
/// An integer.
pub const TYPE_S8: u32 = 1;
/// An integer.
pub const TYPE_U8: u32 = 2;
/// An integer.
pub const TYPE_S16: u32 = 3;
/// An integer.
pub const TYPE_U16: u32 = 4;
/// An integer.
pub const TYPE_S32: u32 = 5;
/// An integer.
pub const TYPE_U32: u32 = 6;
/// An integer.
pub const TYPE_S64: u32 = 7;
/// An integer.
pub const TYPE_U64: u32 = 8;
/// A float.
pub const TYPE_F32: u32 = 9;
/// A float.
pub const TYPE_F64: u32 = 10;
/// A Unicode scalar value.
pub const TYPE_CHAR: u32 = 11;
/// A string.
pub const TYPE_STRING: u32 = 12;
/// A list.
pub const TYPE_LIST: u32 = 13;
/// A record.
pub const TYPE_RECORD: u32 = 14;
/// A tuple.
pub const TYPE_TUPLE: u32 = 15;
/// A variant.
pub const TYPE_VARIANT: u32 = 16;
/// An enum.
pub const TYPE_ENUM: u32 = 17;
/// Flags.
pub const TYPE_FLAGS: u32 = 18;
/// An option.
pub const TYPE_OPTION: u32 = 19;
/// A result.
pub const TYPE_RESULT: u32 = 20;
/// A resource that changes its owner.
pub const TYPE_OWN: u32 = 21;
/// A resource that is lent for a call.
pub const TYPE_BORROW: u32 = 22;

/// In place of a type: none.
pub const NO_TYPE: u32 = u32::MAX;
/// The most core parameters of a lifted or lowered function; more are passed in memory.
pub const FLAT_PARAMS_MAX: usize = 16;
/// The most core results; more are returned in memory.
pub const FLAT_RESULTS_MAX: usize = 1;
