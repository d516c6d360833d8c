//! Programs without a C library that exit with code 42, which they compute through one relocation of each kind in
//! Cranelift's object files.
//!
//! 42 = 10 (`function`, in an archive) + 20 (`cell`, through the GOT) + 12 (`other`, whose distance
//! from `table` is the table's only entry).

use super::{Builder, words};
use aot_linker::Machine;
use object::write::{SectionId, SymbolId};
use object::{SectionKind, elf};

/// Symbols that the code refers to.
struct Symbols {
    function: SymbolId,
    cell: SymbolId,
    table: SymbolId,
}

/// Makes the object with `_start`. It needs the archive member that defines `function`.
pub fn main_object(machine: Machine) -> Vec<u8> {
    let mut object = Builder::new(machine);
    let table = object.section(".rodata.table", SectionKind::ReadOnlyData, &[0; 4], 4);
    let other = object.section(".rodata.other", SectionKind::ReadOnlyData, &[12, 0, 0, 0], 4);
    let cell = object.section(".data.cell", SectionKind::Data, &[20, 0, 0, 0], 4);
    let symbols = Symbols {
        function: object.import("function"),
        cell: object.define("cell", cell, 0),
        table: object.define("table", table, 0),
    };
    let other = object.define("other", other, 0);
    distance(&mut object, machine, table, symbols.table, other);
    match machine {
        Machine::X86_64 => x86_64(&mut object, &symbols),
        Machine::Aarch64 => aarch64(&mut object, &symbols),
        Machine::Riscv64 => riscv64(&mut object, &symbols),
    }
    object.finish()
}

/// Makes an object that defines `function`, which returns 10.
pub fn function_object(machine: Machine) -> Vec<u8> {
    let code = match machine {
        Machine::X86_64 => vec![0xb8, 10, 0, 0, 0, 0xc3],
        Machine::Aarch64 => words(&[0x5280_0140, 0xd65f_03c0]),
        Machine::Riscv64 => words(&[0x00a0_0513, 0x0000_8067]),
    };
    let mut object = Builder::new(machine);
    let text = object.section(".text.function", SectionKind::Text, &code, 16);
    object.define("function", text, 0);
    object.finish()
}

/// Writes the 32-bit distance from `from`, at the start of `section`, to `to`.
fn distance(object: &mut Builder, machine: Machine, section: SectionId, from: SymbolId, to: SymbolId) {
    match machine {
        Machine::X86_64 => object.relocate(section, 0, elf::R_X86_64_PC32, to, 0),
        Machine::Aarch64 => object.relocate(section, 0, elf::R_AARCH64_PREL32, to, 0),
        Machine::Riscv64 => {
            object.relocate(section, 0, elf::R_RISCV_ADD32, to, 0);
            object.relocate(section, 0, elf::R_RISCV_SUB32, from, 0);
        }
    }
}

fn x86_64(object: &mut Builder, symbols: &Symbols) {
    let code = [
        0xe8, 0, 0, 0, 0, // call function
        0x48, 0x8b, 0x0d, 0, 0, 0, 0, // mov rcx, [rip + cell@GOTPCREL]
        0x03, 0x01, // add eax, [rcx]
        0x48, 0x8d, 0x15, 0, 0, 0, 0, // lea rdx, [rip + table]
        0x48, 0x63, 0x0a, // movsxd rcx, dword [rdx]
        0x03, 0x04, 0x0a, // add eax, [rdx + rcx]
        0x89, 0xc7, // mov edi, eax
        0xb8, 60, 0, 0, 0, // mov eax, 60 (exit)
        0x0f, 0x05, // syscall
    ];
    let text = object.section(".text.aot", SectionKind::Text, &code, 64);
    object.define("_start", text, 0);
    object.relocate(text, 1, elf::R_X86_64_PLT32, symbols.function, -4);
    object.relocate(text, 8, elf::R_X86_64_GOTPCREL, symbols.cell, -4);
    object.relocate(text, 17, elf::R_X86_64_PC32, symbols.table, -4);
}

fn aarch64(object: &mut Builder, symbols: &Symbols) {
    let code = words(&[
        0x9400_0000, // bl function
        0x9000_0001, // adrp x1, cell in the GOT
        0xf940_0021, // ldr x1, [x1, cell in the GOT]
        0xb940_0021, // ldr w1, [x1]
        0x0b01_0000, // add w0, w0, w1
        0x9000_0002, // adrp x2, table
        0x9100_0042, // add x2, x2, table
        0xb980_0043, // ldrsw x3, [x2]
        0xb863_6841, // ldr w1, [x2, x3]
        0x0b01_0000, // add w0, w0, w1
        0xd280_0ba8, // mov x8, 93 (exit)
        0xd400_0001, // svc 0
    ]);
    let text = object.section(".text.aot", SectionKind::Text, &code, 64);
    object.define("_start", text, 0);
    object.relocate(text, 0, elf::R_AARCH64_CALL26, symbols.function, 0);
    object.relocate(text, 4, elf::R_AARCH64_ADR_GOT_PAGE, symbols.cell, 0);
    object.relocate(text, 8, elf::R_AARCH64_LD64_GOT_LO12_NC, symbols.cell, 0);
    object.relocate(text, 20, elf::R_AARCH64_ADR_PREL_PG_HI21, symbols.table, 0);
    object.relocate(text, 24, elf::R_AARCH64_ADD_ABS_LO12_NC, symbols.table, 0);
}

fn riscv64(object: &mut Builder, symbols: &Symbols) {
    let code = words(&[
        0x0000_0097, // auipc ra, function
        0x0000_80e7, // jalr ra, function(ra)
        0x0000_0597, // at_cell: auipc a1, cell in the GOT
        0x0005_b583, // ld a1, cell in the GOT(a1)
        0x0005_a583, // lw a1, 0(a1)
        0x00b5_0533, // add a0, a0, a1
        0x0000_0617, // at_table: auipc a2, table
        0x0006_0613, // addi a2, a2, table
        0x0006_2683, // lw a3, 0(a2)
        0x00c6_86b3, // add a3, a3, a2
        0x0006_a583, // lw a1, 0(a3)
        0x00b5_0533, // add a0, a0, a1
        0x0000_0717, // at_store: auipc a4, cell
        0x00a7_2023, // sw a0, cell(a4)
        0x0007_2503, // lw a0, cell(a4)
        0x05d0_0893, // li a7, 93 (exit)
        0x0000_0073, // ecall
    ]);
    let text = object.section(".text.aot", SectionKind::Text, &code, 64);
    object.define("_start", text, 0);
    let at_cell = object.label("at_cell", text, 8);
    let at_table = object.label("at_table", text, 24);
    let at_store = object.label("at_store", text, 48);
    object.relocate(text, 0, elf::R_RISCV_CALL_PLT, symbols.function, 0);
    object.relocate(text, 8, elf::R_RISCV_GOT_HI20, symbols.cell, 0);
    object.relocate(text, 12, elf::R_RISCV_PCREL_LO12_I, at_cell, 0);
    object.relocate(text, 24, elf::R_RISCV_PCREL_HI20, symbols.table, 0);
    object.relocate(text, 28, elf::R_RISCV_PCREL_LO12_I, at_table, 0);
    object.relocate(text, 48, elf::R_RISCV_PCREL_HI20, symbols.cell, 0);
    object.relocate(text, 52, elf::R_RISCV_PCREL_LO12_S, at_store, 0);
    object.relocate(text, 56, elf::R_RISCV_PCREL_LO12_I, at_store, 0);
}
