//! Random types of the component model, and random values of them, in the text format.

use crate::random::Random;
use std::fmt::Write;

/// A type. Those that must have a name have the number of theirs.
#[derive(Clone, Debug)]
pub enum Type {
    /// A type without parts, by its name.
    Primitive(&'static str),
    /// `list`.
    List(Box<Type>),
    /// `tuple`.
    Tuple(Vec<Type>),
    /// `option`.
    Option(Box<Type>),
    /// `result`.
    Result(Option<Box<Type>>, Option<Box<Type>>),
    /// `record`.
    Record(usize, Vec<Type>),
    /// `variant`.
    Variant(usize, Vec<Option<Type>>),
    /// `enum`, with so many cases.
    Enum(usize, usize),
    /// `flags`, so many.
    Flags(usize, usize),
}

const PRIMITIVES: &[&str] =
    &["bool", "u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64", "char", "string", "string"];

/// The types with a name, each before those that have it inside.
#[derive(Default)]
pub struct Types {
    named: Vec<Type>,
}

impl Types {
    /// A random type, nested no deeper than `depth`.
    pub fn random(&mut self, depth: usize, random: &mut Random) -> Type {
        let kind = if depth == 0 { 0 } else { random.below(11) };
        let mut part = |random: &mut Random| self.random(depth - 1, random);
        let ty = match kind {
            0..=2 => return Type::Primitive(random.pick(PRIMITIVES)),
            3 => return Type::List(Box::new(part(random))),
            4 => return Type::Tuple((0..1 + random.below(4)).map(|_| part(random)).collect()),
            5 => return Type::Option(Box::new(part(random))),
            6 => {
                let mut side = || (!random.one_in(4)).then(|| Box::new(part(random)));
                return Type::Result(side(), side());
            }
            7 => Type::Record(0, (0..1 + random.below(5)).map(|_| part(random)).collect()),
            8 => {
                Type::Variant(0, (0..1 + random.below(5)).map(|_| (!random.one_in(4)).then(|| part(random))).collect())
            }
            9 => Type::Enum(0, random.pick(&[1, 2, 5, 256, 257])),
            _ => Type::Flags(0, random.pick(&[1, 8, 9, 16, 17, 32])),
        };
        let number = self.named.len();
        let ty = match ty {
            Type::Record(_, fields) => Type::Record(number, fields),
            Type::Variant(_, cases) => Type::Variant(number, cases),
            Type::Enum(_, count) => Type::Enum(number, count),
            Type::Flags(_, count) => Type::Flags(number, count),
            other => other,
        };
        self.named.push(ty.clone());
        ty
    }

    /// Gives each type its name in a component that exports them, or imports them.
    pub fn name(&self, imported: bool, text: &mut String) {
        for (number, ty) in self.named.iter().enumerate() {
            let definition = match ty {
                Type::Record(_, fields) => {
                    let fields =
                        fields.iter().enumerate().map(|(index, ty)| format!("(field \"f{index}\" {})", ty.text()));
                    format!("record {}", words(fields))
                }
                Type::Variant(_, cases) => {
                    let payload = |ty: &Option<Type>| ty.as_ref().map(Type::text).unwrap_or_default();
                    let cases =
                        cases.iter().enumerate().map(|(index, ty)| format!("(case \"c{index}\" {})", payload(ty)));
                    format!("variant {}", words(cases))
                }
                Type::Enum(_, count) => format!("enum {}", words((0..*count).map(|index| format!("\"c{index}\"")))),
                Type::Flags(_, count) => format!("flags {}", words((0..*count).map(|index| format!("\"f{index}\"")))),
                other => other.text(),
            };
            // Writing to a string doesn't fail.
            let _ = match imported {
                true => writeln!(
                    text,
                    "(type $d{number} ({definition})) (import \"t{number}\" (type $t{number} (eq $d{number})))"
                ),
                false => writeln!(
                    text,
                    "(type $d{number} ({definition})) (export $t{number} \"t{number}\" (type $d{number}))"
                ),
            };
        }
    }

    /// The arguments that satisfy those imports.
    pub fn arguments(&self) -> String {
        words((0..self.named.len()).map(|number| format!("(with \"t{number}\" (type $t{number}))")))
    }
}

fn words(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}

impl Type {
    /// The type in the text format of components.
    pub fn text(&self) -> String {
        match self {
            Self::Primitive(name) => (*name).to_string(),
            Self::List(element) => format!("(list {})", element.text()),
            Self::Tuple(fields) => format!("(tuple {})", words(fields.iter().map(Self::text))),
            Self::Option(some) => format!("(option {})", some.text()),
            Self::Result(ok, err) => {
                let ok = ok.as_deref().map(Self::text).unwrap_or_default();
                let err = err.as_deref().map(|err| format!("(error {})", err.text())).unwrap_or_default();
                format!("(result {ok} {err})")
            }
            Self::Record(number, _) | Self::Variant(number, _) | Self::Enum(number, _) | Self::Flags(number, _) => {
                format!("$t{number}")
            }
        }
    }

    /// The cases of those that have some: their payloads.
    pub fn cases(&self) -> Option<Vec<Option<&Type>>> {
        match self {
            Self::Option(some) => Some(vec![None, Some(some)]),
            Self::Result(ok, err) => Some(vec![ok.as_deref(), err.as_deref()]),
            Self::Variant(_, cases) => Some(cases.iter().map(Option::as_ref).collect()),
            Self::Enum(_, count) => Some(vec![None; *count]),
            _ => None,
        }
    }

    /// A random value of the type, in the text format of scripts.
    pub fn value(&self, random: &mut Random) -> String {
        match self {
            Self::Primitive(name) => primitive(name, random),
            Self::List(element) => {
                let count = random.pick(&[0, 1, 2, 5]);
                format!("(list.const {})", words((0..count).map(|_| element.value(random))))
            }
            Self::Tuple(fields) => format!("(tuple.const {})", words(fields.iter().map(|ty| ty.value(random)))),
            Self::Record(_, fields) => {
                let field = |(index, ty): (usize, &Type)| {
                    let value = ty.value(random);
                    format!("(field \"f{index}\" {})", &value[1..value.len() - 1])
                };
                format!("(record.const {})", words(fields.iter().enumerate().map(field)))
            }
            Self::Flags(_, count) => {
                let set = (0..*count).filter(|_| random.one_in(2)).map(|index| format!("\"f{index}\""));
                format!("(flags.const {})", words(set))
            }
            Self::Enum(_, count) => format!("(enum.const \"c{}\")", random.below(*count)),
            _ => {
                let cases = self.cases().unwrap_or_default();
                let case = random.below(cases.len());
                let payload = cases[case].map(|ty| ty.value(random)).unwrap_or_default();
                match self {
                    Self::Option(_) => format!("(option.{} {payload})", ["none", "some"][case]),
                    Self::Result(..) => format!("(result.{} {payload})", ["ok", "err"][case]),
                    _ => format!("(variant.const \"c{case}\" {payload})"),
                }
            }
        }
    }
}

/// Characters of each length in UTF-8 and in UTF-16, and at the edges.
const CHARACTERS: [char; 9] = ['a', '\0', '"', '\u{7f}', 'ÿ', '\u{100}', '\u{7ff}', '\u{ffff}', '\u{10ffff}'];

fn primitive(name: &str, random: &mut Random) -> String {
    let any = random.next();
    let bits = random.pick(&[0, 1, 0x7f, 0x80, 0xff, 0x7fff_ffff, 0x8000_0000, u64::MAX, u64::MAX >> 1, 1 << 63, any]);
    match name {
        "bool" => format!("(bool.const {})", bits & 1 != 0),
        "char" => format!("(char.const {})", quoted(std::iter::once(random.pick(&CHARACTERS)))),
        "string" => {
            // Also of Latin-1 only, and a long one.
            let known = random.pick(&[1, 5, CHARACTERS.len()]);
            let count = random.pick(&[0, 1, 3, 20, 200]);
            format!("(str.const {})", quoted((0..count).map(|_| CHARACTERS[random.below(known)])))
        }
        "f32" => format!(
            "(f32.const {:?})",
            random.pick(&[0.0, -0.0, 1.5, f32::MIN_POSITIVE / 4.0, f32::MAX, f32::INFINITY])
        ),
        "f64" => format!(
            "(f64.const {:?})",
            random.pick(&[0.0, -0.0, 0.1, f64::MIN_POSITIVE / 4.0, f64::MAX, -f64::INFINITY])
        ),
        "u8" => format!("(u8.const {})", bits as u8),
        "s8" => format!("(s8.const {})", bits as i8),
        "u16" => format!("(u16.const {})", bits as u16),
        "s16" => format!("(s16.const {})", bits as i16),
        "u32" => format!("(u32.const {})", bits as u32),
        "s32" => format!("(s32.const {})", bits as i32),
        "u64" => format!("(u64.const {bits})"),
        _ => format!("(s64.const {})", bits.cast_signed()),
    }
}

fn quoted(characters: impl Iterator<Item = char>) -> String {
    let escaped: String = characters.map(|character| format!("\\u{{{:x}}}", u32::from(character))).collect();
    format!("\"{escaped}\"")
}
