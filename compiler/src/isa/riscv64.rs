//! riscv64.

use super::facts::{
    Allocatable, DwarfRegisters, FrameFacts, IsaFacts, PrologueStep, Quirks, RelaxedResults, ShortJumps,
};
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
    allocatable: Allocatable { integers: 24, floats: 32, vectors: Some(32) },
    decode: None,
    quirks: Quirks {
        vector_stores_tear: true,
        widest_load: types::I64,
        wide_products_in_halves: true,
        swizzle_reads_beyond: true,
        float_result_registers: Some(2),
        float_argument_registers: Some(8),
        short_jumps: Some(ShortJumps { setting: "has_zca", overwrite: overwrite_t6 }),
        leaves_zeros: |_| false,
        relaxed_results: RelaxedResults::First,
        fused_multiply_add: None,
    },
};

/// Returns true if code has, anywhere, an instruction that writes t6 in front of a jump to `auipc t6, …; jalr zero, …(t6)`, which is
/// what a longer jump consists of. Where code is read from the middle of an instruction, too many may be found, never too few.
fn overwrite_t6(code: &[u8]) -> bool {
    (2..code.len()).step_by(2).any(|at| {
        let target = jump_distance(code, at).and_then(|distance| at.checked_add_signed(distance));
        target.is_some_and(|target| is_longer_jump(code, target)) && writes_t6(code, at)
    })
}

/// Returns the distance of the jump at an offset, `c.j` or `jal zero`; `None` if it is another instruction.
fn jump_distance(code: &[u8], at: usize) -> Option<isize> {
    // The bits of the distance in the order of the instruction, the sign first.
    let gather = |word: u32, first: u32, bits: &[u32], sign: u32| {
        let value =
            bits.iter().enumerate().fold(0, |value, (index, bit)| value | (word >> (first - index as u32) & 1) << bit);
        (value as i32) << (31 - sign) >> (31 - sign)
    };
    let half = half(code, at)?;
    if half & 0xe003 == 0xa001 {
        return Some(gather(half, 12, &[11, 4, 9, 8, 10, 6, 7, 3, 2, 1, 5], 11) as isize);
    }
    let word = word(code, at)?;
    let bits = [20, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 11, 19, 18, 17, 16, 15, 14, 13, 12];
    (word & 0xfff == 0x6f).then(|| gather(word, 31, &bits, 20) as isize)
}

/// Returns true if `auipc t6, …; jalr zero, …(t6)` is at an offset.
fn is_longer_jump(code: &[u8], at: usize) -> bool {
    let is = |word: Option<u32>, mask, bits| word.is_some_and(|word| word & mask == bits);
    is(word(code, at), 0xfff, 0xf97) && is(word(code, at + 4), 0xf_ffff, 0xf_8067)
}

/// Returns true if the instruction that ends at an offset computes t6: `lui`, `addi`, `addiw`, `add`, or a short form of them.
fn writes_t6(code: &[u8], end: usize) -> bool {
    let is_t6 = |bits: u32| bits & 0xf80 == 0xf80;
    let short = end.checked_sub(2).and_then(|at| half(code, at)).filter(|bits| is_t6(*bits));
    let long = end.checked_sub(4).and_then(|at| word(code, at)).filter(|bits| is_t6(*bits));
    // c.addi, c.addiw, c.li, c.lui; c.mv and c.add.
    short.is_some_and(|bits| matches!((bits & 3, bits >> 13), (1, 0..=3) | (2, 4)))
        || long.is_some_and(|bits| matches!(bits & 0x7f, 0x37 | 0x13 | 0x1b | 0x33))
}

fn half(code: &[u8], at: usize) -> Option<u32> {
    Some(u16::from_le_bytes(code.get(at..at + 2)?.try_into().ok()?).into())
}

fn word(code: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(code.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LUI_T6: [u8; 4] = 0x0000_1fb7u32.to_le_bytes();
    const LUI_T5: [u8; 4] = 0x0000_1f37u32.to_le_bytes();
    const C_LUI_T6: [u8; 2] = 0x6f85u16.to_le_bytes();
    // auipc t6, 0; jr 8(t6)
    const LONGER: [u8; 8] = [0x97, 0x0f, 0x00, 0x00, 0x67, 0x80, 0x8f, 0x00];
    const C_J_2: [u8; 2] = 0xa009u16.to_le_bytes();
    const J_4: [u8; 4] = 0x0040_006fu32.to_le_bytes();

    #[test]
    fn a_longer_jump_behind_a_write_of_its_register_is_found() {
        assert!(overwrite_t6(&[&LUI_T6[..], &C_J_2, &LONGER].concat()));
        assert!(overwrite_t6(&[&[1, 0][..], &C_LUI_T6, &C_J_2, &LONGER].concat()));
        assert!(overwrite_t6(&[&LUI_T6[..], &J_4, &LONGER].concat()));
    }

    #[test]
    fn other_longer_jumps_are_left_alone() {
        assert!(!overwrite_t6(&[&LUI_T5[..], &C_J_2, &LONGER].concat()));
        // sd ra, 31(sp), whose distance is where others have their register.
        let store = 0x0011_3fa3u32.to_le_bytes();
        assert!(!overwrite_t6(&[&store[..], &C_J_2, &LONGER].concat()));
        assert!(!overwrite_t6(&[&LUI_T6[..], &LONGER].concat()));
        assert!(!overwrite_t6(&[&LUI_T6[..], &C_J_2, &LONGER[..6]].concat()));
    }

    #[test]
    fn distances_of_jumps_are_read() {
        let distance = |bytes: &[u8]| jump_distance(bytes, 0);
        assert_eq!((distance(&C_J_2), distance(&J_4)), (Some(2), Some(4)));
        // c.j .-2; jal zero, .-4; jal zero, .+1048574
        assert_eq!(distance(&0xbffdu16.to_le_bytes()), Some(-2));
        assert_eq!(distance(&0xffdf_f06fu32.to_le_bytes()), Some(-4));
        assert_eq!(distance(&0x7fff_f06fu32.to_le_bytes()), Some(1_048_574));
        assert_eq!(distance(&LUI_T6), None);
    }
}
