//! The types of a library's interface as C has them: names, layouts, and the functions that free their values.

use crate::decode::{Owner, Scalar};
use crate::plan::{FuncId, ResourceType};
use cranelift_entity::{PrimaryMap, entity_impl};

/// A type in [`super::Interface::types`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(u32);
entity_impl!(TypeId, "type");

/// A type as C has it.
#[derive(Clone, Debug)]
pub struct Type {
    /// The spelling in C.
    pub name: String,
    /// The kind of the type.
    pub kind: Kind,
    /// Sizes and alignments on both sides.
    pub layout: Layout,
    /// The symbol of the function that frees what a value owns, if it has one.
    pub free: Option<String>,
    /// True if a value may own memory.
    pub owns: bool,
    /// True if a host program can give a value that isn't one: a pointer, a case, a character.
    pub is_checked: bool,
    /// The beginning of the names of its cases or flags, if it has some.
    pub case_prefix: String,
    /// The place of its definition, and its name there, if it has one.
    pub definition: Option<(Owner, String)>,
}

/// The kinds of types, under the specification's names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the specification's")]
pub enum Kind {
    Scalar(Scalar),
    String,
    List(TypeId),
    Record(Vec<(String, TypeId)>),
    Tuple(Vec<TypeId>),
    Variant(Vec<(String, Option<TypeId>)>),
    Enum(Vec<String>),
    Flags(Vec<String>),
    Option(TypeId),
    Result(Option<TypeId>, Option<TypeId>),
    /// A handle of the resource with this place in [`super::Interface::resources`].
    Handle {
        /// True for a handle that owns its resource, false for one that borrows it.
        is_own: bool,
        resource: usize,
    },
    /// Another name of a type.
    Alias(TypeId),
}

/// A resource type that the component exports, or imports from the host program.
#[derive(Clone, Debug)]
pub struct Resource {
    /// The symbol of the function that drops a handle, if the component exports the type.
    pub drop: String,
    /// The symbol of the function that borrows from a handle, if the component exports the type.
    pub borrow: String,
    /// True if the host program defines the type.
    pub is_imported: bool,
    /// The type of handles that own, and of those that borrow.
    pub handles: [TypeId; 2],
    /// The number of the resource type, and its destructor's place among the plan's, if a function gives or takes handles.
    pub used: Option<UsedResource>,
}

/// A resource type of which functions take or give handles.
#[derive(Clone, Copy, Debug)]
pub struct UsedResource {
    /// The number and the definer.
    pub ty: ResourceType,
    /// The destructor.
    pub destructor: Option<FuncId>,
}

/// The types of an interface.
pub type Types = PrimaryMap<TypeId, Type>;

/// The layout of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The layout in a guest's memory.
    pub guest: Shape,
    /// The layout in C.
    pub host: Shape,
    /// Core values that the type flattens to, as far as they can be counted.
    pub flat: u64,
    /// The values of both sides that are the same bytes.
    pub same: Same,
}

/// Size and alignment in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Bytes of a value; the most that can be counted for larger ones.
    pub bytes: u64,
    /// The alignment.
    pub align: u64,
}

/// The directions in which values of a type are copied as they are: all bytes are values, and mean the same on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Same {
    /// From the guest to the host.
    pub out: bool,
    /// From the host to the guest, which must not see bytes between fields.
    pub into: bool,
}

/// A side of a call.
#[derive(Clone, Copy, Debug)]
pub enum Side {
    /// A guest's memory.
    Guest,
    /// The host program's memory.
    Host,
}

impl Kind {
    /// Returns true for kinds whose values have a function that frees them, even if there is nothing to free.
    pub fn has_free(&self) -> bool {
        matches!(self, Self::String | Self::List(_) | Self::Variant(_) | Self::Option(_) | Self::Result(..))
    }

    /// Returns true for kinds of which a value says which of several it is.
    pub fn has_cases(&self) -> bool {
        matches!(self, Self::Variant(_) | Self::Enum(_) | Self::Option(_) | Self::Result(..))
    }

    /// The types that the kind refers to.
    pub fn inner(&self) -> Vec<TypeId> {
        match self {
            Self::List(ty) | Self::Option(ty) | Self::Alias(ty) => vec![*ty],
            Self::Record(fields) => fields.iter().map(|(_, ty)| *ty).collect(),
            Self::Tuple(types) => types.clone(),
            Self::Variant(cases) => cases.iter().filter_map(|(_, ty)| *ty).collect(),
            Self::Result(ok, err) => ok.iter().chain(err).copied().collect(),
            Self::Scalar(_) | Self::String | Self::Enum(_) | Self::Flags(_) | Self::Handle { .. } => Vec::new(),
        }
    }
}

impl Scalar {
    /// The name of the type in C.
    pub fn c_name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::S8 => "int8_t",
            Self::U8 => "uint8_t",
            Self::S16 => "int16_t",
            Self::U16 => "uint16_t",
            Self::S32 => "int32_t",
            Self::U32 | Self::Char => "uint32_t",
            Self::S64 => "int64_t",
            Self::U64 => "uint64_t",
            Self::F32 => "float",
            Self::F64 => "double",
        }
    }

    /// The name of the type within names of others.
    pub fn wit_name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::S8 => "s8",
            Self::U8 => "u8",
            Self::S16 => "s16",
            Self::U16 => "u16",
            Self::S32 => "s32",
            Self::U32 => "u32",
            Self::S64 => "s64",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Char => "char32",
        }
    }
}
