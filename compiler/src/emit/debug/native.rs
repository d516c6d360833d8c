//! What an instance's functions became: where they are in the text, which wasm each piece of their code comes from, and
//! where their locals are.

use super::super::code::{Code, CompiledItem};
use super::source::Source;
use crate::decode::{self, FuncIndex, Module};
use crate::plan::{FuncKind, GlobalPlace, InstanceId};
use crate::translate::{Context, SlotUse, TextItem};
use cranelift_codegen::ir::SourceLoc;
use cranelift_codegen::{Final, LabelValueLoc, MachBufferFinalized, ValueLabelsRanges};
use cranelift_entity::EntityRef;
use std::collections::{BTreeMap, HashMap};
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

/// An instance of a module.
pub(super) struct Instance<'a> {
    /// Its functions by their index in the module: those that were compiled.
    pub functions: BTreeMap<FuncIndex, Function<'a>>,
    /// Slab offset of byte 0 of its memory 0.
    pub memory: Option<u64>,
    /// Slab offset of each global that has one.
    pub globals: HashMap<u32, u64>,
    /// The instruction set, as `targets/` names it.
    pub isa: target_lexicon::Architecture,
    module: &'a Module<'a>,
}

/// A compiled function.
pub(super) struct Function<'a> {
    /// Offset in the text.
    pub start: u64,
    /// Bytes of its code.
    pub bytes: u64,
    /// Pieces of its code, as offsets in it, and for each the offsets in the input that it comes from: what is in this
    /// instance, from the innermost inlined function to the function itself.
    pub pieces: Vec<(Range<u32>, Vec<u64>)>,
    /// Where locals are.
    pub labels: &'a [Label],
}

impl<'a> Instance<'a> {
    /// The instance with this number.
    pub fn new(context: &Context<'a>, code: &'a Code, id: InstanceId) -> Self {
        let plan = &context.plan.instances[id];
        let own = |func| match context.plan.functions[func].kind {
            FuncKind::Wasm { instance, func } => (instance == id).then_some(func),
            _ => None,
        };
        let mut functions = BTreeMap::new();
        for item in &code.items {
            if let TextItem::Func(func) = item.item
                && let Some(index) = own(func)
            {
                functions.insert(index, Function::new(item, &|func| own(func).is_some()));
            }
        }
        let globals = plan.globals.iter().filter_map(|(index, global)| match context.plan.globals[*global].place {
            GlobalPlace::Slab { offset } => Some((index.index() as u32, offset)),
            _ => None,
        });
        Self {
            functions,
            memory: plan.memories.values().next().map(|memory| context.plan.memories[*memory].base),
            globals: globals.collect(),
            isa: context.isa.triple().architecture,
            module: &context.program.modules[plan.module],
        }
    }

    /// What the module's name section calls a function, as its source has it.
    pub fn function_name(&self, func: FuncIndex) -> String {
        let name = self.module.function_names.get(&func).map(|name| decode::demangle(name));
        name.unwrap_or_else(|| format!("function {}", func.index())).replace('\0', "")
    }
}

impl<'a> Function<'a> {
    fn new(item: &'a CompiledItem, is_own: &dyn Fn(crate::plan::FuncId) -> bool) -> Self {
        let debug = item.debug.as_ref();
        let pieces = debug.map(|debug| debug.pieces.as_slice()).unwrap_or_default();
        let pieces = pieces.iter().map(|(range, location)| {
            let (inlined, own) = item.locations.frames(*location);
            let inlined = inlined.into_iter().filter(|(func, _)| is_own(*func)).map(|(_, offset)| u64::from(offset));
            (range.clone(), inlined.chain([u64::from(own)]).collect())
        });
        Self {
            start: item.offset,
            bytes: item.bytes.len() as u64,
            pieces: pieces.collect(),
            labels: debug.map(|debug| debug.labels.as_slice()).unwrap_or_default(),
        }
    }

    /// The pieces of code, as offsets in the function, that come from a range of its own wasm; neighbours are joined.
    pub fn code_of(&self, source: &Source<'_>, wasm: &Range<u64>) -> Vec<Range<u32>> {
        let mut found: Vec<Range<u32>> = Vec::new();
        for (range, origins) in &self.pieces {
            let own = origins.last().and_then(|own| own.checked_sub(source.code_start));
            if range.is_empty() || !own.is_some_and(|own| wasm.contains(&own)) {
                continue;
            }
            match found.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => found.push(range.clone()),
            }
        }
        found
    }
}
