//! A wider filter for a runtime that is built with debug assertions: the standard library looks whether a descriptor is open
//! before it closes it. No such runtime is in an executable that is shipped.

use aot_abi::record::Record;
use aot_abi::sandbox::{ALLOW, Instruction, JUMP_EQUAL, LOAD, NUMBER, RETURN, argument_low};
use aot_foundation::arch;

const F_GETFD: u32 = 1;

/// Returns the filter with a beginning that allows `fcntl(descriptor, F_GETFD)`.
pub fn with_them(filter: &[u8]) -> Vec<u8> {
    let instruction = |code, if_false, operand| Instruction { code, if_true: 0, if_false, operand };
    // Every filter begins so: it loads the architecture, and compares it.
    let read = |index: usize| filter.get(index * Instruction::BYTES..).and_then(Instruction::read);
    let (Some(load), Some(compare)) = (read(0), read(1)) else { return Vec::new() };
    let beginning = [
        load,
        instruction(JUMP_EQUAL, 5, compare.operand),
        instruction(LOAD, 0, NUMBER),
        instruction(JUMP_EQUAL, 3, arch::SYS_FCNTL as u32),
        instruction(LOAD, 0, argument_low(1)),
        instruction(JUMP_EQUAL, 1, F_GETFD),
        instruction(RETURN, 0, ALLOW),
    ];
    let mut wider = vec![0; beginning.len() * Instruction::BYTES];
    for (bytes, instruction) in wider.chunks_exact_mut(Instruction::BYTES).zip(&beginning) {
        instruction.write(bytes);
    }
    wider.extend(filter);
    wider
}
