//! Values into a guest: as core values or in linear memory (canonical ABI, "Storing", "Lowering").

use aot_abi::trap::Trap;

use super::types::{Kind, Resource, TypeIndex, Types, discriminant_bytes};
use super::value::Value;
use crate::canonical::Extent;
use crate::canonical::lowering::Lowering;
use crate::canonical::strings::lower_text;

/// The destination of a lowered value: core values, or an address from which on all of it has room.
pub enum Destination<'d> {
    /// Core values: the value's are appended.
    Words(&'d mut Vec<u64>),
    /// The address for the value.
    Address(u64),
}

/// Lowers a value of the type. The depth of the recursion is that of the type, which the compiler bounds. A value that
/// isn't of the type is [`Trap::Other`].
pub fn lower(
    cx: &mut Lowering<'_>,
    types: &Types,
    ty: TypeIndex,
    value: &Value,
    destination: Destination<'_>,
) -> Result<(), Trap> {
    let mut destination = destination;
    let destination = &mut destination;
    match (&types.get(ty).kind, value) {
        (Kind::Bool, Value::Bool(value)) => put(cx, destination, 1, u64::from(*value)),
        (Kind::S8, Value::Signed(value)) => put(cx, destination, 1, *value as u32 as u64),
        (Kind::S16, Value::Signed(value)) => put(cx, destination, 2, *value as u32 as u64),
        (Kind::S32, Value::Signed(value)) => put(cx, destination, 4, *value as u32 as u64),
        (Kind::S64, Value::Signed(value)) => put(cx, destination, 8, value.cast_unsigned()),
        (Kind::U8, Value::Unsigned(value)) => put(cx, destination, 1, *value),
        (Kind::U16, Value::Unsigned(value)) => put(cx, destination, 2, *value),
        (Kind::U32, Value::Unsigned(value)) => put(cx, destination, 4, *value),
        (Kind::U64, Value::Unsigned(value)) | (Kind::F64, Value::F64(value)) => put(cx, destination, 8, *value),
        (Kind::F32, Value::F32(value)) => put(cx, destination, 4, u64::from(*value)),
        (Kind::Char, Value::Char(value)) => put(cx, destination, 4, u64::from(u32::from(*value))),
        (Kind::String, Value::String(text)) => {
            let string = lower_text(cx, text)?;
            put_extent(cx, destination, string)
        }
        (Kind::List(element), Value::List(values)) => {
            let list = list(cx, types, *element, values)?;
            put_extent(cx, destination, list)
        }
        (Kind::Record(fields), Value::Fields(values)) => {
            record(cx, types, fields.iter().map(|(_, ty)| *ty), values, destination)
        }
        (Kind::Tuple(fields), Value::Fields(values)) => record(cx, types, fields.iter().copied(), values, destination),
        (Kind::Variant(cases), Value::Case(case, payload)) => {
            variant(cx, types, ty, cases.iter().map(|(_, ty)| *ty), (*case, payload.as_deref()), destination)
        }
        (Kind::Enum(names), Value::Case(case, None)) => {
            variant(cx, types, ty, names.iter().map(|_| None), (*case, None), destination)
        }
        (Kind::Option(some), Value::Case(case, payload)) => {
            variant(cx, types, ty, [None, Some(*some)].into_iter(), (*case, payload.as_deref()), destination)
        }
        (Kind::Result(ok, err), Value::Case(case, payload)) => {
            variant(cx, types, ty, [*ok, *err].into_iter(), (*case, payload.as_deref()), destination)
        }
        (Kind::Flags(names), Value::Flags(words)) => flags(cx, names.len(), words, destination),
        (Kind::Own(resource, _), Value::Resource(representation)) => {
            let handle = cx.add_handle(resource.number, *representation)?;
            put(cx, destination, 4, u64::from(handle))
        }
        (Kind::Borrow(resource), Value::Resource(representation)) => {
            let handle = borrow(cx, resource, *representation)?;
            put(cx, destination, 4, u64::from(handle))
        }
        (Kind::Stream(_) | Kind::Future(_), Value::End(end)) => {
            let handle = cx.give_end(*end)?;
            put(cx, destination, 4, u64::from(handle))
        }
        _ => Err(Trap::Other),
    }
}

/// A scalar: a core value, or the lowest bytes of one in memory.
fn put(cx: &mut Lowering<'_>, destination: &mut Destination<'_>, bytes: usize, value: u64) -> Result<(), Trap> {
    match destination {
        Destination::Words(words) => {
            words.push(value);
            Ok(())
        }
        Destination::Address(address) => {
            cx.memory().write(*address, value.to_le_bytes().get(..bytes).ok_or(Trap::Other)?)
        }
    }
}

fn put_extent(cx: &mut Lowering<'_>, destination: &mut Destination<'_>, extent: Extent) -> Result<(), Trap> {
    match destination {
        Destination::Words(words) => {
            words.extend([extent.address, u64::from(extent.length)]);
            Ok(())
        }
        Destination::Address(address) => extent.store(cx, *address),
    }
}

fn list(cx: &mut Lowering<'_>, types: &Types, element: TypeIndex, values: &[Value]) -> Result<Extent, Trap> {
    let length = u32::try_from(values.len()).map_err(|_| Trap::ReallocFailed)?;
    let ty = types.get(element);
    let address = cx.allocate(ty.align, u64::from(length).saturating_mul(ty.size))?;
    for (index, value) in values.iter().enumerate() {
        lower(cx, types, element, value, Destination::Address(address + index as u64 * ty.size))?;
    }
    Ok(Extent { address, length })
}

fn record(
    cx: &mut Lowering<'_>,
    types: &Types,
    fields: impl Iterator<Item = TypeIndex>,
    values: &[Value],
    destination: &mut Destination<'_>,
) -> Result<(), Trap> {
    let mut values = values.iter();
    for (offset, ty) in types.fields(fields) {
        let value = values.next().ok_or(Trap::Other)?;
        let field = match destination {
            Destination::Words(words) => Destination::Words(words),
            Destination::Address(address) => Destination::Address(*address + offset),
        };
        lower(cx, types, ty, value, field)?;
    }
    if values.next().is_some() { Err(Trap::Other) } else { Ok(()) }
}

fn variant(
    cx: &mut Lowering<'_>,
    types: &Types,
    ty: TypeIndex,
    cases: impl Iterator<Item = Option<TypeIndex>> + Clone,
    (case, payload): (u32, Option<&Value>),
    destination: &mut Destination<'_>,
) -> Result<(), Trap> {
    let inner = cases.clone().nth(case as usize).ok_or(Trap::Other)?;
    put(cx, destination, discriminant_bytes(cases.clone().count()) as usize, u64::from(case))?;
    let end = match destination {
        Destination::Words(words) => words.len() + types.get(ty).flat - 1,
        Destination::Address(address) => {
            *address += types.payload_offset(cases);
            0
        }
    };
    let inner_destination = match destination {
        Destination::Words(words) => Destination::Words(words),
        Destination::Address(address) => Destination::Address(*address),
    };
    match (inner, payload) {
        (Some(inner), Some(value)) => lower(cx, types, inner, value, inner_destination)?,
        (None, None) => {}
        _ => return Err(Trap::Other),
    }
    if let Destination::Words(words) = destination {
        // Those of larger payloads.
        words.resize(end, 0);
    }
    Ok(())
}

fn flags(cx: &mut Lowering<'_>, names: usize, flags: &[u32], destination: &mut Destination<'_>) -> Result<(), Trap> {
    if flags.len() != super::types::flag_words(names) {
        return Err(Trap::Other);
    }
    let bytes = if names > 16 { 4 } else { names.div_ceil(8) };
    for (index, word) in flags.iter().enumerate() {
        let mut place = match destination {
            Destination::Words(words) => Destination::Words(words),
            Destination::Address(address) => Destination::Address(*address + 4 * index as u64),
        };
        put(cx, &mut place, bytes, u64::from(*word))?;
    }
    Ok(())
}

/// The component that defines the type gets what it knows the resource by; another one a handle for the call.
fn borrow(cx: &mut Lowering<'_>, resource: &Resource, representation: u32) -> Result<u32, Trap> {
    if resource.home == cx.component_instance() {
        return Ok(representation);
    }
    cx.add_borrow(resource.number, representation)
}
