//! Functions that our own inlining has dissolved: as DWARF has it, each is an entry inside of the function that took it in,
//! with its name, the line of the call, and the code that came from it.

use super::budget::Budget;
use super::native::Function;
use super::source::Source;
use crate::decode::FuncIndex;
use std::collections::BTreeMap;
use std::ops::Range;

/// Calls that were replaced, by the address of the call in the wasm of the caller, and by the callee.
pub(super) type Calls = BTreeMap<(u64, FuncIndex), Call>;

/// What became of a call.
#[derive(Default)]
pub(super) struct Call {
    /// The code that came from the callee and from what was inlined into it, as offsets in the function; neighbours are
    /// joined.
    pub code: Vec<Range<u32>>,
    /// The calls in it.
    pub inner: Calls,
}

/// The calls that were replaced in a function, as far as the budget goes.
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
