//! What debug information needs to know of an item's machine code: which wasm each piece comes from, and where locals are.

use crate::translate::{SlotUse, TextItem};
use cranelift_codegen::ir::SourceLoc;
use cranelift_codegen::{Final, LabelValueLoc, MachBufferFinalized, ValueLabelsRanges};
use std::collections::BTreeMap;
use std::ops::Range;

/// Frame pointer and return address, between the frame pointer and the canonical frame address.
const FRAME_RECORD_BYTES: i64 = 16;

/// What a compiled item keeps for debug information.
#[derive(Default)]
pub struct DebugItem {
    /// Pieces of the code by their offsets, and where they come from.
    pub pieces: Vec<(Range<u32>, SourceLoc)>,
    /// Where locals are, sorted.
    pub labels: Vec<Label>,
}

/// Where a local is while some code runs.
#[derive(Clone, Copy)]
pub struct Label {
    /// The local.
    pub local: u32,
    /// Offset of the code in the item.
    pub start: u32,
    /// Its end.
    pub end: u32,
    /// The place.
    pub place: Place,
}

/// A place of a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// A register: whether it is one for floats or vectors, and its number in instructions.
    Register(bool, u8),
    /// In the frame: the distance from the canonical frame address.
    Frame(i64),
}

impl DebugItem {
    /// Of what Cranelift tells.
    pub fn new(item: TextItem, buffer: &MachBufferFinalized<Final>, labels: &ValueLabelsRanges) -> Self {
        let located = buffer.get_srclocs_sorted().iter().filter(|piece| !piece.loc.is_default());
        let located: Vec<(u32, SourceLoc)> = located.map(|piece| (piece.start, piece.loc)).collect();
        // Instructions that come from nowhere belong to what is before them: blocks in small pieces help nobody.
        let ends = located.iter().skip(1).map(|(start, _)| *start).chain([buffer.data().len() as u32]);
        let pieces = located.iter().zip(ends).map(|((start, location), end)| (*start..end, *location)).collect();
        let mut labels: Vec<Label> = labels
            .iter()
            .flat_map(|(label, ranges)| {
                ranges.iter().filter_map(|range| {
                    let place = place(range.loc)?;
                    Some(Label { local: label.as_u32(), start: range.start, end: range.end, place })
                })
            })
            .collect();
        if let Some(frame) = buffer.frame_layout() {
            // Functions that were inlined have brought theirs along.
            let own = |key| if let TextItem::Func(func) = item { SlotUse::of(key).local(func) } else { None };
            let kept = frame.stackslots.values().filter_map(|slot| Some((own(slot.key?)?, slot.offset)));
            let kept: BTreeMap<u32, u32> = kept.collect();
            labels.retain(|label| !kept.contains_key(&label.local));
            let end = buffer.data().len() as u32;
            labels.extend(kept.into_iter().map(|(local, offset)| {
                let below = i64::from(frame.frame_to_fp_offset) + FRAME_RECORD_BYTES - i64::from(offset);
                Label { local, start: 0, end, place: Place::Frame(-below) }
            }));
        }
        labels.sort_by_key(|label| (label.local, label.start, label.end, label.place));
        Self { pieces, labels }
    }
}

fn place(location: LabelValueLoc) -> Option<Place> {
    match location {
        LabelValueLoc::CFAOffset(offset) => Some(Place::Frame(offset)),
        LabelValueLoc::Reg(register) => {
            let register = register.to_real_reg()?;
            let float = register.class() != cranelift_codegen::RegClass::Int;
            Some(Place::Register(float, register.hw_enc()))
        }
    }
}
