//! Small objects and archives to link, and a way to run the result.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod exit_programs;

use aot_linker::{LinkOptions, Machine};
use object::write::{Object, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, FileFlags, RelocationFlags, SectionFlags, SectionKind, SymbolFlags,
    SymbolKind, SymbolScope, elf,
};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

pub const MACHINES: [Machine; 3] = [Machine::X86_64, Machine::Aarch64, Machine::Riscv64];

/// An object file under construction.
pub struct Builder(pub Object<'static>);

impl Builder {
    pub fn new(machine: Machine) -> Self {
        let architecture = match machine {
            Machine::X86_64 => Architecture::X86_64,
            Machine::Aarch64 => Architecture::Aarch64,
            Machine::Riscv64 => Architecture::Riscv64,
        };
        let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
        if machine == Machine::Riscv64 {
            object.flags =
                FileFlags::Elf { os_abi: elf::ELFOSABI_NONE, abi_version: 0, e_flags: elf::EF_RISCV_FLOAT_ABI_DOUBLE };
        }
        Self(object)
    }

    pub fn section(&mut self, name: &str, kind: SectionKind, bytes: &[u8], align: u64) -> SectionId {
        let id = self.0.add_section(Vec::new(), name.into(), kind);
        self.0.append_section_data(id, bytes, align);
        id
    }

    /// Keeps a section even if nothing refers to it, as `DataDescription::set_used` does.
    pub fn retain(&mut self, section: SectionId) {
        let SectionFlags::Elf { sh_flags } = self.0.section_flags(self.0.section(section)) else {
            panic!("not an ELF object");
        };
        self.0.section_mut(section).flags = SectionFlags::Elf { sh_flags: sh_flags | u64::from(elf::SHF_GNU_RETAIN) };
    }

    pub fn define(&mut self, name: &str, section: SectionId, offset: u64) -> SymbolId {
        self.symbol(name, SymbolSection::Section(section), offset, SymbolScope::Linkage)
    }

    pub fn label(&mut self, name: &str, section: SectionId, offset: u64) -> SymbolId {
        self.symbol(name, SymbolSection::Section(section), offset, SymbolScope::Compilation)
    }

    pub fn import(&mut self, name: &str) -> SymbolId {
        self.symbol(name, SymbolSection::Undefined, 0, SymbolScope::Unknown)
    }

    fn symbol(&mut self, name: &str, section: SymbolSection, value: u64, scope: SymbolScope) -> SymbolId {
        self.0.add_symbol(Symbol {
            name: name.into(),
            value,
            size: 0,
            kind: if section == SymbolSection::Undefined { SymbolKind::Unknown } else { SymbolKind::Data },
            scope,
            weak: false,
            section,
            flags: SymbolFlags::None,
        })
    }

    pub fn relocate(&mut self, section: SectionId, offset: u64, r_type: u32, to: SymbolId, addend: i64) {
        let relocation = Relocation { offset, symbol: to, addend, flags: RelocationFlags::Elf { r_type } };
        self.0.add_relocation(section, relocation).expect("a relocation that `object` knows");
    }

    pub fn finish(self) -> Vec<u8> {
        self.0.write().expect("a valid object")
    }
}

/// Makes an archive of these members, without an index.
pub fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, contents) in members {
        let size = contents.len();
        bytes.extend(format!("{name:<16}0           0     0     644     {size:<10}`\n").bytes());
        bytes.extend(contents);
        bytes.resize(bytes.len().next_multiple_of(2), b'\n');
    }
    bytes
}

/// Returns options for a program without a C library, which can't relocate itself.
pub fn bare() -> LinkOptions {
    LinkOptions { static_pie: false, ..LinkOptions::default() }
}

/// Returns instruction words as little-endian bytes.
pub fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Runs an executable, under qemu when it isn't for x86_64, and returns its exit code.
pub fn run(machine: Machine, test: &str, executable: &[u8]) -> Option<i32> {
    let folder = std::env::temp_dir().join(format!("aot-linker-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let path = folder.join(format!("{test}-{machine:?}"));
    std::fs::write(&path, executable).expect("writing the executable");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("its mode");
    let mut command = match machine {
        Machine::X86_64 => Command::new(&path),
        Machine::Aarch64 => Command::new("qemu-aarch64-static"),
        Machine::Riscv64 => Command::new("qemu-riscv64-static"),
    };
    if machine != Machine::X86_64 {
        command.arg(&path);
    }
    let status = command.status().expect("the executable starts; `cargo xtask setup` installs the emulators");
    std::fs::remove_file(&path).expect("removing the executable");
    status.code()
}
