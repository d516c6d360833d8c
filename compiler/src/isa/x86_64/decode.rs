//! Lengths of x86-64 instructions, and what of them depends on where they are.
//!
//! It knows the encodings of 64-bit mode that compilers use: legacy ones, VEX and EVEX. For others it returns `None`.

use crate::isa::facts::{Instruction, Relative};

const OPERAND_SIZE_PREFIX: u8 = 0x66;

/// An instruction while it is read.
struct Reader<'c> {
    code: &'c [u8],
    at: usize,
}

/// The encoding of an opcode's operands.
#[derive(Clone, Copy)]
struct Operands {
    has_modrm: bool,
    immediate: usize,
}

/// `mov rsp, rbp; pop rbp`, the end of a frame, which one instruction does too.
const FRAME_END: [u8; 4] = [0x48, 0x89, 0xec, 0x5d];
/// `leave`
const LEAVE: &[u8] = &[0xc9];
/// The bytes in front of that where the stack pointer is set to what it gets anyway: `add rsp, …` with one byte or four.
const FREE: [([u8; 3], usize); 2] = [([0x48, 0x83, 0xc4], 4), ([0x48, 0x81, 0xc4], 7)];

/// Returns the bytes of the end of a frame, if `code` begins with one.
fn frame_end(code: &[u8]) -> Option<usize> {
    let free = FREE.iter().find(|(opcode, _)| code.starts_with(opcode)).map_or(0, |(_, bytes)| *bytes);
    code.get(free..)?.starts_with(&FRAME_END).then_some(free + FRAME_END.len())
}

/// Decodes the instruction at the beginning of `code`.
pub fn decode(code: &[u8]) -> Option<Instruction> {
    if let Some(bytes) = frame_end(code) {
        return Some(Instruction { bytes, relative: Relative::Replaceable(LEAVE) });
    }
    let mut reader = Reader { code, at: 0 };
    let (mut is_short, mut byte) = (false, reader.byte()?);
    while matches!(byte, 0x66 | 0xf2 | 0xf3 | 0xf0 | 0x64 | 0x65 | 0x2e | 0x36 | 0x3e | 0x26) {
        is_short |= byte == OPERAND_SIZE_PREFIX;
        byte = reader.byte()?;
    }
    let mut is_wide = false;
    if byte & 0xf0 == 0x40 {
        is_wide = byte & 8 != 0;
        byte = reader.byte()?;
    }
    let operand = if is_short { 2 } else { 4 };
    match byte {
        0xc5 => {
            reader.byte()?;
            reader.vector(1)
        }
        0xc4 => {
            let map = reader.byte()? & 0x1f;
            reader.byte()?;
            reader.vector(map)
        }
        0x62 => {
            let map = reader.byte()? & 7;
            reader.byte()?;
            reader.byte()?;
            reader.vector(map)
        }
        0x0f => reader.two_bytes(),
        0xe9 => reader.jump(0xeb),
        0xeb | 0x70..=0x7f => reader.rest(1, Relative::ShortJump),
        0xb8..=0xbf if is_wide => reader.rest(8, Relative::Nothing),
        _ => reader.one_byte(byte, operand),
    }
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.code.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// Reads so many bytes more, the last of the instruction.
    fn rest(&mut self, bytes: usize, relative: Relative) -> Option<Instruction> {
        self.at += bytes;
        (self.at <= self.code.len()).then_some(Instruction { bytes: self.at, relative })
    }

    fn jump(&mut self, short: u8) -> Option<Instruction> {
        self.rest(4, Relative::Jump { short })
    }

    /// Reads what follows an opcode of one byte, whose immediates usually have `operand` bytes.
    fn one_byte(&mut self, opcode: u8, operand: usize) -> Option<Instruction> {
        let modrm = self.code.get(self.at).copied().unwrap_or(0);
        let operands = |has_modrm, immediate| Some(Operands { has_modrm, immediate });
        let operands = match opcode {
            0x00..=0x3f => match opcode & 7 {
                0..=3 => operands(true, 0),
                4 => operands(false, 1),
                5 => operands(false, operand),
                _ => None,
            },
            0x50..=0x5f | 0x90..=0x99 | 0xa4..=0xa7 | 0xaa..=0xaf | 0xc3 | 0xc9 | 0xcc => operands(false, 0),
            0x63 | 0x84..=0x8b | 0x8d | 0x8f | 0xd0..=0xd3 | 0xd8..=0xdf | 0xfe | 0xff => operands(true, 0),
            0x68 | 0xa9 | 0xb8..=0xbf => operands(false, operand),
            0x6a | 0xa8 | 0xb0..=0xb7 => operands(false, 1),
            0x69 | 0x81 | 0xc7 => operands(true, operand),
            0x6b | 0x80 | 0x83 | 0xc0 | 0xc1 | 0xc6 => operands(true, 1),
            0xf6 => operands(true, usize::from(modrm & 0x30 == 0)),
            0xf7 => operands(true, if modrm & 0x30 == 0 { operand } else { 0 }),
            0xc2 => operands(false, 2),
            0xe8 => return self.rest(4, Relative::Call),
            _ => None,
        }?;
        if opcode == 0xff && modrm & 0xf8 == 0xe0 {
            return self.rest(1, Relative::IndirectJump);
        }
        self.operands(operands, opcode == 0x8d)
    }

    /// Reads what follows the first byte of an opcode of two or more.
    fn two_bytes(&mut self) -> Option<Instruction> {
        match self.byte()? {
            opcode @ 0x80..=0x8f => self.jump(opcode - 0x10),
            0x0b => self.rest(0, Relative::Trap),
            0x05 | 0x31 | 0x77 | 0xa0..=0xa2 | 0xa8 | 0xa9 | 0xc8..=0xcf => self.rest(0, Relative::Nothing),
            0x38 => {
                self.byte()?;
                self.operands(Operands { has_modrm: true, immediate: 0 }, false)
            }
            0x3a => {
                self.byte()?;
                self.operands(Operands { has_modrm: true, immediate: 1 }, false)
            }
            opcode => self.operands(Operands { has_modrm: true, immediate: immediate_of_two_bytes(opcode) }, false),
        }
    }

    /// Reads what follows a VEX or EVEX prefix.
    fn vector(&mut self, map: u8) -> Option<Instruction> {
        let opcode = self.byte()?;
        match map {
            1 if opcode == 0x77 => self.rest(0, Relative::Nothing),
            1 => self.operands(Operands { has_modrm: true, immediate: immediate_of_two_bytes(opcode) }, false),
            2 => self.operands(Operands { has_modrm: true, immediate: 0 }, false),
            3 => self.operands(Operands { has_modrm: true, immediate: 1 }, false),
            _ => None,
        }
    }

    fn operands(&mut self, operands: Operands, is_address: bool) -> Option<Instruction> {
        if !operands.has_modrm {
            return self.rest(operands.immediate, Relative::Nothing);
        }
        let modrm = self.byte()?;
        let (mode, register) = (modrm >> 6, modrm & 7);
        if mode == 0 && register == 5 {
            let at = self.at;
            return self.rest(4 + operands.immediate, Relative::Operand { at, is_address });
        }
        let displacement = match mode {
            3 => 0,
            _ if register == 4 => {
                let base = self.byte()? & 7;
                if mode == 0 && base == 5 { 4 } else { [0, 1, 4][usize::from(mode)] }
            }
            _ => [0, 1, 4][usize::from(mode)],
        };
        self.rest(displacement + operands.immediate, Relative::Nothing)
    }
}

/// Returns the bytes of the immediate behind an opcode that begins with 0f.
fn immediate_of_two_bytes(opcode: u8) -> usize {
    usize::from(matches!(opcode, 0x70..=0x73 | 0xa4 | 0xac | 0xba | 0xc2 | 0xc4..=0xc6))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(code: &[u8]) -> Option<usize> {
        decode(code).map(|instruction| instruction.bytes)
    }

    #[test]
    fn instructions_have_their_lengths() {
        let instructions: [&[u8]; 16] = [
            &[0x55],                                           // push rbp
            &[0x48, 0x89, 0xe5],                               // mov rbp, rsp
            &[0x48, 0x83, 0xec, 0x10],                         // sub rsp, 16
            &[0x48, 0x8b, 0x5c, 0x24, 0x08],                   // mov rbx, [rsp + 8]
            &[0x41, 0x8b, 0x84, 0x0e, 0x00, 0x01, 0x00, 0x00], // mov eax, [r14 + rcx + 256]
            &[0x8b, 0x04, 0x25, 0x00, 0x01, 0x00, 0x00],       // mov eax, [256]
            &[0x66, 0xc7, 0x00, 0x01, 0x00],                   // mov word [rax], 1
            &[0x49, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8],             // movabs r8, …
            &[0xb8, 1, 0, 0, 0],                               // mov eax, 1
            &[0xf7, 0xc1, 1, 0, 0, 0],                         // test ecx, 1
            &[0xf7, 0xd9],                                     // neg ecx
            &[0xf2, 0x0f, 0x10, 0x04, 0x0b],                   // movsd xmm0, [rbx + rcx]
            &[0x66, 0x0f, 0x3a, 0x0b, 0xc1, 0x09],             // roundsd xmm0, xmm1, 9
            &[0xc5, 0xfb, 0x58, 0x44, 0x0b, 0x08],             // vaddsd xmm0, xmm0, [rbx + rcx + 8]
            &[0xc4, 0xe3, 0x79, 0x0f, 0xc1, 0x04],             // vpalignr xmm0, xmm0, xmm1, 4
            &[0x62, 0xf1, 0x7c, 0x48, 0x58, 0x44, 0x0b, 0x01], // vaddps zmm0, zmm0, [rbx + rcx + 64]
        ];
        for instruction in instructions {
            assert_eq!(bytes_of(instruction), Some(instruction.len()), "{instruction:x?}");
            assert_eq!(bytes_of(&instruction[..instruction.len() - 1]), None, "{instruction:x?}");
        }
    }

    #[test]
    fn the_end_of_a_frame_is_one_instruction() {
        // add rsp, 32; mov rsp, rbp; pop rbp
        let end = [0x48, 0x83, 0xc4, 0x20, 0x48, 0x89, 0xec, 0x5d, 0xc3];
        let replaceable = |bytes| Some(Instruction { bytes, relative: Relative::Replaceable(LEAVE) });
        assert_eq!(decode(&end), replaceable(8));
        assert_eq!(decode(&end[4..]), replaceable(4));
        assert_eq!(bytes_of(&end[..7]), Some(4));
    }

    #[test]
    fn what_depends_on_the_place_is_found() {
        let relative = |code: &[u8]| decode(code).map(|instruction| instruction.relative);
        assert_eq!(relative(&[0xe9, 1, 0, 0, 0]), Some(Relative::Jump { short: 0xeb }));
        assert_eq!(relative(&[0x0f, 0x84, 1, 0, 0, 0]), Some(Relative::Jump { short: 0x74 }));
        assert_eq!(relative(&[0x74, 1]), Some(Relative::ShortJump));
        assert_eq!(relative(&[0x41, 0xff, 0xe2]), Some(Relative::IndirectJump));
        assert_eq!(relative(&[0xff, 0xd0]), Some(Relative::Nothing));
        // lea rax, [rip + 1]; cmp dword [rip + 1], 5
        assert_eq!(relative(&[0x48, 0x8d, 0x05, 1, 0, 0, 0]), Some(Relative::Operand { at: 3, is_address: true }));
        assert_eq!(relative(&[0x83, 0x3d, 1, 0, 0, 0, 5]), Some(Relative::Operand { at: 2, is_address: false }));
    }
}
