//! The types of exported functions' values (`aot_abi::exports`), with their size, alignment and flattening.

use aot_abi::exports as abi;
use aot_abi::program::Entry;

use aot_foundation::exports::Description;

/// A type: its index in [`Types`].
pub type TypeIndex = u32;

/// The types of a program's exported functions.
#[derive(Default)]
pub struct Types {
    types: Vec<Type>,
}

/// A type of values, with its layout.
pub struct Type {
    /// The kind of the type, with the types of its members.
    pub kind: Kind,
    /// Bytes in linear memory.
    pub size: u64,
    /// Alignment in linear memory.
    pub align: u32,
    /// Core values that it flattens to, as far as they can be counted.
    pub flat: usize,
}

/// The kinds of types, under the specification's names.
#[allow(missing_docs, reason = "the names are the specification's")]
pub enum Kind {
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
    List(TypeIndex),
    Record(Vec<(&'static str, TypeIndex)>),
    Tuple(Vec<TypeIndex>),
    Variant(Vec<(&'static str, Option<TypeIndex>)>),
    Enum(Vec<&'static str>),
    Flags(Vec<&'static str>),
    Option(TypeIndex),
    Result(Option<TypeIndex>, Option<TypeIndex>),
    Own(Resource, Entry),
    Borrow(Resource),
    Stream(Option<TypeIndex>),
    Future(Option<TypeIndex>),
}

/// A resource type.
#[derive(Clone, Copy)]
pub struct Resource {
    /// The name of the resource in its interface, for messages; empty for a resource that a component defines.
    pub name: &'static str,
    /// The number of the resource type, which handles are checked against.
    pub number: u32,
    /// The component instance that defines the resource.
    pub home: u32,
}

/// Size, alignment and flattening of a part of a type.
#[derive(Clone, Copy)]
struct Layout {
    size: u64,
    align: u32,
    flat: usize,
}

impl Types {
    /// Reads the types of a description.
    pub fn read(description: &Description) -> Types {
        let mut types = Types::default();
        for ty in description.types {
            let kind = Kind::read(description, ty);
            let Layout { size, align, flat } = types.layout_of_kind(&kind);
            types.types.push(Type { kind, size, align, flat });
        }
        types
    }

    /// The type with this index.
    ///
    /// # Panics
    /// Never with an index from the same description.
    pub fn get(&self, index: TypeIndex) -> &Type {
        &self.types[index as usize]
    }

    /// The fields of a record or tuple: the offset of each, and its type.
    pub fn fields(&self, types: impl Iterator<Item = TypeIndex>) -> impl Iterator<Item = (u64, TypeIndex)> {
        let mut end = 0;
        types.map(move |index| {
            let ty = self.get(index);
            let offset = align_up(end, ty.align);
            end = offset.saturating_add(ty.size);
            (offset, index)
        })
    }

    /// The offset of the payload in a variant of these cases.
    pub fn payload_offset(&self, cases: impl Iterator<Item = Option<TypeIndex>> + Clone) -> u64 {
        let discriminant = discriminant_bytes(cases.clone().count());
        align_up(u64::from(discriminant), self.payload(cases).align)
    }

    /// The layout of a tuple of these: parameters in memory.
    pub fn tuple(&self, types: impl Iterator<Item = TypeIndex> + Clone) -> Type {
        let Layout { size, align, flat } = self.record(types.clone());
        Type { kind: Kind::Tuple(types.collect()), size, align, flat }
    }

    fn layout_of_kind(&self, kind: &Kind) -> Layout {
        match kind {
            Kind::Bool | Kind::S8 | Kind::U8 => scalar(1),
            Kind::S16 | Kind::U16 => scalar(2),
            Kind::S32 | Kind::U32 | Kind::F32 | Kind::Char | Kind::Own(..) | Kind::Borrow(_) => scalar(4),
            Kind::Stream(_) | Kind::Future(_) => scalar(4),
            Kind::S64 | Kind::U64 | Kind::F64 => scalar(8),
            Kind::String | Kind::List(_) => Layout { size: 8, align: 4, flat: 2 },
            Kind::Record(fields) => self.record(fields.iter().map(|(_, ty)| *ty)),
            Kind::Tuple(types) => self.record(types.iter().copied()),
            Kind::Variant(cases) => self.variant(cases.iter().map(|(_, ty)| *ty)),
            Kind::Enum(names) => scalar(discriminant_bytes(names.len())),
            Kind::Flags(names) => flags(names.len()),
            Kind::Option(some) => self.variant([None, Some(*some)].into_iter()),
            Kind::Result(ok, err) => self.variant([*ok, *err].into_iter()),
        }
    }

    fn record(&self, types: impl Iterator<Item = TypeIndex>) -> Layout {
        let mut all = Layout { size: 0, align: 1, flat: 0 };
        for (offset, index) in self.fields(types) {
            let ty = self.get(index);
            all.size = offset.saturating_add(ty.size);
            all.align = all.align.max(ty.align);
            all.flat = all.flat.saturating_add(ty.flat);
        }
        all.size = align_up(all.size, all.align);
        all
    }

    fn variant(&self, cases: impl Iterator<Item = Option<TypeIndex>> + Clone) -> Layout {
        let discriminant = discriminant_bytes(cases.clone().count());
        let payload = self.payload(cases.clone());
        let align = payload.align.max(discriminant);
        let size = self.payload_offset(cases).saturating_add(payload.size);
        Layout { size: align_up(size, align), align, flat: payload.flat.saturating_add(1) }
    }

    /// The layout in which every payload of these cases has room.
    fn payload(&self, cases: impl Iterator<Item = Option<TypeIndex>>) -> Layout {
        let mut all = Layout { size: 0, align: 1, flat: 0 };
        for ty in cases.flatten().map(|index| self.get(index)) {
            all.size = all.size.max(ty.size);
            all.align = all.align.max(ty.align);
            all.flat = all.flat.max(ty.flat);
        }
        all
    }
}

impl Kind {
    fn read(description: &Description, ty: &abi::Type) -> Kind {
        let members = || description.members(ty.first, ty.count);
        let payload = |index: usize| members().nth(index).and_then(|(_, ty)| ty);
        let some = |index: usize| payload(index).unwrap_or_default();
        let names = || members().map(|(name, _)| name).collect();
        let resource = || Resource { name: description.text(ty.name), number: ty.number, home: ty.home };
        match ty.kind {
            abi::TYPE_BOOL => Kind::Bool,
            abi::TYPE_S8 => Kind::S8,
            abi::TYPE_U8 => Kind::U8,
            abi::TYPE_S16 => Kind::S16,
            abi::TYPE_U16 => Kind::U16,
            abi::TYPE_S32 => Kind::S32,
            abi::TYPE_U32 => Kind::U32,
            abi::TYPE_S64 => Kind::S64,
            abi::TYPE_U64 => Kind::U64,
            abi::TYPE_F32 => Kind::F32,
            abi::TYPE_F64 => Kind::F64,
            abi::TYPE_CHAR => Kind::Char,
            abi::TYPE_STRING => Kind::String,
            abi::TYPE_LIST => Kind::List(some(0)),
            abi::TYPE_RECORD => Kind::Record(description.fields(ty.first, ty.count).collect()),
            abi::TYPE_TUPLE => Kind::Tuple(description.fields(ty.first, ty.count).map(|(_, ty)| ty).collect()),
            abi::TYPE_VARIANT => Kind::Variant(members().collect()),
            abi::TYPE_ENUM => Kind::Enum(names()),
            abi::TYPE_FLAGS => Kind::Flags(names()),
            abi::TYPE_OPTION => Kind::Option(some(0)),
            abi::TYPE_RESULT => Kind::Result(payload(0), payload(1)),
            abi::TYPE_OWN => Kind::Own(resource(), ty.destructor),
            abi::TYPE_STREAM => Kind::Stream(payload(0)),
            abi::TYPE_FUTURE => Kind::Future(payload(0)),
            _ => Kind::Borrow(resource()),
        }
    }
}

/// Bytes of the discriminant of a variant with so many cases.
pub fn discriminant_bytes(cases: usize) -> u32 {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// The 32-bit words of flags; the only word of few flags has fewer bytes in memory.
pub fn flag_words(names: usize) -> usize {
    names.div_ceil(32)
}

fn flags(names: usize) -> Layout {
    match names {
        0..=8 => scalar(1),
        9..=16 => scalar(2),
        _ => Layout { size: 4 * flag_words(names) as u64, align: 4, flat: flag_words(names) },
    }
}

fn scalar(bytes: u32) -> Layout {
    Layout { size: u64::from(bytes), align: bytes, flat: 1 }
}

fn align_up(address: u64, alignment: u32) -> u64 {
    address.saturating_add(u64::from(alignment) - 1) & !(u64::from(alignment) - 1)
}
