//! Selection of the wasm locals that must stay in the frame, because variables depend on them.

use super::budget::Budget;
use super::entries::{InUnit, low_pc};
use super::locations::Parsed;
use super::source::{Reader, Source};
use crate::decode::FuncIndex;
use gimli::constants;
use gimli::read::{AttributeValue as In, DebuggingInformationEntry as Entry};

/// Calls `tell` with each local that variables and frames refer to. Unless `all` is set, only locals that are the base
/// of a frame with variables count.
pub(super) fn locals(source: &Source<'_>, all: bool, budget: &mut Budget, tell: &mut dyn FnMut(FuncIndex, u32)) {
    let mut headers = source.dwarf.units();
    while let Ok(Some(header)) = headers.next() {
        if let Ok(unit) = source.dwarf.unit(header) {
            locals_of_unit(source, &unit, all, budget, tell);
        }
    }
}

fn locals_of_unit(
    source: &Source<'_>,
    unit: &InUnit<'_>,
    all: bool,
    budget: &mut Budget,
    tell: &mut dyn FnMut(FuncIndex, u32),
) {
    let Ok(mut entries) = unit.entries_raw(None) else {
        return;
    };
    let mut entry = Entry::null();
    let mut inside: Option<(isize, FuncIndex)> = None;
    let mut base = None;
    while !entries.is_empty() && budget.take(1 + entry.attrs.len()) {
        match entries.read_entry(&mut entry) {
            Ok(true) => {}
            Ok(false) => continue,
            Err(_) => return,
        }
        if entry.tag() == constants::DW_TAG_subprogram {
            let func = low_pc(source, unit, &entry).and_then(|address| source.function_at(address));
            inside = func.map(|func| (entry.depth(), func));
            base = None;
        }
        inside = inside.filter(|(depth, _)| entry.depth() >= *depth);
        let Some((_, func)) = inside else {
            continue;
        };
        each_expression(source, unit, entry.attr_value(constants::DW_AT_frame_base), budget, &mut |parsed| {
            base = parsed.local();
        });
        each_expression(source, unit, entry.attr_value(constants::DW_AT_location), budget, &mut |parsed| {
            let own = parsed.local().filter(|_| all);
            let base = base.filter(|_| parsed.is_in_frame());
            own.into_iter().chain(base).for_each(|local| tell(func, local));
        });
    }
}

/// Reads the expressions of a location attribute: one, or a location list.
fn each_expression<'a>(
    source: &Source<'a>,
    unit: &InUnit<'a>,
    value: Option<In<Reader<'a>>>,
    budget: &mut Budget,
    take: &mut dyn FnMut(Parsed<'a>),
) {
    let Some(value) = value else {
        return;
    };
    if let In::Exprloc(expression) = value {
        Parsed::read(expression, unit.encoding(), budget).into_iter().for_each(take);
    } else if let Ok(Some(mut list)) = source.dwarf.attr_locations(unit, value) {
        while let Ok(Some(entry)) = list.next() {
            if !budget.take(1) {
                return;
            }
            Parsed::read(entry.data, unit.encoding(), budget).into_iter().for_each(&mut *take);
        }
    }
}
