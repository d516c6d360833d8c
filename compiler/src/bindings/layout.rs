//! Sizes and alignments of values: in C, and in a guest's memory (canonical ABI, "Alignment", "Element Size", "Flattening").
//!
//! Both sides lay out records and variants alike; they differ in the size of pointers and lengths alone.

use super::types::{Kind, Layout, Same, Shape, Side, TypeId, Types};
use crate::decode::Scalar;

const NEVER: Same = Same { out: false, into: false };
const ALWAYS: Same = Same { out: true, into: true };

impl Layout {
    /// The layout of a type of this kind, whose parts are known.
    pub fn of(kind: &Kind, types: &Types) -> Self {
        let layout = |ty: &TypeId| types[*ty].layout;
        match kind {
            Kind::Scalar(scalar) => {
                let is_any = !matches!(scalar, Scalar::Bool | Scalar::Char);
                Self::plain(scalar.bytes(), if is_any { ALWAYS } else { NEVER })
            }
            Kind::String | Kind::List(_) => {
                Self { guest: Shape { bytes: 8, align: 4 }, host: Shape { bytes: 16, align: 8 }, flat: 2, same: NEVER }
            }
            Kind::Record(fields) => Self::record(fields.iter().map(|(_, ty)| layout(ty))),
            Kind::Tuple(types) => Self::record(types.iter().map(layout)),
            Kind::Variant(cases) => {
                Self::variant(cases.len(), cases.iter().filter_map(|(_, ty)| ty.as_ref()).map(layout))
            }
            Kind::Enum(names) => Self::plain(discriminant_bytes(names.len()), NEVER),
            // Bits without names are dropped.
            Kind::Flags(names) => {
                let bytes = flag_bytes(names.len());
                Self::plain(bytes, if bytes * 8 == names.len() as u64 { ALWAYS } else { NEVER })
            }
            Kind::Option(some) => Self::variant(2, [layout(some)].into_iter()),
            Kind::Result(ok, err) => Self::variant(2, ok.iter().chain(err).map(layout)),
            Kind::Handle { .. } => {
                Self { guest: Shape { bytes: 4, align: 4 }, host: Shape { bytes: 8, align: 8 }, flat: 1, same: NEVER }
            }
            Kind::Alias(ty) => layout(ty),
        }
    }

    fn plain(bytes: u64, same: Same) -> Self {
        let shape = Shape { bytes, align: bytes };
        Self { guest: shape, host: shape, flat: 1, same }
    }

    /// The layout of a record of fields with these layouts: also that of parameters in memory.
    pub fn record(fields: impl Iterator<Item = Self> + Clone) -> Self {
        let shape = |side| {
            let end = offsets(side, fields.clone()).last().map_or(0, |(offset, shape)| offset + shape.bytes);
            let align = fields.clone().map(|field| field.shape(side).align).max().unwrap_or(1);
            Shape { bytes: align_up(end, align), align }
        };
        let (guest, host) = (shape(Side::Guest), shape(Side::Host));
        let dense = fields.clone().fold(0u64, |bytes, field| bytes.saturating_add(field.guest.bytes)) == guest.bytes;
        let same = Same {
            out: fields.clone().all(|field| field.same.out),
            into: dense && fields.clone().all(|field| field.same.into),
        };
        Self { guest, host, flat: fields.fold(0, |flat, field| field.flat.saturating_add(flat)), same }
    }

    fn variant(cases: usize, payloads: impl Iterator<Item = Self> + Clone) -> Self {
        let discriminant = discriminant_bytes(cases);
        let shape = |side| {
            let payloads = payloads.clone().map(|payload| payload.shape(side));
            let align = payloads.clone().map(|payload| payload.align).max().unwrap_or(1);
            let bytes = payloads.map(|payload| payload.bytes).max().unwrap_or(0);
            let whole = align.max(discriminant);
            Shape { bytes: align_up(align_up(discriminant, align).saturating_add(bytes), whole), align: whole }
        };
        let flat = payloads.clone().map(|payload| payload.flat).max().unwrap_or(0).saturating_add(1);
        Self { guest: shape(Side::Guest), host: shape(Side::Host), flat, same: NEVER }
    }

    /// The layout on one side.
    pub fn shape(&self, side: Side) -> Shape {
        match side {
            Side::Guest => self.guest,
            Side::Host => self.host,
        }
    }
}

/// The offset of each field of a record, and its shape.
pub fn offsets(side: Side, fields: impl Iterator<Item = Layout>) -> impl Iterator<Item = (u64, Shape)> {
    let mut end = 0;
    fields.map(move |field| {
        let shape = field.shape(side);
        let offset = align_up(end, shape.align);
        end = offset.saturating_add(shape.bytes);
        (offset, shape)
    })
}

/// The offset of the payloads of a variant.
pub fn payload_offset(side: Side, cases: usize, payloads: impl Iterator<Item = Layout>) -> u64 {
    align_up(discriminant_bytes(cases), payloads.map(|payload| payload.shape(side).align).max().unwrap_or(1))
}

/// Bytes of the discriminant of a variant with so many cases.
pub fn discriminant_bytes(cases: usize) -> u64 {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// Bytes of flags with so many names.
pub fn flag_bytes(names: usize) -> u64 {
    match names {
        0..=8 => 1,
        9..=16 => 2,
        _ => 4,
    }
}

impl Scalar {
    /// Bytes of a value.
    pub fn bytes(self) -> u64 {
        match self {
            Self::Bool | Self::S8 | Self::U8 => 1,
            Self::S16 | Self::U16 => 2,
            Self::S32 | Self::U32 | Self::F32 | Self::Char => 4,
            Self::S64 | Self::U64 | Self::F64 => 8,
        }
    }
}

fn align_up(offset: u64, align: u64) -> u64 {
    offset.saturating_add(align - 1) & !(align - 1)
}
