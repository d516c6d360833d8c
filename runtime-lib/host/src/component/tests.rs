//! Lifting and lowering of values whose types are known only at run time, against a buffer that stands for a guest's
//! memory: the bytes are those that the canonical ABI says ("Storing", "Flattening").

use aot_abi::exports as abi;
use aot_abi::host::{STRING_LATIN1_UTF16, STRING_UTF8, STRING_UTF16};
use aot_abi::program::{Entry, NO_ENTRY};
use aot_abi::trap::Trap;

use super::lift::{Source, lift};
use super::lower::{Destination, lower};
use super::types::{TypeIndex, Types};
use super::value::Value;
use crate::canonical::lowering::Lowering;
use crate::canonical::memory::Memory;
use crate::canonical::{Lifting, Words};
use crate::testing::{host, options};
use aot_foundation::exports::Description;

/// The address at which a test's `realloc` allocates first.
const NEXT: u64 = 256;

/// Describes types as the compiler does.
#[derive(Default)]
struct Builder {
    types: Vec<abi::Type>,
    members: Vec<abi::Member>,
}

impl Builder {
    /// A type whose members have these types and no names.
    fn add(&mut self, kind: u32, members: &[u32]) -> TypeIndex {
        let nothing = abi::Text { offset: 0, bytes: 0 };
        let (first, count) = (self.members.len() as u32, members.len() as u32);
        self.members.extend(members.iter().map(|ty| abi::Member { name: nothing, ty: *ty }));
        let destructor = Entry { entry: NO_ENTRY, vmctx: 0 };
        let ty = abi::Type { kind, first, count, number: 0, home: 0, unused: 0, name: nothing, destructor };
        self.types.push(ty);
        self.types.len() as u32 - 1
    }

    /// A type of so many names.
    fn names(&mut self, kind: u32, count: u32) -> TypeIndex {
        self.add(kind, &vec![abi::NO_TYPE; count as usize])
    }

    fn read(self) -> Types {
        let (types, members) = (self.types.leak(), self.members.leak());
        Types::read(&Description { types, members, functions: &[], names: &[] })
    }
}

/// Lowers to core values and to memory, and lifts from both; the core values, and the memory from [`NEXT`] on after the
/// value's own bytes.
fn there_and_back(types: &Types, ty: TypeIndex, value: &Value, encoding: u16) -> (Vec<u64>, Vec<u8>) {
    let options = options(encoding);
    let (mut flat, mut stored) = (vec![0; 4096], vec![0; 4096]);
    let mut words = Vec::new();
    let mut cx = Lowering::test(Memory::of_buffer(&mut flat), &options, NEXT);
    lower(&mut cx, types, ty, value, Destination::Words(&mut words)).unwrap();
    let mut cx = Lowering::test(Memory::of_buffer(&mut stored), &options, NEXT);
    lower(&mut cx, types, ty, value, Destination::Address(64)).unwrap();
    let mut host = host();
    let mut from = |buffer: &mut [u8], source: Source<'_, '_>| {
        let memory = Memory::of_buffer(buffer);
        let mut cx = Lifting { memory, encoding, instance: 0, strict: false, host: Some(&mut host) };
        lift(&mut cx, types, ty, source).unwrap()
    };
    assert_eq!(from(&mut flat, Source::Words(&mut Words::new(&words))), *value);
    assert_eq!(from(&mut stored, Source::Address(64)), *value);
    (words, stored.split_off(64))
}

fn lifted(types: &Types, ty: TypeIndex, words: &[u64], memory: &mut [u8]) -> Result<Value, Trap> {
    let mut host = host();
    let memory = Memory::of_buffer(memory);
    let mut cx = Lifting { memory, encoding: STRING_UTF8, instance: 0, strict: false, host: Some(&mut host) };
    lift(&mut cx, types, ty, Source::Words(&mut Words::new(words)))
}

#[test]
fn records_have_their_fields_aligned() {
    let mut description = Builder::default();
    let (byte, wide, short) =
        (description.add(abi::TYPE_U8, &[]), description.add(abi::TYPE_S64, &[]), description.add(abi::TYPE_S16, &[]));
    let record = description.add(abi::TYPE_RECORD, &[byte, wide, short]);
    let types = description.read();
    assert_eq!((types.get(record).size, types.get(record).align, types.get(record).flat), (24, 8, 3));
    let value = Value::Fields(vec![Value::Unsigned(7), Value::Signed(-2), Value::Signed(-3)]);
    let (words, bytes) = there_and_back(&types, record, &value, STRING_UTF8);
    assert_eq!(words, [7, u64::MAX - 1, 0xffff_fffd]);
    assert_eq!(bytes[..2], [7, 0]);
    assert_eq!(bytes[8..16], (-2i64).to_le_bytes());
    assert_eq!(bytes[16..18], (-3i16).to_le_bytes());
}

#[test]
fn variants_have_room_for_the_largest_case() {
    let mut description = Builder::default();
    let (float, wide) = (description.add(abi::TYPE_F32, &[]), description.add(abi::TYPE_U64, &[]));
    let variant = description.add(abi::TYPE_VARIANT, &[abi::NO_TYPE, float, wide]);
    let types = description.read();
    assert_eq!((types.get(variant).size, types.get(variant).align, types.get(variant).flat), (16, 8, 2));
    let (words, bytes) = there_and_back(&types, variant, &Value::Case(0, None), STRING_UTF8);
    assert_eq!((&words[..], bytes[0]), (&[0, 0][..], 0));
    let float = Value::Case(1, Some(Box::new(Value::F32(1.5f32.to_bits()))));
    let (words, bytes) = there_and_back(&types, variant, &float, STRING_UTF8);
    // A float in the place of an integer is its bits.
    assert_eq!(words, [1, u64::from(1.5f32.to_bits())]);
    assert_eq!((bytes[0], &bytes[8..12]), (1, &1.5f32.to_le_bytes()[..]));
    there_and_back(&types, variant, &Value::Case(2, Some(Box::new(Value::Unsigned(u64::MAX)))), STRING_UTF8);
    assert_eq!(lifted(&types, variant, &[3, 0], &mut []), Err(Trap::InvalidDiscriminant));
    assert_eq!(lifted(&types, variant, &[u64::from(u32::MAX), 0], &mut []), Err(Trap::InvalidDiscriminant));
}

#[test]
fn lists_are_behind_a_pointer_that_is_checked() {
    let mut description = Builder::default();
    let element = description.add(abi::TYPE_U32, &[]);
    let list = description.add(abi::TYPE_LIST, &[element]);
    let nested = description.add(abi::TYPE_LIST, &[list]);
    let types = description.read();
    let numbers = |numbers: &[u64]| Value::List(numbers.iter().map(|number| Value::Unsigned(*number)).collect());
    let (words, bytes) = there_and_back(&types, list, &numbers(&[1, 2, u64::from(u32::MAX)]), STRING_UTF8);
    assert_eq!(words, [NEXT, 3]);
    assert_eq!(bytes[..8], [0, 1, 0, 0, 3, 0, 0, 0]);
    there_and_back(&types, nested, &Value::List(vec![numbers(&[]), numbers(&[9]), numbers(&[8, 7])]), STRING_UTF8);
    assert_eq!(lifted(&types, list, &[2, 1], &mut [0; 64]), Err(Trap::PointerUnaligned));
    assert_eq!(lifted(&types, list, &[4, 16], &mut [0; 64]), Err(Trap::ListOutOfBounds));
    assert_eq!(lifted(&types, list, &[4, u64::from(u32::MAX)], &mut [0; 64]), Err(Trap::ListOutOfBounds));
    // More than one call may take of the host.
    assert_eq!(lifted(&types, list, &[0, 1000], &mut [0; 4000]), Err(Trap::LimitExceeded));
}

#[test]
fn strings_are_in_the_callers_encoding() {
    let mut description = Builder::default();
    let string = description.add(abi::TYPE_STRING, &[]);
    let types = description.read();
    for (encoding, text, length) in [
        (STRING_UTF8, "aé€😀", 10),
        (STRING_UTF16, "aé€😀", 5),
        (STRING_LATIN1_UTF16, "aé", 2),
        (STRING_LATIN1_UTF16, "aé€", 3 | 1 << 31),
    ] {
        let (words, _) = there_and_back(&types, string, &Value::String(text.to_string()), encoding);
        assert_eq!(words, [NEXT, length], "{text} in {encoding}");
    }
    assert_eq!(lifted(&types, string, &[60, 5], &mut [0; 64]), Err(Trap::StringOutOfBounds));
    assert_eq!(lifted(&types, string, &[0, 1], &mut [0xff]), Err(Trap::InvalidString));
}

#[test]
fn flags_and_enums_take_as_few_bytes_as_they_can() {
    let mut description = Builder::default();
    let of = |description: &mut Builder, count| description.names(abi::TYPE_FLAGS, count);
    let (few, more, many) = (of(&mut description, 8), of(&mut description, 9), of(&mut description, 33));
    let few_cases = description.names(abi::TYPE_ENUM, 256);
    let many_cases = description.names(abi::TYPE_ENUM, 257);
    let types = description.read();
    assert_eq!([few, more, many, few_cases, many_cases].map(|ty| types.get(ty).size), [1, 2, 8, 1, 2]);
    let (words, bytes) = there_and_back(&types, many, &Value::Flags(vec![1 << 31, 1]), STRING_UTF8);
    assert_eq!((&words[..], &bytes[..8]), (&[1 << 31, 1][..], &[0, 0, 0, 0x80, 1, 0, 0, 0][..]));
    // Flags that don't exist are ignored.
    assert_eq!(lifted(&types, many, &[0, 3], &mut []), Ok(Value::Flags(vec![0, 1])));
    there_and_back(&types, many_cases, &Value::Case(256, None), STRING_UTF8);
    assert_eq!(lifted(&types, few_cases, &[256], &mut []), Err(Trap::InvalidDiscriminant));
}

#[test]
fn scalars_are_cut_and_chars_are_checked() {
    let mut description = Builder::default();
    let kinds = [abi::TYPE_BOOL, abi::TYPE_S8, abi::TYPE_U16, abi::TYPE_CHAR];
    let [bool, small, short, char] = kinds.map(|kind| description.add(kind, &[]));
    let types = description.read();
    assert_eq!(lifted(&types, bool, &[2], &mut []), Ok(Value::Bool(true)));
    assert_eq!(lifted(&types, small, &[0x1ff], &mut []), Ok(Value::Signed(-1)));
    assert_eq!(lifted(&types, short, &[0x1_0002], &mut []), Ok(Value::Unsigned(2)));
    assert_eq!(lifted(&types, char, &[0x10ffff], &mut []), Ok(Value::Char('\u{10ffff}')));
    for wrong in [0x110000, 0xd800, 0xdfff] {
        assert_eq!(lifted(&types, char, &[wrong], &mut []), Err(Trap::InvalidChar));
    }
}

#[test]
fn values_of_other_types_are_refused() {
    let mut description = Builder::default();
    let number = description.add(abi::TYPE_U32, &[]);
    let types = description.read();
    let options = options(STRING_UTF8);
    let mut cx = Lowering::test(Memory::of_buffer(&mut []), &options, NEXT);
    let wrong = lower(&mut cx, &types, number, &Value::Bool(true), Destination::Words(&mut Vec::new()));
    assert_eq!(wrong, Err(Trap::Other));
}
