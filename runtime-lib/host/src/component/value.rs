//! Values of the component model, of any type that is known only when the program runs.
//!
//! A value doesn't know its type: whoever has one has the type beside it, and kinds of types that the canonical ABI
//! treats alike have values alike.

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of `bool`.
    Bool(bool),
    /// Of `s8` to `s64`.
    Signed(i64),
    /// Of `u8` to `u64`.
    Unsigned(u64),
    /// The bits of an `f32`.
    F32(u32),
    /// The bits of an `f64`.
    F64(u64),
    /// Of `char`.
    Char(char),
    /// Of `string`.
    String(String),
    /// Of `list`.
    List(Vec<Value>),
    /// Of `record` or `tuple`: each field.
    Fields(Vec<Value>),
    /// Of `variant`, `enum`, `option` (0 is none, 1 is some) or `result` (0 is ok, 1 is error): the case, and its payload
    /// where it has one.
    Case(u32, Option<Box<Value>>),
    /// Of `flags`: 32 in each word, the first in the lowest bit.
    Flags(Vec<u32>),
    /// Of `own` or `borrow`: the representation of the resource.
    Resource(u32),
}
