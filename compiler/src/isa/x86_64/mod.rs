//! x86_64.

mod decode;

use super::facts::{Allocatable, DwarfRegisters, FrameFacts, IsaFacts, PrologueStep, Quirks, RelaxedResults};
use aot_abi::cpu;
use aot_linker::Machine;
use cranelift_codegen::ir::{Opcode, types};

/// DWARF's numbers of rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15.
const INTEGER_REGISTERS: [u16; 16] = [0, 2, 1, 3, 7, 6, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15];

pub(super) static FACTS: IsaFacts = IsaFacts {
    name: "x86_64",
    back_end: "x64",
    cpu_features: cpu::X86_64,
    machine: Machine::X86_64,
    elf_machine: cranelift_object::object::elf::EM_X86_64,
    audit_architecture: 0xc000_003e,
    system_call_number: |call| call.x86_64,
    frame: FrameFacts {
        stack_pointer: 7,
        frame_pointer: 6,
        return_address: 16,
        // The call has pushed the return address.
        frame_bytes_at_entry: 8,
        // push rbp; mov rbp, rsp
        prologue: &[0x55, 0x48, 0x89, 0xe5],
        steps: &[PrologueStep { code_bytes: 1, frame_bytes: 16, is_saved: true }],
    },
    registers: DwarfRegisters { integer: |number| INTEGER_REGISTERS[usize::from(number % 16)], first_float: 17 },
    allocatable: Allocatable { integers: 14, floats: 16, vectors: None },
    decode: Some(decode::decode),
    quirks: Quirks {
        vector_stores_tear: false,
        widest_load: types::I8X16,
        wide_products_in_halves: false,
        swizzle_reads_beyond: false,
        float_result_registers: None,
        float_argument_registers: None,
        short_jumps: None,
        leaves_zeros,
        relaxed_results: RelaxedResults::X86,
        fused_multiply_add: Some("has_fma"),
    },
};

/// Instructions on the lower half of a register clear the upper half. Cranelift knows these.
fn leaves_zeros(opcode: Opcode) -> bool {
    matches!(
        opcode,
        Opcode::Iadd
            | Opcode::Isub
            | Opcode::Imul
            | Opcode::Band
            | Opcode::Bor
            | Opcode::Bxor
            | Opcode::Ishl
            | Opcode::Ushr
    )
}
