//! Values of a component in a script, by their types.

use aot_host::component::{Kind, TypeIndex, Types, Value};
use aot_host::reader::Reader;

/// The next value of the script, of this type.
pub fn read(reader: &mut Reader, types: &Types, ty: TypeIndex) -> Value {
    match &types.get(ty).kind {
        Kind::Bool => Value::Bool(reader.u8() != 0),
        Kind::S8 | Kind::S16 | Kind::S32 | Kind::S64 => Value::Signed(reader.u64().cast_signed()),
        Kind::U8 | Kind::U16 | Kind::U32 | Kind::U64 => Value::Unsigned(reader.u64()),
        Kind::F32 => Value::F32(reader.u32()),
        Kind::F64 => Value::F64(reader.u64()),
        Kind::Char => Value::Char(char::from_u32(reader.u32()).unwrap_or_default()),
        Kind::String => Value::String(String::from(reader.long_text())),
        Kind::List(element) => Value::List(reader.list(|reader| read(reader, types, *element))),
        Kind::Record(fields) => Value::Fields(fields.iter().map(|(_, ty)| read(reader, types, *ty)).collect()),
        Kind::Tuple(fields) => Value::Fields(fields.iter().map(|ty| read(reader, types, *ty)).collect()),
        Kind::Flags(names) => Value::Flags((0..names.len().div_ceil(32)).map(|_| reader.u32()).collect()),
        Kind::Variant(cases) => case(reader, types, |case| cases.get(case).and_then(|(_, ty)| *ty)),
        Kind::Enum(_) => case(reader, types, |_| None),
        Kind::Option(some) => case(reader, types, |case| Some(*some).filter(|_| case == 1)),
        Kind::Result(ok, err) => case(reader, types, |case| if case == 0 { *ok } else { *err }),
        Kind::Own(..) | Kind::Borrow(_) => Value::Resource(reader.u32()),
        Kind::Stream(_) | Kind::Future(_) => Value::End(reader.u32()),
    }
}

fn case(reader: &mut Reader, types: &Types, payload: impl Fn(usize) -> Option<TypeIndex>) -> Value {
    let case = reader.u32();
    Value::Case(case, payload(case as usize).map(|ty| Box::new(read(reader, types, ty))))
}

/// True if a result is the expected one. A NaN equals any other NaN: the canonical ABI leaves open which one results.
pub fn same(expected: Option<&Value>, result: Option<&Value>) -> bool {
    match (expected, result) {
        (Some(Value::F32(expected)), Some(Value::F32(result))) => {
            expected == result || (f32::from_bits(*expected).is_nan() && f32::from_bits(*result).is_nan())
        }
        (Some(Value::F64(expected)), Some(Value::F64(result))) => {
            expected == result || (f64::from_bits(*expected).is_nan() && f64::from_bits(*result).is_nan())
        }
        (Some(Value::List(expected)), Some(Value::List(result)))
        | (Some(Value::Fields(expected)), Some(Value::Fields(result))) => {
            expected.len() == result.len()
                && expected.iter().zip(result).all(|(expected, result)| same(Some(expected), Some(result)))
        }
        (Some(Value::Case(expected, expected_payload)), Some(Value::Case(result, payload))) => {
            expected == result && same(expected_payload.as_deref(), payload.as_deref())
        }
        (expected, result) => expected == result,
    }
}

/// A short text of a result for messages.
pub fn short(result: Option<&Value>) -> String {
    match result {
        None => String::from("nothing"),
        Some(Value::Bool(value)) => String::from(if *value { "true" } else { "false" }),
        Some(Value::Signed(value)) => value.to_string(),
        Some(Value::Unsigned(value)) => value.to_string(),
        Some(Value::F32(bits)) => bits.to_string(),
        Some(Value::F64(bits)) => bits.to_string(),
        Some(Value::Char(value)) => String::from(*value),
        Some(Value::String(value)) => value.replace('\n', " "),
        Some(Value::List(values) | Value::Fields(values)) => {
            let parts: Vec<String> = values.iter().map(|value| short(Some(value))).collect();
            parts.join(" ")
        }
        Some(Value::Case(case, payload)) => {
            let mut text = case.to_string();
            if let Some(payload) = payload {
                text.push(' ');
                text.push_str(&short(Some(payload)));
            }
            text
        }
        Some(Value::Flags(words)) => words.first().map_or_else(String::new, ToString::to_string),
        Some(Value::Resource(representation) | Value::End(representation)) => representation.to_string(),
    }
}
