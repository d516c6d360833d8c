//! The functions that a component exports, with the types of what they take and give, at [`crate::symbols::EXPORTS`]:
//! what the runtime needs to call them with values that it gets when the program runs.
//!
//! Numbers are little-endian, unaligned and of the width given; *text* is `bytes: u32` and as many bytes of UTF-8. A *type*
//! is its number in the list, which is greater than those of the types that it refers to: so the list is read in one
//! pass, with size, alignment and flattening of each, and no depth of types is a depth of recursion.
//!
//! ```text
//! exports  = types: u32, type*, functions: u32, function*
//! type     = TYPE_…: u8, and for
//!            TYPE_LIST, TYPE_OPTION     type: u32
//!            TYPE_RECORD                count: u32, (name: text, type: u32)*
//!            TYPE_TUPLE                 count: u32, type: u32*
//!            TYPE_VARIANT               count: u32, (name: text, payload)*
//!            TYPE_ENUM, TYPE_FLAGS      count: u32, name: text*
//!            TYPE_RESULT                ok: payload, err: payload
//!            TYPE_OWN                   resource, destructor: u32, destructor_vmctx: u64
//!            TYPE_BORROW                resource
//! resource = name: text, number: u32, home: u32     as `component::ResourceTable` has them
//! payload  = type: u32, or NO_TYPE
//! function = interface: text, name: text, params: u32, (name: text, type: u32)*, result: payload, lifted
//! lifted   = entry: u32, vmctx: u64, post_return: u32, post_return_vmctx: u64, options
//! options  = the fields of `host::CallOptions` in their order
//! ```
//!
//! `interface` is the name of the exported instance that the function is in, such as `acme:shop/prices@1.0.0`; empty where
//! the component exports the function itself. `entry`, `post_return` and `destructor` are text offsets of entry
//! trampolines, `vmctx` slab offsets as there. A destructor is there for what results own: it takes the representation. A function is called as the canonical ABI's `lift` says: parameters flattened, or in memory
//! where they are more than [`FLAT_PARAMS_MAX`]; the result flattened, or at an address where it is more than
//! [`FLAT_RESULTS_MAX`]; `post_return`, where it isn't [`NO_ENTRY`], is given the core results when the value was lifted.

/// One byte, 0 or 1.
pub const TYPE_BOOL: u8 = 0;
/// An integer.
pub const TYPE_S8: u8 = 1;
/// An integer.
pub const TYPE_U8: u8 = 2;
/// An integer.
pub const TYPE_S16: u8 = 3;
/// An integer.
pub const TYPE_U16: u8 = 4;
/// An integer.
pub const TYPE_S32: u8 = 5;
/// An integer.
pub const TYPE_U32: u8 = 6;
/// An integer.
pub const TYPE_S64: u8 = 7;
/// An integer.
pub const TYPE_U64: u8 = 8;
/// A float.
pub const TYPE_F32: u8 = 9;
/// A float.
pub const TYPE_F64: u8 = 10;
/// A Unicode scalar value.
pub const TYPE_CHAR: u8 = 11;
/// A string.
pub const TYPE_STRING: u8 = 12;
/// A list.
pub const TYPE_LIST: u8 = 13;
/// A record.
pub const TYPE_RECORD: u8 = 14;
/// A tuple.
pub const TYPE_TUPLE: u8 = 15;
/// A variant.
pub const TYPE_VARIANT: u8 = 16;
/// An enum.
pub const TYPE_ENUM: u8 = 17;
/// Flags.
pub const TYPE_FLAGS: u8 = 18;
/// An option.
pub const TYPE_OPTION: u8 = 19;
/// A result.
pub const TYPE_RESULT: u8 = 20;
/// A resource that changes its owner.
pub const TYPE_OWN: u8 = 21;
/// A resource that is lent for a call.
pub const TYPE_BORROW: u8 = 22;

/// A payload: none.
pub const NO_TYPE: u32 = u32::MAX;
/// A text offset: no function.
pub const NO_ENTRY: u32 = u32::MAX;

/// The most core parameters of a lifted or lowered function; more are passed in memory.
pub const FLAT_PARAMS_MAX: usize = 16;
/// The most core results; more are returned in memory.
pub const FLAT_RESULTS_MAX: usize = 1;
