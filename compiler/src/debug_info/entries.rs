//! Selection of the input's entries that become entries of the output.

use super::budget::Budget;
use super::native::{Function, Instance};
use super::source::{Reader, Source};
use crate::decode::FuncIndex;
use gimli::constants;
use gimli::read::{DebuggingInformationEntry as Entry, UnitOffset};

/// A unit of the input.
pub(super) type InUnit<'a> = gimli::Unit<Reader<'a>>;

/// Maximum nesting of entries: writing them is recursive.
const DEPTH_MAX: isize = 200;

/// Warning text if the budget is used up.
pub(super) const TOO_MUCH: &str = "it is too large for its bytes";

/// Returns the entries of a unit that are kept, its root first. Functions that the program lacks are left out.
pub(super) fn scan(
    source: &Source<'_>,
    instance: &Instance<'_>,
    unit: &InUnit<'_>,
    budget: &mut Budget,
) -> Result<Vec<UnitOffset>, String> {
    let mut offsets = Vec::new();
    let mut entries = Kept::new(source, instance, unit)?;
    while let Some(entry) = entries.next()? {
        if !budget.take(1 + entry.attrs.len()) {
            return Err(TOO_MUCH.to_string());
        }
        if entry.depth() > DEPTH_MAX {
            return Err("its entries are nested too deeply".to_string());
        }
        offsets.push(entry.offset());
    }
    if offsets.is_empty() {
        return Err("a unit has no entries".to_string());
    }
    Ok(offsets)
}

/// Walk over the entries that are kept.
pub(super) struct Kept<'s, 'a> {
    source: &'s Source<'a>,
    instance: &'s Instance<'s>,
    unit: &'s InUnit<'a>,
    entries: gimli::EntriesRaw<'s, Reader<'a>>,
    entry: Entry<Reader<'a>>,
    /// Depth of the entry whose descendants are left out.
    skipped: Option<isize>,
}

impl<'s, 'a> Kept<'s, 'a> {
    pub fn new(source: &'s Source<'a>, instance: &'s Instance<'s>, unit: &'s InUnit<'a>) -> Result<Self, String> {
        let entries = unit.entries_raw(None).map_err(|error| error.to_string())?;
        Ok(Self { source, instance, unit, entries, entry: Entry::null(), skipped: None })
    }

    pub fn next(&mut self) -> Result<Option<&Entry<Reader<'a>>>, String> {
        while !self.entries.is_empty() {
            if !self.entries.read_entry(&mut self.entry).map_err(|error| error.to_string())? {
                continue;
            }
            if self.skipped.is_some_and(|depth| self.entry.depth() > depth) {
                continue;
            }
            self.skipped = None;
            if self.is_left_out() {
                self.skipped = Some(self.entry.depth());
                continue;
            }
            return Ok(Some(&self.entry));
        }
        Ok(None)
    }

    pub fn is_left_out(&self) -> bool {
        match self.entry.tag() {
            // These entries describe return addresses, which differ in the output.
            constants::DW_TAG_call_site | constants::DW_TAG_GNU_call_site => true,
            constants::DW_TAG_subprogram => match low_pc(self.source, self.unit, &self.entry) {
                Some(address) => function(self.source, self.instance, address).is_none(),
                None => false,
            },
            _ => false,
        }
    }
}

pub(super) fn low_pc(source: &Source<'_>, unit: &InUnit<'_>, entry: &Entry<Reader<'_>>) -> Option<u64> {
    let value = entry.attr_value(constants::DW_AT_low_pc)?;
    source.dwarf.attr_address(unit, value).ok()?
}

pub(super) fn function<'i>(
    source: &Source<'_>,
    instance: &'i Instance<'_>,
    address: u64,
) -> Option<(FuncIndex, &'i Function<'i>)> {
    let index = source.function_at(address)?;
    instance.functions.get(&index).map(|function| (index, function))
}
