//! Unwind rules of guest frames. Every function keeps a frame pointer, so all share the same few rules.

use super::sections::text_address;
use crate::codegen::Code;
use crate::isa::FrameFacts;
use crate::translate::Context;
use gimli::write::{CallFrameInstruction as Rule, CommonInformationEntry, FrameDescriptionEntry, FrameTable};
use gimli::{Encoding, Format, Register};

/// Bytes of the frame record (frame pointer and return address), with which every frame begins.
const FRAME_RECORD_BYTES: i32 = 16;

/// Builds the frame table of all functions.
pub(super) fn table(context: &Context<'_>, code: &Code) -> FrameTable {
    let frame = &context.isa_facts.frame;
    let encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 8 };
    let return_address = Register(frame.return_address);
    let mut cie = CommonInformationEntry::new(encoding, 1, -8, return_address);
    cie.add_instruction(Rule::Cfa(Register(frame.stack_pointer), frame.frame_bytes_at_entry));
    if frame.frame_bytes_at_entry != 0 {
        cie.add_instruction(Rule::Offset(return_address, -8));
    }
    let mut table = FrameTable::default();
    let cie = table.add_cie(cie);
    let rules = rules(frame);
    for item in &code.items {
        let mut fde = FrameDescriptionEntry::new(text_address(item.offset), item.bytes.len() as u32);
        if item.bytes.starts_with(frame.prologue) {
            for (offset, rule) in &rules {
                fde.add_instruction(*offset, rule.clone());
            }
            table.add_fde(cie, fde);
        }
    }
    table
}

/// The rules of a function, each with the bytes of the prologue after which it holds.
fn rules(frame: &FrameFacts) -> Vec<(u32, Rule)> {
    let frame_pointer = Register(frame.frame_pointer);
    let mut rules = Vec::new();
    for step in frame.steps {
        rules.push((step.code_bytes, Rule::CfaOffset(step.frame_bytes)));
        if step.is_saved {
            rules.push((step.code_bytes, Rule::Offset(frame_pointer, -FRAME_RECORD_BYTES)));
            rules.push((step.code_bytes, Rule::Offset(Register(frame.return_address), -8)));
        }
    }
    rules.push((frame.prologue.len() as u32, Rule::Cfa(frame_pointer, FRAME_RECORD_BYTES)));
    rules
}
