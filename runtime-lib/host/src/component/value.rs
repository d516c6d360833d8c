//! Values of the component model, of any type that is known only when the program runs.
//!
//! A value doesn't know its type: whoever has one has the type beside it, and kinds of types that the canonical ABI
//! treats alike have values alike.

/// A value of a component's type.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A value of `bool`.
    Bool(bool),
    /// A value of `s8` to `s64`.
    Signed(i64),
    /// A value of `u8` to `u64`.
    Unsigned(u64),
    /// The bits of an `f32`.
    F32(u32),
    /// The bits of an `f64`.
    F64(u64),
    /// A value of `char`.
    Char(char),
    /// A value of `string`.
    String(String),
    /// The elements of a `list`.
    List(Vec<Value>),
    /// The fields of a `record` or `tuple`.
    Fields(Vec<Value>),
    /// The case of a `variant`, `enum`, `option` (0 is none, 1 is some) or `result` (0 is ok, 1 is error), and its
    /// payload if it has one.
    Case(u32, Option<Box<Value>>),
    /// The set of `flags`: 32 in each word, the first in the lowest bit.
    Flags(Vec<u32>),
    /// The representation of the resource of an `own` or `borrow`.
    Resource(u32),
    /// The readable end of a `stream` or `future`, which no component instance has.
    End(u32),
}
