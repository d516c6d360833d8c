//! The immediates of operators, by the parser's names for them: a row each.

use wasmparser::{BlockType, HeapType, MemArg, RefType, TryTable, ValType};

/// The kind of an item that an immediate names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A function of the module.
    Function,
    /// The immediate is the index of a global.
    Global,
    /// The immediate is the index of a table.
    Table,
    /// The immediate is the index of a memory.
    Memory,
    /// A data segment.
    Data,
    /// An element segment.
    Element,
    /// A tag of exceptions.
    Tag,
    /// A defined type.
    Type,
    /// A field of a structure.
    Field,
}

/// Something that an immediate names.
#[derive(Clone, Copy, Debug)]
pub enum Immediate {
    /// An item, by its index.
    Item(u32),
    /// A type of values, spelled out.
    ValueType(ValType),
    /// A type of what a reference refers to, spelled out.
    HeapType(HeapType),
}

/// An immediate that names an item.
pub(super) trait Index {
    /// The item's index.
    fn index(&self) -> u32;
}

impl Index for u32 {
    fn index(&self) -> u32 {
        *self
    }
}

impl Index for MemArg {
    fn index(&self) -> u32 {
        self.memory
    }
}

/// An immediate that may spell out types of values.
pub(super) trait ValueTypes {
    /// Hands over each type.
    fn each(&self, each: impl FnMut(ValType));
}

impl ValueTypes for ValType {
    fn each(&self, mut each: impl FnMut(ValType)) {
        each(*self);
    }
}

impl ValueTypes for Vec<ValType> {
    fn each(&self, each: impl FnMut(ValType)) {
        self.iter().copied().for_each(each);
    }
}

impl ValueTypes for BlockType {
    fn each(&self, mut each: impl FnMut(ValType)) {
        match self {
            Self::Type(ty) => each(*ty),
            Self::Empty | Self::FuncType(_) => {}
        }
    }
}

impl ValueTypes for TryTable {
    fn each(&self, each: impl FnMut(ValType)) {
        self.ty.each(each);
    }
}

/// An immediate that spells out what a reference refers to.
pub(super) trait Referred {
    /// The type.
    fn heap_type(&self) -> HeapType;
}

impl Referred for HeapType {
    fn heap_type(&self) -> HeapType {
        *self
    }
}

impl Referred for RefType {
    fn heap_type(&self) -> HeapType {
        RefType::heap_type(self)
    }
}

/// A module for each name of an immediate: the kind of item that it names, and what it hands over.
macro_rules! immediates {
    (
        items { $($kind:ident => $($item:ident)*;)* }
        types { $($types:ident)* }
        heap_types { $($heap_type:ident)* }
        others { $($other:ident)* }
    ) => {
        $($(pub(super) mod $item {
            use crate::decode::operators::immediates::{Immediate, Index, Kind};

            pub const KIND: Option<Kind> = Some(Kind::$kind);

            pub fn visit(immediate: &impl Index, each: &mut impl FnMut(Immediate)) {
                each(Immediate::Item(immediate.index()));
            }
        })*)*
        $(pub(super) mod $types {
            use crate::decode::operators::immediates::{Immediate, Kind, ValueTypes};

            pub const KIND: Option<Kind> = None;

            pub fn visit(immediate: &impl ValueTypes, each: &mut impl FnMut(Immediate)) {
                immediate.each(|ty| each(Immediate::ValueType(ty)));
            }
        })*
        $(pub(super) mod $heap_type {
            use crate::decode::operators::immediates::{Immediate, Kind, Referred};

            pub const KIND: Option<Kind> = None;

            pub fn visit(immediate: &impl Referred, each: &mut impl FnMut(Immediate)) {
                each(Immediate::HeapType(immediate.heap_type()));
            }
        })*
        $(pub(super) mod $other {
            use crate::decode::operators::immediates::{Immediate, Kind};

            pub const KIND: Option<Kind> = None;

            pub fn visit<T>(_: &T, _: &mut impl FnMut(Immediate)) {}
        })*
    };
}

immediates! {
    items {
        Function => function_index;
        Global => global_index;
        Table => table table_index dst_table src_table;
        Memory => mem dst_mem src_mem memarg;
        Data => data_index array_data_index;
        Element => elem_index array_elem_index;
        Tag => tag_index;
        Type => type_index struct_type_index array_type_index array_type_index_dst array_type_index_src cont_type_index
            argument_index result_index;
        Field => field_index;
    }
    types { ty tys blockty try_table }
    heap_types { hty from_ref_type to_ref_type }
    // What a table of handlers names is in no list.
    others { relative_depth targets resume_table local_index value lane lanes array_size ordering }
}
