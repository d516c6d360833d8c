//! Debug data of one item: the wasm location of each code range, and the places of locals.

use crate::translate::{SlotUse, TextItem};
use cranelift_codegen::ir::SourceLoc;
use cranelift_codegen::{Final, LabelValueLoc, MachBufferFinalized, ValueLabelsRanges};
use std::collections::BTreeMap;
use std::ops::Range;

/// Bytes of the frame pointer and the return address, which lie below the canonical frame address.
const FRAME_RECORD_BYTES: i64 = 16;

/// Debug data of a compiled item.
#[derive(Default)]
pub struct DebugItem {
    /// Ranges of the code as offsets in the item, sorted, with their source locations.
    pub pieces: Vec<(Range<u32>, SourceLoc)>,
    /// Places of locals for ranges of code, sorted.
    pub labels: Vec<Label>,
}

/// Place of a local while a range of code runs.
#[derive(Clone, Copy)]
pub struct Label {
    /// Index of the local in its function.
    pub local: u32,
    /// Offset in the item at which the range begins.
    pub start: u32,
    /// Offset in the item at which the range ends.
    pub end: u32,
    /// Register or frame slot that holds the local.
    pub place: Place,
}

/// A register or a frame slot that holds a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// A register: true for the float and vector class, and the hardware number.
    Register(bool, u8),
    /// A frame slot: its distance from the canonical frame address, in bytes.
    Frame(i64),
}

impl DebugItem {
    /// Collects the debug data of an item from Cranelift's buffer and its value labels.
    pub fn new(item: TextItem, buffer: &MachBufferFinalized<Final>, labels: &ValueLabelsRanges) -> Self {
        let located = buffer.get_srclocs_sorted().iter().filter(|piece| !piece.loc.is_default());
        let located: Vec<(u32, SourceLoc)> = located.map(|piece| (piece.start, piece.loc)).collect();
        // Code without a location joins the range before it: line tables with many tiny ranges help nobody.
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
            // Slots that an inlined function brought along hold its locals, not this function's.
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
