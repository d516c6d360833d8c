//! aarch64.

use super::facts::{Allocatable, DwarfRegisters, FrameFacts, IsaFacts, PrologueStep, Quirks, RelaxedResults};
use aot_abi::cpu;
use aot_linker::Machine;
use cranelift_codegen::ir::types;

pub(super) static FACTS: IsaFacts = IsaFacts {
    name: "aarch64",
    back_end: "aarch64",
    cpu_features: cpu::AARCH64,
    machine: Machine::Aarch64,
    elf_machine: cranelift_object::object::elf::EM_AARCH64,
    audit_architecture: 0xc000_00b7,
    system_call_number: |call| call.generic,
    frame: FrameFacts {
        stack_pointer: 31,
        frame_pointer: 29,
        return_address: 30,
        frame_bytes_at_entry: 0,
        // stp x29, x30, [sp, #-16]!; mov x29, sp
        prologue: &[0xfd, 0x7b, 0xbf, 0xa9, 0xfd, 0x03, 0x00, 0x91],
        steps: &[PrologueStep { code_bytes: 4, frame_bytes: 16, is_saved: true }],
    },
    registers: DwarfRegisters { integer: |number| number.into(), first_float: 64 },
    allocatable: Allocatable { integers: 26, floats: 32, vectors: None },
    decode: None,
    quirks: Quirks {
        vector_stores_tear: true,
        widest_load: types::I8X16,
        wide_products_in_halves: false,
        swizzle_reads_beyond: false,
        float_result_registers: None,
        float_argument_registers: None,
        short_jumps: None,
        leaves_zeros: |_| false,
        relaxed_results: RelaxedResults::First,
        fused_multiply_add: None,
    },
};
