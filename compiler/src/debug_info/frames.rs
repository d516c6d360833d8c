//! How to unwind guest frames: every function keeps a frame pointer, so that all have the same few rules.

use super::sections::text_address;
use crate::codegen::Code;
use crate::translate::Context;
use gimli::write::{CallFrameInstruction as Rule, CommonInformationEntry, FrameDescriptionEntry, FrameTable};
use gimli::{Encoding, Format, Register};
use target_lexicon::Architecture;

/// How an instruction set makes a frame.
struct Prologue {
    stack_pointer: Register,
    frame_pointer: Register,
    return_address: Register,
    /// How far the canonical frame address is above the stack pointer at the first instruction.
    frame_bytes_at_entry: i32,
    /// The code that makes the frame.
    code: &'static [u8],
    /// Rules after some bytes of it.
    rules: Vec<(u32, Rule)>,
}

/// Frame pointer and return address, which every frame begins with.
const FRAME_RECORD_BYTES: i32 = 16;

/// The table.
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
    /// Adds rules: after so many bytes, the stack pointer is so far below the canonical frame address, and the record
    /// is written or not; after `last` bytes, the frame pointer is there.
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
