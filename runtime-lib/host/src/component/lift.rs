//! Values out of a guest: from core values or from linear memory (canonical ABI, "Loading", "Lifting").

use aot_abi::exports::NO_TYPE;
use aot_abi::trap::Trap;

use super::types::{Kind, TypeIndex, Types, discriminant_bytes, flag_words};
use super::value::Value;
use crate::canonical::memory::check_alignment;
use crate::canonical::strings::lift_text;
use crate::canonical::{Extent, Lifting, Words};

/// The source of a value to lift: core values, or an address such that all of the value lies in memory.
pub enum Source<'w, 's> {
    /// The next of these.
    Words(&'s mut Words<'w>),
    /// The address of the value.
    Address(u64),
}

/// Lifts a value. The depth of the recursion is that of the type, which the compiler bounds.
pub fn lift(cx: &mut Lifting<'_, '_>, types: &Types, ty: TypeIndex, source: Source<'_, '_>) -> Result<Value, Trap> {
    let mut source = source;
    let source = &mut source;
    Ok(match &types.get(ty).kind {
        Kind::Bool => Value::Bool(bits(cx, source, 1, 4)? != 0),
        Kind::S8 => Value::Signed(i64::from(bits(cx, source, 1, 1)? as i8)),
        Kind::S16 => Value::Signed(i64::from(bits(cx, source, 2, 2)? as i16)),
        Kind::S32 => Value::Signed(i64::from(bits(cx, source, 4, 4)? as i32)),
        Kind::S64 => Value::Signed(bits(cx, source, 8, 8)?.cast_signed()),
        Kind::U8 => Value::Unsigned(bits(cx, source, 1, 1)?),
        Kind::U16 => Value::Unsigned(bits(cx, source, 2, 2)?),
        Kind::U32 => Value::Unsigned(bits(cx, source, 4, 4)?),
        Kind::U64 => Value::Unsigned(bits(cx, source, 8, 8)?),
        Kind::F32 => Value::F32(bits(cx, source, 4, 4)? as u32),
        Kind::F64 => Value::F64(bits(cx, source, 8, 8)?),
        Kind::Char => Value::Char(char::from_u32(bits(cx, source, 4, 4)? as u32).ok_or(Trap::InvalidChar)?),
        Kind::String => Value::String(string(cx, source)?),
        Kind::List(element) => Value::List(list(cx, types, *element, source)?),
        Kind::Record(fields) => Value::Fields(record(cx, types, fields.iter().map(|(_, ty)| *ty), source)?),
        Kind::Tuple(fields) => Value::Fields(record(cx, types, fields.iter().copied(), source)?),
        Kind::Variant(cases) => variant(cx, types, ty, cases.iter().map(|(_, ty)| *ty), source)?,
        Kind::Enum(names) => variant(cx, types, ty, names.iter().map(|_| None), source)?,
        Kind::Option(some) => variant(cx, types, ty, [None, Some(*some)].into_iter(), source)?,
        Kind::Result(ok, err) => variant(cx, types, ty, [*ok, *err].into_iter(), source)?,
        Kind::Flags(names) => Value::Flags(flags(cx, names.len(), source)?),
        Kind::Own(resource, _) => Value::Resource(own(cx, resource.number, source)?),
        Kind::Stream(payload) => Value::End(end(cx, *payload, false, source)?),
        Kind::Future(payload) => Value::End(end(cx, *payload, true, source)?),
        // No result has one: validation refuses it.
        Kind::Borrow(_) => return Err(Trap::Other),
    })
}

/// Takes the readable end of a stream or future from the component instance.
fn end(
    cx: &mut Lifting<'_, '_>,
    payload: Option<TypeIndex>,
    is_future: bool,
    source: &mut Source<'_, '_>,
) -> Result<u32, Trap> {
    let handle = bits(cx, source, 4, 4)? as u32;
    let host = cx.host.as_mut().ok_or(Trap::Other)?;
    let functions = host.concurrency_functions.ok_or(Trap::UnknownHandle)?;
    (functions.take_end)(host, cx.instance, handle, payload.unwrap_or(NO_TYPE), is_future)
}

/// The bits of a scalar: of so many bytes in memory, or the lowest of a core value.
fn bits(cx: &mut Lifting<'_, '_>, source: &mut Source<'_, '_>, in_memory: usize, of_word: usize) -> Result<u64, Trap> {
    match source {
        Source::Words(words) => Ok(words.next() & (u64::MAX >> (64 - 8 * of_word))),
        Source::Address(address) => load(cx, *address, in_memory),
    }
}

fn load(cx: &mut Lifting<'_, '_>, address: u64, bytes: usize) -> Result<u64, Trap> {
    let bytes = cx.memory.bytes(address, bytes as u64)?;
    Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn extent(cx: &mut Lifting<'_, '_>, source: &mut Source<'_, '_>) -> Result<Extent, Trap> {
    match source {
        Source::Words(words) => Ok(Extent::lift(words)),
        Source::Address(address) => Extent::load(cx, *address),
    }
}

fn string(cx: &mut Lifting<'_, '_>, source: &mut Source<'_, '_>) -> Result<String, Trap> {
    let extent = extent(cx, source)?;
    let text = lift_text(cx, extent).map_err(|trap| match trap {
        Trap::PointerOutOfBounds => Trap::StringOutOfBounds,
        other => other,
    })?;
    cx.charge(text.len() as u64)?;
    Ok(text.into_owned())
}

fn list(
    cx: &mut Lifting<'_, '_>,
    types: &Types,
    element: TypeIndex,
    source: &mut Source<'_, '_>,
) -> Result<Vec<Value>, Trap> {
    let Extent { address, length } = extent(cx, source)?;
    let ty = types.get(element);
    check_alignment(address, ty.align)?;
    let bytes = u64::from(length).saturating_mul(ty.size);
    cx.memory.range(address, bytes).map_err(|_| Trap::ListOutOfBounds)?;
    cx.charge(u64::from(length) * size_of::<Value>() as u64)?;
    let mut list = Vec::with_capacity(length as usize);
    for index in 0..u64::from(length) {
        list.push(lift(cx, types, element, Source::Address(address + index * ty.size))?);
    }
    Ok(list)
}

fn record(
    cx: &mut Lifting<'_, '_>,
    types: &Types,
    fields: impl Iterator<Item = TypeIndex>,
    source: &mut Source<'_, '_>,
) -> Result<Vec<Value>, Trap> {
    let mut values = Vec::new();
    for (offset, ty) in types.fields(fields) {
        cx.charge(size_of::<Value>() as u64)?;
        let field = match source {
            Source::Words(words) => Source::Words(words),
            Source::Address(address) => Source::Address(*address + offset),
        };
        values.push(lift(cx, types, ty, field)?);
    }
    Ok(values)
}

fn variant(
    cx: &mut Lifting<'_, '_>,
    types: &Types,
    ty: TypeIndex,
    cases: impl Iterator<Item = Option<TypeIndex>> + Clone,
    source: &mut Source<'_, '_>,
) -> Result<Value, Trap> {
    // Core values behind those of the payload belong to other cases.
    let mut words = match source {
        Source::Words(words) => words.take(types.get(ty).flat),
        Source::Address(_) => Words::new(&[]),
    };
    let mut payload = match source {
        Source::Words(_) => Source::Words(&mut words),
        Source::Address(address) => Source::Address(*address),
    };
    let case = bits(cx, &mut payload, discriminant_bytes(cases.clone().count()) as usize, 4)? as u32;
    let inner = cases.clone().nth(case as usize).ok_or(Trap::InvalidDiscriminant)?;
    if let Source::Address(address) = &mut payload {
        *address += types.payload_offset(cases);
    }
    let Some(inner) = inner else { return Ok(Value::Case(case, None)) };
    cx.charge(size_of::<Value>() as u64)?;
    Ok(Value::Case(case, Some(Box::new(lift(cx, types, inner, payload)?))))
}

/// Flags that don't exist are ignored.
fn flags(cx: &mut Lifting<'_, '_>, names: usize, source: &mut Source<'_, '_>) -> Result<Vec<u32>, Trap> {
    let mut words = Vec::new();
    for index in 0..flag_words(names) {
        let in_word = (names - 32 * index).min(32);
        let bytes = if names > 16 { 4 } else { names.div_ceil(8) };
        let mut place = match source {
            Source::Words(words) => Source::Words(words),
            Source::Address(address) => Source::Address(*address + 4 * index as u64),
        };
        let word = bits(cx, &mut place, bytes, 4)? as u32;
        words.push(word & (u32::MAX >> (32 - in_word)));
    }
    Ok(words)
}

fn own(cx: &mut Lifting<'_, '_>, number: u32, source: &mut Source<'_, '_>) -> Result<u32, Trap> {
    let handle = bits(cx, source, 4, 4)? as u32;
    let host = cx.host.as_mut().ok_or(Trap::Other)?;
    host.handles(cx.instance)?.take(number, handle)
}
