//! Values of the types of WASI, against a buffer that stands for a guest's memory.

use std::borrow::Cow;

use aot_abi::host::{STRING_LATIN1_UTF16, STRING_UTF8, STRING_UTF16};
use aot_abi::trap::Trap;

use crate::canonical::lowering::Lowering;
use crate::canonical::memory::Memory;
use crate::canonical::strings::{lift_text, lower_text};
use crate::canonical::{Abi, Elements, Extent, Lift, Lifting, Lower, Words};
use crate::host::Host;
use crate::testing::{host, options};

crate::define_flags! { Few: u8 { LOW = "low", HIGH = "high", } }

/// A context for a memory of bytes, with a host that allows 1,000 bytes a call.
fn lifting<'a, 'h>(memory: &'a mut [u8], encoding: u16, host: &'h mut Host) -> Lifting<'a, 'h> {
    Lifting { memory: Memory::of_buffer(memory), encoding, instance: 0, strict: true, host: Some(host) }
}

fn loaded<T: Lift<Value<'static> = T> + 'static>(memory: &'static mut [u8]) -> Result<T, Trap> {
    T::load(&mut lifting(memory, STRING_UTF8, &mut host()), 0)
}

/// Gives a test memory that outlives its contexts.
fn memory<const N: usize>(bytes: [u8; N]) -> &'static mut [u8] {
    Box::leak(Box::new(bytes))
}

#[test]
fn any_bit_makes_a_bool_true() {
    let mut host = host();
    let mut lift = |word| bool::lift(&mut lifting(&mut [], STRING_UTF8, &mut host), &mut Words::new(&[word]));
    assert_eq!([0, 1, 1 << 31, 1 << 32].map(&mut lift), [Ok(false), Ok(true), Ok(true), Ok(false)]);
    assert_eq!([loaded(memory([0])), loaded(memory([1])), loaded(memory([0x80]))], [Ok(false), Ok(true), Ok(true)]);
}

#[test]
fn payloads_lie_behind_the_case() {
    assert_eq!(loaded::<Option<u16>>(memory([0, 9, 9, 9])), Ok(None));
    assert_eq!(loaded::<Option<u16>>(memory([1, 9, 2, 3])), Ok(Some(0x302)));
    assert_eq!(loaded::<Option<u16>>(memory([2, 9, 2, 3])), Err(Trap::InvalidValue));
    assert_eq!(loaded::<Result<u16, u8>>(memory([0, 9, 2, 3])), Ok(Ok(0x302)));
    assert_eq!(loaded::<Result<u16, u8>>(memory([1, 9, 2, 3])), Ok(Err(2)));
}

#[test]
fn a_result_without_payloads_is_one_word() {
    let lower = |result: Result<(), ()>| result.lower(&mut Lowering::plain(Memory::of_buffer(&mut [])));
    assert_eq!((lower(Ok(())), lower(Err(()))), (Ok(0), Ok(1)));
}

#[test]
fn elements_lie_in_the_memory() {
    let mut bytes = [0, 0, 0, 0, 1, 0, 2, 0];
    let memory = Memory::of_buffer(&mut bytes);
    let elements = |address, length| Elements::<u16>::new(memory, Extent { address, length });
    let two = elements(4, 2).map(|elements| (elements.len(), elements.get(0), elements.get(1)));
    assert_eq!(two.ok(), Some((2, Ok(1), Ok(2))));
    assert_eq!(elements(4, 3).err(), Some(Trap::PointerOutOfBounds));
    assert_eq!(elements(5, 1).err(), Some(Trap::PointerUnaligned));
}

#[test]
fn elements_of_preview_1_have_no_unknown_flags() {
    let mut bytes = [0b11, 0b100];
    let elements = Elements::<Few>::new(Memory::of_buffer(&mut bytes), Extent { address: 0, length: 2 });
    let get = |index| elements.as_ref().map(|elements| elements.get(index)).map_err(|trap| *trap);
    assert_eq!(get(0), Ok(Ok(Few::LOW.union(Few::HIGH))));
    assert!(get(1).is_ok_and(|element| element.is_err()));
}

#[test]
fn strings_are_aligned_and_count() {
    let mut host = host();
    let mut lift = |encoding, address, length| {
        host.begin_call();
        let mut bytes = [b'a'; 4000];
        let mut cx = lifting(&mut bytes, encoding, &mut host);
        lift_text(&mut cx, Extent { address, length }).map(|text| text.chars().count())
    };
    assert_eq!(lift(STRING_UTF8, 1, 3000), Ok(3000));
    assert_eq!(lift(STRING_UTF16, 2, 333), Ok(333));
    assert_eq!(lift(STRING_UTF16, 2, 334), Err(Trap::LimitExceeded));
    assert_eq!(lift(STRING_UTF16, 1, 1), Err(Trap::PointerUnaligned));
    assert_eq!(lift(STRING_LATIN1_UTF16, 2, 500), Ok(500));
    assert_eq!(lift(STRING_LATIN1_UTF16, 2, 501), Err(Trap::LimitExceeded));
    assert_eq!(lift(STRING_LATIN1_UTF16, 1, 1), Err(Trap::PointerUnaligned));
}

#[test]
fn texts_of_a_program_with_threads_are_copies_that_count() {
    let mut host = host();
    host.has_threads = true;
    let mut bytes = [b'a'; 4000];
    let mut cx = lifting(&mut bytes, STRING_UTF8, &mut host);
    assert!(matches!(lift_text(&mut cx, Extent { address: 0, length: 600 }), Ok(Cow::Owned(_))));
    assert_eq!(lift_text(&mut cx, Extent { address: 0, length: 600 }), Err(Trap::LimitExceeded));
}

#[test]
fn text_is_borrowed_without_a_host() {
    let mut bytes = *b"text";
    let memory = Memory::of_buffer(&mut bytes);
    let mut cx = Lifting { memory, encoding: STRING_UTF8, instance: 0, strict: false, host: None };
    assert!(matches!(lift_text(&mut cx, Extent { address: 0, length: 4 }), Ok(Cow::Borrowed("text"))));
}

#[test]
fn the_last_character_of_latin_1_takes_a_byte() {
    let options = options(STRING_LATIN1_UTF16);
    let lower = |text| {
        let mut bytes = [0; 64];
        let extent = lower_text(&mut Lowering::test(Memory::of_buffer(&mut bytes), &options, 8), text);
        (extent.map(|extent| extent.length), bytes[8], bytes[9])
    };
    assert_eq!(lower("\u{ff}"), (Ok(1), 0xff, 0));
    assert_eq!(lower("\u{100}"), (Ok(1 | 1 << 31), 0, 1));
}

#[test]
fn sizes_are_those_of_the_specification() {
    assert_eq!((<Option<u16>>::SIZE, <Option<u16>>::ALIGN, <Option<u16>>::FLAT), (4, 2, 2));
    assert_eq!((Few::SIZE, Few::ALIGN, Few::FLAT), (1, 1, 1));
}
