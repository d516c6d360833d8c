//! Types of the values that component functions pass (component model, "Type Definitions"), in one table of the program.
//!
//! A type refers to others by their places in the table, and only to earlier ones. Written out as a tree, a type of a few
//! bytes can be as large as memory, because each level can name the one below it several times.

use super::types::ValType;
use cranelift_entity::{PrimaryMap, entity_impl};
use std::collections::HashSet;
use std::fmt;

/// A type in [`InterfaceTypes`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InterfaceTypeId(u32);
entity_impl!(InterfaceTypeId, "interface type");

/// A resource type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// A resource type of the host, by interface and name.
    Imported {
        /// The imported interface.
        interface: String,
        /// The name of the resource in the interface.
        name: String,
    },
    /// A resource type that a component defines, by its number.
    Defined(u32),
}

/// A type of the component model's values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the specification's")]
pub enum InterfaceType {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
    List(InterfaceTypeId),
    Record(Vec<(String, InterfaceTypeId)>),
    Tuple(Vec<InterfaceTypeId>),
    Variant(Vec<(String, Option<InterfaceTypeId>)>),
    Enum(Vec<String>),
    Flags(Vec<String>),
    Option(InterfaceTypeId),
    Result(Option<InterfaceTypeId>, Option<InterfaceTypeId>),
    Own(Resource),
    Borrow(Resource),
    Stream(Option<InterfaceTypeId>),
    Future(Option<InterfaceTypeId>),
    /// A type of a later proposal.
    Other(&'static str),
}

/// The type of a component function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentFuncType {
    /// Parameters with their names.
    pub params: Vec<(String, InterfaceTypeId)>,
    /// The result, if any.
    pub result: Option<InterfaceTypeId>,
    /// True for an asynchronous function.
    pub is_async: bool,
}

/// The types of a component, each after those that it refers to.
#[derive(Clone, Debug, Default)]
pub struct InterfaceTypes {
    types: PrimaryMap<InterfaceTypeId, InterfaceType>,
}

impl InterfaceTypes {
    /// The types of core WebAssembly's numbers; [`InterfaceTypes::of_number`] finds them.
    pub fn of_numbers() -> Self {
        use InterfaceType as T;
        Self { types: [T::S32, T::S64, T::F32, T::F64].into_iter().collect() }
    }

    /// The place of a number's type in [`InterfaceTypes::of_numbers`]; none for what is no number.
    pub fn of_number(ty: ValType) -> Option<InterfaceTypeId> {
        let place = match ty {
            ValType::I32 => 0,
            ValType::I64 => 1,
            ValType::F32 => 2,
            ValType::F64 => 3,
            ValType::V128 | ValType::Ref(_) => return None,
        };
        Some(InterfaceTypeId::from_u32(place))
    }

    /// A table of these types.
    pub(super) fn new(types: PrimaryMap<InterfaceTypeId, InterfaceType>) -> Self {
        Self { types }
    }

    /// These types and all that they are made of, each once.
    pub fn reachable(&self, from: impl IntoIterator<Item = InterfaceTypeId>) -> Vec<InterfaceTypeId> {
        let mut work: Vec<InterfaceTypeId> = from.into_iter().collect();
        let (mut seen, mut found) = (HashSet::new(), Vec::new());
        while let Some(ty) = work.pop() {
            if seen.insert(ty) {
                found.push(ty);
                work.extend(self.get(ty).inner());
            }
        }
        found
    }

    /// The type with this number.
    pub fn get(&self, id: InterfaceTypeId) -> &InterfaceType {
        &self.types[id]
    }

    /// All types, each after those that it refers to.
    pub fn iter(&self) -> impl Iterator<Item = (InterfaceTypeId, &InterfaceType)> {
        self.types.iter()
    }

    /// The number of types.
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Returns true if the table has no types.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    /// The type as WIT writes it, for messages: what is long ends in `…`.
    pub fn display(&self, id: InterfaceTypeId) -> impl fmt::Display + '_ {
        Display { types: self, id }
    }
}

impl InterfaceType {
    /// The types that this one refers to.
    pub fn inner(&self) -> Vec<InterfaceTypeId> {
        match self {
            Self::List(ty) | Self::Option(ty) => vec![*ty],
            Self::Record(fields) => fields.iter().map(|(_, ty)| *ty).collect(),
            Self::Tuple(types) => types.clone(),
            Self::Variant(cases) => cases.iter().filter_map(|(_, ty)| *ty).collect(),
            Self::Result(ok, err) => ok.iter().chain(err).copied().collect(),
            Self::Stream(payload) | Self::Future(payload) => payload.iter().copied().collect(),
            _ => Vec::new(),
        }
    }
}

/// A piece of a type's text, which the display writes in turn.
enum Piece {
    Type(InterfaceTypeId),
    Text(&'static str),
}

struct Display<'t> {
    types: &'t InterfaceTypes,
    id: InterfaceTypeId,
}

/// Characters of a type that are shown.
const SHOWN_MAX: usize = 160;

impl fmt::Display for Display<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        let mut pieces = vec![Piece::Type(self.id)];
        while let Some(piece) = pieces.pop() {
            match piece {
                Piece::Text(piece) => text += piece,
                Piece::Type(id) => text += &self.begin(id, &mut pieces),
            }
            if text.chars().count() > SHOWN_MAX {
                text = text.chars().take(SHOWN_MAX).collect::<String>() + "…";
                break;
            }
        }
        f.write_str(&text)
    }
}

impl Display<'_> {
    /// Returns the beginning of a type's text, and puts the pieces of the rest on `pieces`, the last first.
    fn begin(&self, id: InterfaceTypeId, pieces: &mut Vec<Piece>) -> String {
        use InterfaceType as T;
        let of = |pieces: &mut Vec<Piece>, inner: &[InterfaceTypeId]| {
            pieces.push(Piece::Text(">"));
            for (index, ty) in inner.iter().enumerate().rev() {
                pieces.push(Piece::Type(*ty));
                if index != 0 {
                    pieces.push(Piece::Text(", "));
                }
            }
        };
        match self.types.get(id) {
            T::List(element) => {
                of(pieces, &[*element]);
                "list<".to_string()
            }
            T::Option(some) => {
                of(pieces, &[*some]);
                "option<".to_string()
            }
            T::Tuple(types) => {
                of(pieces, types);
                "tuple<".to_string()
            }
            T::Stream(payload) | T::Future(payload) => {
                let name = if matches!(self.types.get(id), T::Stream(_)) { "stream" } else { "future" };
                let Some(payload) = payload else { return name.to_string() };
                of(pieces, &[*payload]);
                format!("{name}<")
            }
            T::Result(None, None) => "result".to_string(),
            T::Result(Some(ok), err) => {
                of(pieces, &[&[*ok], err.as_slice()].concat());
                "result<".to_string()
            }
            T::Result(None, Some(err)) => {
                of(pieces, &[*err]);
                "result<_, ".to_string()
            }
            T::Record(fields) => named("record", fields.iter().map(|(name, _)| name)),
            T::Variant(cases) => named("variant", cases.iter().map(|(name, _)| name)),
            T::Enum(names) => named("enum", names.iter()),
            T::Flags(names) => named("flags", names.iter()),
            T::Own(resource) => format!("own<{}>", resource.display_name()),
            T::Borrow(resource) => format!("borrow<{}>", resource.display_name()),
            T::Other(name) => name.to_string(),
            plain => format!("{plain:?}").to_lowercase(),
        }
    }
}

/// A type with names, without what they stand for.
fn named<'n>(kind: &str, names: impl Iterator<Item = &'n String>) -> String {
    // More than are shown are never written.
    let names: Vec<&str> = names.take(SHOWN_MAX).map(String::as_str).collect();
    format!("{kind} {{ {} }}", names.join(", "))
}

impl Resource {
    fn display_name(&self) -> &str {
        match self {
            Self::Imported { name, .. } => name,
            Self::Defined(_) => "a component's resource",
        }
    }
}
