//! riscv64.

use super::facts::{DwarfRegisters, FrameFacts, IsaFacts, PrologueStep, Quirks, RelaxedResults, ShortJumps};
use aot_abi::cpu;
use aot_linker::Machine;
use cranelift_codegen::ir::types;

pub(super) static FACTS: IsaFacts = IsaFacts {
    name: "riscv64",
    back_end: "riscv64",
    cpu_features: cpu::RISCV64,
    machine: Machine::Riscv64,
    elf_machine: cranelift_object::object::elf::EM_RISCV,
    audit_architecture: 0xc000_00f3,
    system_call_number: |call| call.generic,
    frame: FrameFacts {
        stack_pointer: 2,
        frame_pointer: 8,
        return_address: 1,
        frame_bytes_at_entry: 0,
        // addi sp, sp, -16; sd ra, 8(sp); sd s0, 0(sp); mv s0, sp
        prologue: &[0x13, 0x01, 0x01, 0xff, 0x23, 0x34, 0x11, 0x00, 0x23, 0x30, 0x81, 0x00, 0x13, 0x04, 0x01, 0x00],
        steps: &[
            PrologueStep { code_bytes: 4, frame_bytes: 16, is_saved: false },
            PrologueStep { code_bytes: 12, frame_bytes: 16, is_saved: true },
        ],
    },
    registers: DwarfRegisters { integer: |number| number.into(), first_float: 32 },
    quirks: Quirks {
        vector_stores_tear: true,
        widest_load: types::I64,
        wide_products_in_halves: true,
        swizzle_reads_beyond: true,
        float_result_registers: Some(2),
        short_jumps: Some(ShortJumps { setting: "has_zca", are_extended: has_veneers }),
        relaxed_results: RelaxedResults::First,
        fused_multiply_add: None,
    },
};

/// Returns true if code has `auipc t6, …; jalr zero, …(t6)` anywhere, which is what a longer jump consists of.
fn has_veneers(code: &[u8]) -> bool {
    let is_veneer = |bytes: &[u8]| match *bytes {
        [a, b, c, d, e, f, g, h] => {
            let (first, second) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
            first & 0xfff == 0xf97 && second & 0xf_ffff == 0xf_8067
        }
        _ => false,
    };
    code.windows(8).any(is_veneer)
}

#[cfg(test)]
mod tests {
    use super::has_veneers;

    #[test]
    fn veneers_are_found_anywhere() {
        // auipc t6, 0; jr 8(t6)
        let veneer = [0x97, 0x0f, 0x00, 0x00, 0x67, 0x80, 0x8f, 0x00];
        assert!(has_veneers(&veneer) && has_veneers(&[&[0x01, 0x00][..], &veneer].concat()));
        // auipc t5, 0; jr 8(t5)
        assert!(!has_veneers(&[0x17, 0x0f, 0x00, 0x00, 0x67, 0x00, 0x8f, 0x00]) && !has_veneers(&veneer[..6]));
    }
}
