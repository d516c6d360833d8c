//! Messages of failed links.

mod support;

use aot_linker::{LinkInput, Linker, Machine, Wild};
use object::{SectionKind, elf};
use support::exit_programs::main_object;
use support::{Builder, bare};

fn message(inputs: Vec<LinkInput>) -> String {
    let error = Wild.link(Machine::X86_64, inputs, &bare()).expect_err("it doesn't link");
    format!("{error:#}")
}

#[test]
fn every_undefined_symbol_is_named_with_the_input_that_needs_it() {
    let mut object = Builder::new(Machine::X86_64);
    let text = object.section(".text.start", SectionKind::Text, &[0; 16], 16);
    object.define("_start", text, 0);
    for (index, name) in ["first_missing", "second_missing"].into_iter().enumerate() {
        let symbol = object.import(name);
        object.relocate(text, 8 * index as u64, elf::R_X86_64_PLT32, symbol, -4);
    }
    let text = message(vec![LinkInput::new("guest.o", object.finish())]);
    for part in ["first_missing", "second_missing", "guest.o"] {
        assert!(text.contains(part), "{part} in: {text}");
    }
    assert!(!text.contains("/input/"), "{text}");
}

#[test]
fn a_symbol_that_is_defined_twice_is_named() {
    let define = || {
        let mut object = Builder::new(Machine::X86_64);
        let text = object.section(".text.start", SectionKind::Text, &[0xc3], 16);
        object.define("_start", text, 0);
        object.finish()
    };
    let text = message(vec![LinkInput::new("a.o", define()), LinkInput::new("b.o", define())]);
    assert!(text.contains("_start"), "{text}");
}

#[test]
fn inputs_must_have_names_of_their_own() {
    let object = || LinkInput::new("same.o", main_object(Machine::X86_64));
    assert!(message(vec![object(), object()]).contains("same.o"));
}

#[test]
fn an_input_of_another_machine_is_an_error() {
    let object = LinkInput::new("arm.o", main_object(Machine::Aarch64));
    assert!(message(vec![object]).contains("arm.o"));
}

#[test]
fn bytes_that_are_no_object_are_an_error() {
    let text = message(vec![LinkInput::new("noise.o", &[0x7f, 0x45, 0x4c, 0x46, 9, 9, 9][..])]);
    assert!(text.contains("noise.o"), "{text}");
}
