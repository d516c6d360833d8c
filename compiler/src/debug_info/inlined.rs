//! Entries for functions that this compiler inlined: as DWARF requires, each lies inside the entry of its caller, with
//! the name, the call's line, and the code that came from it.

use super::blocks::{Block, innermost};
use super::budget::Budget;
use super::native::Function;
use super::source::Source;
use super::units::Converter;
use crate::decode::FuncIndex;
use gimli::constants;
use gimli::write::{AttributeValue as Out, UnitEntryId};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

/// Inlined calls, by the address of the call in the caller's wasm and by the callee.
pub(super) type Calls = BTreeMap<(u64, FuncIndex), Call>;

/// An inlined call.
#[derive(Default)]
pub(super) struct Call {
    /// Code that came from the callee and from functions inlined into it, as offsets in the function; adjacent ranges
    /// are joined.
    pub code: Vec<Range<u32>>,
    /// Inlined calls within the callee.
    pub inner: Calls,
}

/// Collects the inlined calls of a function, as far as the budget allows.
pub(super) fn calls(source: &Source<'_>, function: &Function<'_>, budget: &mut Budget) -> Calls {
    let mut outermost = Calls::new();
    for (range, origins) in &function.pieces {
        if range.is_empty() || origins.len() < 2 || !budget.take(origins.len()) {
            continue;
        }
        let addresses = origins.iter().rev().map_while(|origin| origin.checked_sub(source.code_start));
        let addresses: Vec<u64> = addresses.collect();
        let mut calls = &mut outermost;
        for pair in addresses.windows(2) {
            let Some(callee) = source.function_at(pair[1]) else {
                break;
            };
            let call = calls.entry((pair[0], callee)).or_default();
            match call.code.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => call.code.push(range.clone()),
            }
            calls = &mut call.inner;
        }
    }
    outermost
}

impl Converter<'_, '_> {
    /// Adds entries for the functions inlined into a function, each inside the innermost block around its call.
    pub fn inlined(&mut self, function: &Function<'_>, blocks: &[Block]) {
        let calls = calls(self.source, function, self.budget);
        if calls.is_empty() {
            return;
        }
        let pieces = blocks.iter().flat_map(|block| block.code.iter().map(move |range| (range.clone(), block)));
        let mut pieces: Vec<(Range<u32>, &Block)> = pieces.collect();
        // If several begin at one offset, the outer ones come first.
        pieces.sort_by_key(|(range, _)| (range.start, Reverse(range.end)));
        for (key, call) in calls {
            if let Some(block) = innermost(&pieces, &call.code) {
                self.inlined_call(function, block.id, key, call);
            }
        }
    }

    /// Adds an entry for a function that has none in the input.
    pub fn bare(&mut self, index: FuncIndex) {
        let function = &self.instance.functions[&index];
        let Ok(end) = u32::try_from(function.bytes) else {
            return;
        };
        let root = self.out.root();
        let block =
            Block { id: self.out.add(root, constants::DW_TAG_subprogram), code: std::iter::once(0..end).collect() };
        self.set_code(block.id, function, &block.code);
        let name = self.function_name(index);
        self.out.get_mut(block.id).set(constants::DW_AT_name, name);
        self.inlined(function, &[block]);
    }

    fn inlined_call(&mut self, function: &Function<'_>, parent: UnitEntryId, key: (u64, FuncIndex), call: Call) {
        let ((address, callee), Call { code, inner }) = (key, call);
        let id = self.out.add(parent, constants::DW_TAG_inlined_subroutine);
        self.set_code(id, function, &code);
        let name = self.function_name(callee);
        // gdb ignores a call without a file; line 0 means no line.
        let place = self.rows.at(address).and_then(|row| Some((self.table.file_of(row)?, row.line)));
        let place = place.or_else(|| Some((self.table.any_file()?, 0)));
        let out = self.out.get_mut(id);
        out.set(constants::DW_AT_name, name);
        if let Some((file, line)) = place {
            out.set(constants::DW_AT_call_file, Out::FileIndex(Some(file)));
            out.set(constants::DW_AT_call_line, Out::Udata(line));
        }
        for (key, call) in inner {
            self.inlined_call(function, id, key, call);
        }
    }

    fn function_name(&mut self, func: FuncIndex) -> Out {
        Out::StringRef(self.strings.add(self.instance.function_name(func)))
    }
}
