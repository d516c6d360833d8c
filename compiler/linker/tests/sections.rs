//! Sections that reach the executable, and their addresses.

mod support;

use aot_linker::{LinkInput, LinkOptions, Linker, Machine, Wild};
use object::elf;
use object::read::elf::{ElfFile64, FileHeader, ProgramHeader};
use object::{LittleEndian, Object, ObjectSection, SectionKind};
use support::exit_programs::{function_object, main_object};
use support::{Builder, MACHINES, archive};

const IMAGE_ALIGN: u64 = 65536;

/// Links the program that exits with 42 and `extra` as a static-PIE.
fn link(machine: Machine, extra: Vec<u8>) -> Vec<u8> {
    let library = archive(&[("function.o/", function_object(machine))]);
    let inputs = vec![
        LinkInput::new("main.o", main_object(machine)),
        LinkInput::new("extra.o", extra),
        LinkInput::new("library.a", library),
    ];
    Wild.link(machine, inputs, &LinkOptions::default()).expect("it links")
}

fn section_bytes(executable: &[u8], name: &str) -> Option<Vec<u8>> {
    let file = ElfFile64::<LittleEndian>::parse(executable).expect("an ELF file");
    let section = file.section_by_name(name)?;
    Some(section.data().expect("its contents").to_vec())
}

#[test]
fn an_unreferenced_section_is_dropped_and_a_retained_one_kept() {
    for machine in MACHINES {
        let mut object = Builder::new(machine);
        object.section("dropped", SectionKind::ReadOnlyData, b"nobody", 1);
        let kept = object.section("kept", SectionKind::ReadOnlyData, b"retained", 1);
        object.retain(kept);
        let executable = link(machine, object.finish());
        assert_eq!(section_bytes(&executable, "dropped"), None, "{machine:?}");
        assert_eq!(section_bytes(&executable, "kept").as_deref(), Some(&b"retained"[..]));
    }
}

#[test]
fn a_dropped_section_may_refer_to_a_symbol_that_nobody_defines() {
    for machine in MACHINES {
        let mut object = Builder::new(machine);
        let text = object.section(".text.dropped", SectionKind::Text, &[0; 16], 16);
        let nowhere = object.import("nowhere");
        let kind = match machine {
            Machine::X86_64 => elf::R_X86_64_PLT32,
            Machine::Aarch64 => elf::R_AARCH64_CALL26,
            Machine::Riscv64 => elf::R_RISCV_CALL_PLT,
        };
        object.relocate(text, 0, kind, nowhere, 0);
        link(machine, object.finish());
    }
}

#[test]
fn a_note_is_kept_and_has_a_segment() {
    for machine in MACHINES {
        let mut object = Builder::new(machine);
        let note = [4u32, 4, 1].map(u32::to_le_bytes).concat();
        object.section(".note.aot", SectionKind::Note, &[&note[..], b"aot\0data"].concat(), 4);
        let executable = link(machine, object.finish());
        assert!(section_bytes(&executable, ".note.aot").is_some(), "{machine:?}");
        assert!(segments(&executable).iter().any(|segment| segment.kind == elf::PT_NOTE));
    }
}

#[test]
fn start_and_stop_symbols_enclose_a_section() {
    for machine in MACHINES {
        let mut object = Builder::new(machine);
        let items = object.section("items", SectionKind::Data, &[7; 24], 8);
        let root = object.section(".data.root", SectionKind::Data, &[0; 16], 8);
        object.retain(root);
        object.define("item", items, 0);
        let (start, stop) = (object.import("__start_items"), object.import("__stop_items"));
        let kind = match machine {
            Machine::X86_64 => elf::R_X86_64_64,
            Machine::Aarch64 => elf::R_AARCH64_ABS64,
            Machine::Riscv64 => elf::R_RISCV_64,
        };
        object.relocate(root, 0, kind, start, 0);
        object.relocate(root, 8, kind, stop, 0);
        let executable = link(machine, object.finish());
        assert_eq!(section_bytes(&executable, "items").as_deref(), Some(&[7; 24][..]));
    }
}

#[test]
fn an_image_section_is_aligned_and_writable_after_start() {
    for machine in MACHINES {
        let mut object = Builder::new(machine);
        let image = object.section(".aot_images", SectionKind::Data, &[1; IMAGE_ALIGN as usize], IMAGE_ALIGN);
        object.retain(image);
        let executable = link(machine, object.finish());
        let file = ElfFile64::<LittleEndian>::parse(&executable[..]).expect("an ELF file");
        let section = file.section_by_name(".aot_images").expect("the section");
        let (address, end) = (section.address(), section.address() + section.size());
        assert_eq!(address % IMAGE_ALIGN, 0, "{machine:?}");
        let segments = segments(&executable);
        let holder = segments
            .iter()
            .find(|segment| segment.kind == elf::PT_LOAD && segment.start <= address && end <= segment.end);
        assert_ne!(holder.expect("a segment that holds it").flags & elf::PF_W, 0);
        let read_only = segments.iter().find(|segment| segment.kind == elf::PT_GNU_RELRO);
        assert!(read_only.is_none_or(|segment| end <= segment.start || segment.end <= address));
    }
}

#[test]
fn a_static_pie_asks_for_no_interpreter_and_no_executable_stack() {
    for machine in MACHINES {
        let executable = link(machine, Builder::new(machine).finish());
        let header = elf::FileHeader64::<LittleEndian>::parse(&executable[..]).expect("a header");
        assert_eq!(header.e_type(LittleEndian), elf::ET_DYN, "{machine:?}");
        let segments = segments(&executable);
        assert!(segments.iter().all(|segment| segment.kind != elf::PT_INTERP));
        let stack = segments.iter().find(|segment| segment.kind == elf::PT_GNU_STACK);
        assert_eq!(stack.expect("a stack segment").flags & elf::PF_X, 0);
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for machine in MACHINES {
        let link = |threads| {
            let mut inputs: Vec<_> = (0..100)
                .map(|index| {
                    let mut object = Builder::new(machine);
                    let name = format!("part_{index}");
                    let data = object.section(&name, SectionKind::Data, &[index], 1);
                    object.retain(data);
                    object.define(&name, data, 0);
                    LinkInput::new(format!("{name}.o"), object.finish())
                })
                .collect();
            let library = archive(&[("function.o/", function_object(machine))]);
            inputs.push(LinkInput::new("main.o", main_object(machine)));
            inputs.push(LinkInput::new("library.a", library));
            let options = LinkOptions { threads, strip: false, ..LinkOptions::default() };
            Wild.link(machine, inputs, &options).expect("it links")
        };
        let alone = link(1);
        for _ in 0..5 {
            assert!(alone == link(8), "{machine:?}");
        }
    }
}

struct Segment {
    kind: u32,
    flags: u32,
    start: u64,
    end: u64,
}

fn segments(executable: &[u8]) -> Vec<Segment> {
    let header = elf::FileHeader64::<LittleEndian>::parse(executable).expect("a header");
    let headers = header.program_headers(LittleEndian, executable).expect("program headers");
    headers
        .iter()
        .map(|segment| Segment {
            kind: segment.p_type(LittleEndian),
            flags: segment.p_flags(LittleEndian),
            start: segment.p_vaddr(LittleEndian),
            end: segment.p_vaddr(LittleEndian) + segment.p_memsz(LittleEndian),
        })
        .collect()
}
