//! Merges of objects and archives to one object.

mod support;

use aot_linker::{LinkInput, Machine, archive, merge};
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSection, ObjectSymbol, SectionKind, elf};
use support::{Builder, MACHINES};

/// The relocation of a machine that is a whole address.
fn whole_address(machine: Machine) -> u32 {
    match machine {
        Machine::X86_64 => elf::R_X86_64_64,
        Machine::Aarch64 => elf::R_AARCH64_ABS64,
        Machine::Riscv64 => elf::R_RISCV_64,
    }
}

/// An object of a function that refers to `helper`, and of another that nothing refers to.
fn program(machine: Machine) -> LinkInput {
    let mut object = Builder::new(machine);
    let used = object.section(".text.used", SectionKind::Text, &[1; 8], 8);
    let unused = object.section(".text.unused", SectionKind::Text, &[2; 8], 8);
    object.define("entry", used, 0);
    object.define("forgotten", unused, 0);
    let helper = object.import("helper");
    object.relocate(used, 0, whole_address(machine), helper, 0);
    LinkInput::new("program.o", object.finish())
}

/// An archive of a member that defines `helper` by a local label and needs `memcpy`, and of one that nothing needs.
fn runtime(machine: Machine) -> LinkInput {
    let mut member = Builder::new(machine);
    let text = member.section(".text.helper", SectionKind::Text, &[3; 16], 8);
    let data = member.section(".data.table", SectionKind::Data, &[4; 8], 8);
    member.define("helper", text, 0);
    let label = member.label("label", data, 4);
    let memcpy = member.import("memcpy");
    member.relocate(text, 0, whole_address(machine), label, 2);
    member.relocate(text, 8, whole_address(machine), memcpy, 0);
    let mut other = Builder::new(machine);
    let text = other.section(".text.other", SectionKind::Text, &[5; 8], 8);
    other.define("entry_of_another", text, 0);
    let members = [("member.o", member.finish()), ("other.o", other.finish())];
    LinkInput::new("runtime.a", support::archive(&members))
}

fn merged(machine: Machine) -> Vec<u8> {
    merge(&[program(machine), runtime(machine)], &["entry".into()], &["helper"]).expect("it merges")
}

#[test]
fn what_is_reached_is_kept_and_hidden() {
    for machine in MACHINES {
        let bytes = merged(machine);
        let object = object::File::parse(&*bytes).expect("an object");
        let global = |symbol: &object::Symbol<'_, '_>| symbol.is_global();
        let mut names: Vec<String> =
            object.symbols().filter(global).map(|symbol| symbol.name().expect("a name").to_owned()).collect();
        names.sort();
        assert_eq!(names, ["entry", "memcpy"], "{machine:?}");
        assert!(object.symbols().all(|symbol| symbol.is_global() || symbol.name() == Ok("")), "{machine:?}");
        let text: Vec<u8> = object
            .sections()
            .filter(|section| section.kind() == SectionKind::Text)
            .flat_map(|section| section.data().expect("bytes").to_vec())
            .collect();
        assert_eq!(text, [[1; 8].as_slice(), &[3; 16]].concat(), "{machine:?}");
    }
}

#[test]
fn relocations_stay_what_they_are() {
    for machine in MACHINES {
        let bytes = merged(machine);
        let object = object::File::parse(&*bytes).expect("an object");
        let relocations: Vec<(u64, i64)> = object
            .sections()
            .flat_map(|section| {
                section.relocations().map(|(at, relocation)| (at, relocation.addend())).collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(relocations, [(0, 0), (0, 2), (8, 0)], "{machine:?}");
    }
}

#[test]
fn a_symbol_that_no_input_defines_is_named() {
    let inputs = [program(Machine::X86_64)];
    for (exported, needed) in [("absent", "entry"), ("entry", "absent")] {
        let error = merge(&inputs, &[exported.into()], &[needed]).expect_err("it doesn't merge");
        assert!(format!("{error:#}").contains("absent"), "{error:#}");
    }
}

#[test]
fn an_archive_has_an_index_of_its_symbols() {
    let bytes = archive("library.o", &[7; 5], &["first".into(), "second".into()]);
    let file = ArchiveFile::parse(&*bytes).expect("an archive");
    let names: Vec<Vec<u8>> = file
        .symbols()
        .expect("an index")
        .expect("one with symbols")
        .map(|symbol| symbol.expect("a symbol").name().to_vec())
        .collect();
    assert_eq!(names, [b"first".to_vec(), b"second".to_vec()]);
    let members: Vec<_> = file.members().map(|member| member.expect("a member").name().to_vec()).collect();
    assert_eq!(members, [b"library.o".to_vec()]);
}
