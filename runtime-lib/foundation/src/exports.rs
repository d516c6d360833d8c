//! The description of the exported functions and their types, as the compiler wrote it (`aot_abi::exports`).

use aot_abi::exports::{Function, Member, NO_TYPE, Text, Type};

/// A type: its number in [`Description::types`].
pub type TypeIndex = u32;

/// The tables of a description. They are trusted: they were written by the compiler of this executable.
#[derive(Clone, Copy)]
pub struct Description {
    /// Types, each after those that it refers to.
    pub types: &'static [Type],
    /// Members of types and functions: fields, cases, parameters.
    pub members: &'static [Member],
    /// The exported functions.
    pub functions: &'static [Function],
    /// All names one after another.
    pub names: &'static [u8],
}

impl Description {
    /// The text of a name.
    pub fn text(&self, text: Text) -> &'static str {
        text_in(self.names, text)
    }

    /// Members beside each other: their names, and their types if they have any.
    pub fn members(&self, first: u32, count: u32) -> impl Iterator<Item = (&'static str, Option<TypeIndex>)> {
        let members = self.members.get(first as usize..).and_then(|members| members.get(..count as usize));
        let description = *self;
        let member = move |member: &Member| (description.text(member.name), type_index(member.ty));
        members.unwrap_or_default().iter().map(member)
    }

    /// Members that all have a type.
    pub fn fields(&self, first: u32, count: u32) -> impl Iterator<Item = (&'static str, TypeIndex)> {
        self.members(first, count).filter_map(|(name, ty)| Some((name, ty?)))
    }
}

/// The text of a name among all names.
pub fn text_in(names: &'static [u8], text: Text) -> &'static str {
    let bytes = names.get(text.offset as usize..).and_then(|names| names.get(..text.bytes as usize));
    core::str::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
}

/// A type, or none.
pub fn type_index(ty: u32) -> Option<TypeIndex> {
    Some(ty).filter(|ty| *ty != NO_TYPE)
}
