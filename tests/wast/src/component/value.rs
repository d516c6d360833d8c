//! Arguments and expected results of components, from the text to the driver's encoding (`aot_abi::script`).

use aot_compiler::decode::{InterfaceType, InterfaceTypeId, InterfaceTypes};
use wast::component::WastVal;

/// A value of a component's type, as a script writes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A value of `bool`.
    Bool(bool),
    /// A value of an integer type.
    Integer(u64),
    /// The bits of an `f32`.
    F32(u32),
    /// The bits of an `f64`.
    F64(u64),
    /// A value of `char`.
    Char(char),
    /// A value of `string`.
    String(String),
    /// The elements of a `list` or `tuple`.
    List(Vec<Value>),
    /// The fields of a `record`.
    Record(Vec<(String, Value)>),
    /// The case of a `variant` or `enum`, and its payload.
    Variant(String, Option<Box<Value>>),
    /// The payload of an `option`, if it has one.
    Option(Option<Box<Value>>),
    /// The payload of a `result`.
    Result(Result<Option<Box<Value>>, Option<Box<Value>>>),
    /// The set labels of `flags`.
    Flags(Vec<String>),
    /// A value of a type from a proposal that the compiler doesn't have.
    Foreign,
}

impl Value {
    /// Reads a value of the script.
    #[allow(clippy::match_wildcard_for_single_variants, reason = "the list grows with proposals")]
    pub fn of(value: &WastVal<'_>) -> Self {
        let boxed = |value: &Option<Box<WastVal<'_>>>| value.as_deref().map(|value| Box::new(Self::of(value)));
        match value {
            WastVal::Bool(value) => Self::Bool(*value),
            WastVal::U8(value) => Self::Integer(u64::from(*value)),
            WastVal::U16(value) => Self::Integer(u64::from(*value)),
            WastVal::U32(value) => Self::Integer(u64::from(*value)),
            WastVal::U64(value) => Self::Integer(*value),
            WastVal::S8(value) => Self::Integer(i64::from(*value).cast_unsigned()),
            WastVal::S16(value) => Self::Integer(i64::from(*value).cast_unsigned()),
            WastVal::S32(value) => Self::Integer(i64::from(*value).cast_unsigned()),
            WastVal::S64(value) => Self::Integer(value.cast_unsigned()),
            WastVal::F32(value) => Self::F32(value.bits),
            WastVal::F64(value) => Self::F64(value.bits),
            WastVal::Char(value) => Self::Char(*value),
            WastVal::String(value) => Self::String(value.to_string()),
            WastVal::List(values) | WastVal::Tuple(values) => Self::List(values.iter().map(Self::of).collect()),
            WastVal::Record(fields) => {
                Self::Record(fields.iter().map(|(name, value)| (name.to_string(), Self::of(value))).collect())
            }
            WastVal::Variant(name, payload) => Self::Variant(name.to_string(), boxed(payload)),
            WastVal::Enum(name) => Self::Variant(name.to_string(), None),
            WastVal::Option(value) => Self::Option(boxed(value)),
            WastVal::Result(Ok(value)) => Self::Result(Ok(boxed(value))),
            WastVal::Result(Err(value)) => Self::Result(Err(boxed(value))),
            WastVal::Flags(names) => Self::Flags(names.iter().map(ToString::to_string).collect()),
            #[allow(
                unreachable_patterns,
                clippy::match_wildcard_for_single_variants,
                reason = "the list grows with proposals"
            )]
            _ => Self::Foreign,
        }
    }

    /// Writes it as a value of the type; a message if it isn't one.
    pub fn encode(&self, types: &InterfaceTypes, ty: InterfaceTypeId, out: &mut Vec<u8>) -> Result<(), String> {
        use InterfaceType as T;
        let wrong = || format!("{self:?} isn't of type {}", types.display(ty));
        match (types.get(ty), self) {
            (T::Bool, Self::Bool(value)) => out.push(u8::from(*value)),
            (T::U8 | T::U16 | T::U32 | T::U64 | T::S8 | T::S16 | T::S32 | T::S64, Self::Integer(value))
            | (T::F64, Self::F64(value)) => out.extend(value.to_le_bytes()),
            (T::F32, Self::F32(bits)) => out.extend(bits.to_le_bytes()),
            (T::Char, Self::Char(value)) => out.extend(u32::from(*value).to_le_bytes()),
            (T::String, Self::String(text)) => {
                count(out, text.len());
                out.extend(text.as_bytes());
            }
            (T::List(element), Self::List(values)) => {
                count(out, values.len());
                values.iter().try_for_each(|value| value.encode(types, *element, out))?;
            }
            (T::Tuple(fields), Self::List(values)) if fields.len() == values.len() => {
                values.iter().zip(fields).try_for_each(|(value, ty)| value.encode(types, *ty, out))?;
            }
            (T::Record(fields), Self::Record(values)) if fields.len() == values.len() => {
                for ((name, value), (field, ty)) in values.iter().zip(fields) {
                    if name != field {
                        return Err(wrong());
                    }
                    value.encode(types, *ty, out)?;
                }
            }
            (T::Variant(cases), Self::Variant(name, payload)) => {
                let case = cases.iter().position(|(case, _)| case == name).ok_or_else(wrong)?;
                encode_case(case, payload.as_deref(), cases[case].1, types, out).ok_or_else(wrong)??;
            }
            (T::Enum(names), Self::Variant(name, None)) => {
                count(out, names.iter().position(|case| case == name).ok_or_else(wrong)?);
            }
            (T::Option(some), Self::Option(value)) => {
                let payload = value.as_ref().map(|_| *some);
                encode_case(usize::from(value.is_some()), value.as_deref(), payload, types, out)
                    .ok_or_else(wrong)??;
            }
            (T::Result(ok, err), Self::Result(value)) => {
                let (case, value, ty) = match value {
                    Ok(value) => (0, value, ok),
                    Err(value) => (1, value, err),
                };
                encode_case(case, value.as_deref(), *ty, types, out).ok_or_else(wrong)??;
            }
            (T::Flags(names), Self::Flags(set)) => {
                let mut words = vec![0u32; names.len().div_ceil(32)];
                for flag in set {
                    let index = names.iter().position(|name| name == flag).ok_or_else(wrong)?;
                    words[index / 32] |= 1 << (index % 32);
                }
                out.extend(words.iter().flat_map(|word| word.to_le_bytes()));
            }
            _ => return Err(wrong()),
        }
        Ok(())
    }
}

/// A case with its payload; nothing if one of type and value lacks a payload.
fn encode_case(
    case: usize,
    payload: Option<&Value>,
    ty: Option<InterfaceTypeId>,
    types: &InterfaceTypes,
    out: &mut Vec<u8>,
) -> Option<Result<(), String>> {
    count(out, case);
    match (payload, ty) {
        (Some(payload), Some(ty)) => Some(payload.encode(types, ty, out)),
        (None, None) => Some(Ok(())),
        _ => None,
    }
}

fn count(out: &mut Vec<u8>, count: usize) {
    out.extend((count as u32).to_le_bytes());
}
