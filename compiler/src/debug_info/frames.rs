//! Unwind rules of guest frames. Every function keeps a frame pointer, so all share the same few rules.

use super::sections::text_address;
use crate::codegen::Code;
use crate::translate::Context;
use gimli::write::{CallFrameInstruction as Rule, CommonInformationEntry, FrameDescriptionEntry, FrameTable};
use gimli::{Encoding, Format, Register};
use target_lexicon::Architecture;

/// Function prologue of an instruction set.
struct Prologue {
    stack_pointer: Register,
    frame_pointer: Register,
    return_address: Register,
    /// Distance from the stack pointer up to the canonical frame address at the first instruction, in bytes.
    frame_bytes_at_entry: i32,
    /// Machine code of the prologue.
    code: &'static [u8],
    /// Unwind rules, each with the offset in the prologue after which it holds.
    rules: Vec<(u32, Rule)>,
}

/// Bytes of the frame record (frame pointer and return address), with which every frame begins.
const FRAME_RECORD_BYTES: i32 = 16;

/// Builds the frame table of all functions.
pub(super) fn table(context: &Context<'_>, code: &Code) -> FrameTable {
    let prologue = prologue(context.isa.triple().architecture);
    let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 8 };
    let mut cie = CommonInformationEntry::new(encoding, 1, -8, prologue.return_address);
    cie.add_instruction(Rule::Cfa(prologue.stack_pointer, prologue.frame_bytes_at_entry));
    if prologue.frame_bytes_at_entry != 0 {
        cie.add_instruction(Rule::Offset(prologue.return_address, -8));
    }
    let mut table = FrameTable::default();
    let cie = table.add_cie(cie);
    for item in &code.items {
        let mut fde = FrameDescriptionEntry::new(text_address(item.offset), item.bytes.len() as u32);
        if item.bytes.starts_with(prologue.code) {
            for (offset, rule) in &prologue.rules {
                fde.add_instruction(*offset, rule.clone());
            }
            table.add_fde(cie, fde);
        }
    }
    table
}

fn prologue(architecture: Architecture) -> Prologue {
    match architecture {
        Architecture::X86_64 => Prologue {
            stack_pointer: Register(7),
            frame_pointer: Register(6),
            return_address: Register(16),
            frame_bytes_at_entry: 8,
            // push rbp; mov rbp, rsp
            code: &[0x55, 0x48, 0x89, 0xe5],
            rules: Vec::new(),
        }
        .with_rules(&[(1, 16, true)], 4),
        Architecture::Aarch64(_) => Prologue {
            stack_pointer: Register(31),
            frame_pointer: Register(29),
            return_address: Register(30),
            frame_bytes_at_entry: 0,
            // stp x29, x30, [sp, #-16]!; mov x29, sp
            code: &[0xfd, 0x7b, 0xbf, 0xa9, 0xfd, 0x03, 0x00, 0x91],
            rules: Vec::new(),
        }
        .with_rules(&[(4, 16, true)], 8),
        _ => Prologue {
            stack_pointer: Register(2),
            frame_pointer: Register(8),
            return_address: Register(1),
            frame_bytes_at_entry: 0,
            // addi sp, sp, -16; sd ra, 8(sp); sd s0, 0(sp); mv s0, sp
            code: &[0x13, 0x01, 0x01, 0xff, 0x23, 0x34, 0x11, 0x00, 0x23, 0x30, 0x81, 0x00, 0x13, 0x04, 0x01, 0x00],
            rules: Vec::new(),
        }
        .with_rules(&[(4, 16, false), (12, 16, true)], 16),
    }
}

impl Prologue {
    /// Adds rules. A step is an offset in the prologue, the distance of the stack pointer below the canonical frame
    /// address from there on, and whether the frame record is written; from offset `last` on, the frame pointer is set.
    fn with_rules(mut self, steps: &[(u32, i32, bool)], last: u32) -> Self {
        for (offset, frame_bytes, written) in steps {
            self.rules.push((*offset, Rule::CfaOffset(*frame_bytes)));
            if *written {
                self.rules.push((*offset, Rule::Offset(self.frame_pointer, -FRAME_RECORD_BYTES)));
                self.rules.push((*offset, Rule::Offset(self.return_address, -8)));
            }
        }
        self.rules.push((last, Rule::Cfa(self.frame_pointer, FRAME_RECORD_BYTES)));
        self
    }
}
