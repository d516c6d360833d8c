//! Units of debug information, entry by entry: types unchanged, functions and blocks with the addresses of their code.

use super::blocks::Block;
use super::budget::Budget;
use super::entries::{InUnit, Kept, TOO_MUCH, function, low_pc, scan};
use super::lines::{Rows, Table};
use super::locations::{Parsed, Places, Purpose};
use super::native::{Function, Instance};
use super::sections::text_address;
use super::source::{Reader, Source};
use crate::decode::FuncIndex;
use gimli::read::{AttributeValue as In, DebuggingInformationEntry as Entry, UnitOffset};
use gimli::write::{self, AttributeValue as Out, DebugInfoRef, LocationList, Range as CodeRange, RangeList};
use gimli::write::{UnitEntryId, UnitId};
use gimli::{Attribute, Encoding, Format, constants};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Adds the units of a module for one instance.
pub(super) fn convert(
    dwarf: &mut write::Dwarf,
    source: &Source<'_>,
    instance: &Instance<'_>,
    budget: &mut Budget,
) -> Result<(), String> {
    let mut problem = Ok(());
    let (mut units, mut rows, mut ids) = (Vec::new(), Rows::default(), HashMap::new());
    let mut headers = source.dwarf.units();
    loop {
        let header = match headers.next() {
            Ok(Some(header)) => header,
            Ok(None) => break,
            Err(error) => {
                problem = Err(error.to_string());
                break;
            }
        };
        let unit = source.dwarf.unit(header).map_err(|error| error.to_string());
        let scanned = unit.and_then(|unit| Ok((scan(source, instance, &unit, budget)?, unit)));
        match scanned {
            Ok((entries, unit)) => {
                let encoding =
                    Encoding { format: Format::Dwarf32, version: unit.encoding().version.clamp(4, 5), address_size: 8 };
                let id = dwarf.units.add(write::Unit::new(encoding, write::LineProgram::none()));
                let out = dwarf.units.get_mut(id);
                for (index, entry) in entries.iter().enumerate() {
                    let entry_id = if index == 0 { out.root() } else { out.reserve() };
                    if let Some(offset) = entry.to_debug_info_offset(&unit.header) {
                        ids.insert(offset.0, (id, entry_id));
                    }
                }
                if !rows.add(source, units.len(), &unit, budget) {
                    problem = Err(TOO_MUCH.to_string());
                }
                units.push((unit, id));
            }
            Err(error) => problem = Err(error),
        }
    }
    rows.sort();
    let by_unit = rows.functions_by_unit(source, instance);
    for (index, (unit, id)) in units.iter().enumerate() {
        let functions = by_unit.get(&index).map(Vec::as_slice).unwrap_or_default();
        let write::Dwarf { units: out, strings, line_strings, .. } = dwarf;
        let mut table = Table::new(source, &units, index, out.get(*id).encoding(), line_strings, budget);
        for function in functions {
            table.add(&rows, &instance.functions[function], line_strings, budget);
        }
        let mut converter = Converter {
            source,
            instance,
            unit,
            id: *id,
            ids: &ids,
            rows: &rows,
            table: &table,
            out: out.get_mut(*id),
            strings,
            pointers: HashMap::new(),
            budget,
        };
        converter.entries(functions);
        out.get_mut(*id).line_program = table.program;
    }
    problem
}

/// Returns true if an attribute describes code addresses: the input's mean nothing, and ours are written separately.
fn is_about_code(name: constants::DwAt) -> bool {
    matches!(
        name,
        constants::DW_AT_low_pc
            | constants::DW_AT_high_pc
            | constants::DW_AT_ranges
            | constants::DW_AT_entry_pc
            | constants::DW_AT_stmt_list
            | constants::DW_AT_sibling
            | constants::DW_AT_str_offsets_base
            | constants::DW_AT_addr_base
            | constants::DW_AT_rnglists_base
            | constants::DW_AT_loclists_base
            | constants::DW_AT_GNU_addr_base
            | constants::DW_AT_GNU_ranges_base
            | constants::DW_AT_GNU_pubnames
    )
}

/// Conversion of one unit.
pub(super) struct Converter<'c, 'a> {
    pub source: &'c Source<'a>,
    pub instance: &'c Instance<'c>,
    pub unit: &'c InUnit<'a>,
    pub id: UnitId,
    /// Output entries, by the offset of the input entry in its section.
    pub ids: &'c HashMap<usize, (UnitId, UnitEntryId)>,
    /// Line table rows of all units.
    pub rows: &'c Rows,
    pub table: &'c Table<'c, 'a>,
    pub out: &'c mut write::Unit,
    pub strings: &'c mut write::StringTable,
    /// Pointer types of the machine, by the input type that variables need them for.
    pub pointers: HashMap<UnitOffset, UnitEntryId>,
    pub budget: &'c mut Budget,
}

impl<'a> Converter<'_, 'a> {
    /// Converts all entries; `functions` have their lines in the unit's table.
    fn entries(&mut self, functions: &[FuncIndex]) {
        let (source, instance, unit) = (self.source, self.instance, self.unit);
        let Ok(mut entries) = Kept::new(source, instance, unit) else {
            return;
        };
        // Open entries around the current one, each with its function.
        let mut around: Vec<(isize, UnitEntryId, Option<&Function<'_>>)> = Vec::new();
        let mut with_entries = HashSet::new();
        // The current function and the blocks in it, the function first.
        let mut blocks: Vec<Block> = Vec::new();
        let mut described = None;
        while let Ok(Some(entry)) = entries.next() {
            while around.last().is_some_and(|(depth, ..)| *depth >= entry.depth()) {
                around.pop();
            }
            let Some(id) = self.entry_id(entry.offset()) else {
                continue;
            };
            let mut inside = around.last().and_then(|(.., function)| *function);
            // Entries after the root of a damaged unit are put into the root.
            let root = self.out.root();
            if id != root {
                let parent = around.last().map_or(root, |(_, parent, _)| *parent);
                self.out.add_reserved(id, parent, entry.tag());
            }
            if entry.tag() == constants::DW_TAG_subprogram {
                let found = low_pc(source, unit, entry).and_then(|address| function(source, instance, address));
                inside = found.map(|(_, function)| function);
                with_entries.extend(found.map(|(index, _)| index));
                if let Some(function) = std::mem::replace(&mut described, inside) {
                    self.inlined(function, &blocks);
                }
                blocks.clear();
            }
            if let Some(code) = self.code(id, entry, inside) {
                blocks.push(Block { id, code });
            }
            for attribute in &entry.attrs {
                self.attribute(id, attribute, inside);
            }
            self.pointer_variable(id, entry, inside);
            self.pointer_in_memory(id, entry);
            around.push((entry.depth(), id, inside));
        }
        if let Some(function) = described {
            self.inlined(function, &blocks);
        }
        // Functions that are here only for code inlined into them have no entries of their own.
        for index in functions.iter().filter(|index| !with_entries.contains(index)) {
            self.bare(*index);
        }
        let mut own: Vec<FuncIndex> = with_entries.into_iter().chain(functions.iter().copied()).collect();
        own.sort_unstable();
        own.dedup();
        self.unit_ranges(&own);
    }

    fn entry_id(&self, offset: UnitOffset) -> Option<UnitEntryId> {
        let offset = offset.to_debug_info_offset(&self.unit.header)?;
        // A damaged reference may lead into another unit.
        self.ids.get(&offset.0).filter(|(unit, _)| *unit == self.id).map(|(_, id)| *id)
    }

    /// Sets the ranges of the unit: all code that it describes.
    fn unit_ranges(&mut self, functions: &[FuncIndex]) {
        let ranges = functions.iter().map(|index| &self.instance.functions[index]);
        let ranges = ranges.filter(|function| function.bytes > 0).map(|function| CodeRange::StartEnd {
            begin: text_address(function.start),
            end: text_address(function.start + function.bytes),
        });
        let ranges: Vec<CodeRange> = ranges.collect();
        let root = self.out.root();
        if !ranges.is_empty() {
            let ranges = self.out.ranges.add(RangeList(ranges));
            let root = self.out.get_mut(root);
            root.set(constants::DW_AT_low_pc, Out::Address(write::Address::Constant(0)));
            root.set(constants::DW_AT_ranges, Out::RangeListRef(ranges));
        }
        self.out.get_mut(root).set(constants::DW_AT_stmt_list, Out::LineProgramRef);
    }

    /// Sets and returns the code of a function, a block or an inlined function.
    fn code(
        &mut self,
        id: UnitEntryId,
        entry: &Entry<Reader<'a>>,
        inside: Option<&Function<'_>>,
    ) -> Option<Vec<Range<u32>>> {
        let function = inside?;
        if entry.tag() == constants::DW_TAG_subprogram {
            let whole: Vec<Range<u32>> = std::iter::once(0..u32::try_from(function.bytes).ok()?).collect();
            self.set_code(id, function, &whole);
            return Some(whole);
        }
        if !matches!(
            entry.tag(),
            constants::DW_TAG_lexical_block | constants::DW_TAG_inlined_subroutine | constants::DW_TAG_try_block
        ) {
            return None;
        }
        let mut ranges = self.source.dwarf.die_ranges(self.unit, entry).ok()?;
        let mut code: Vec<Range<u32>> = Vec::new();
        while let Ok(Some(range)) = ranges.next() {
            if !self.budget.take(1 + function.pieces.len()) {
                return None;
            }
            code.extend(function.code_of(self.source, &(range.begin..range.end)));
        }
        code.sort_by_key(|range| (range.start, range.end));
        self.set_code(id, function, &code);
        Some(code)
    }

    pub fn set_code(&mut self, id: UnitEntryId, function: &Function<'_>, code: &[Range<u32>]) {
        let address = |offset: u32| text_address(function.start + u64::from(offset));
        match code {
            [] => {}
            [one] => {
                let out = self.out.get_mut(id);
                out.set(constants::DW_AT_low_pc, Out::Address(address(one.start)));
                out.set(constants::DW_AT_high_pc, Out::Udata(u64::from(one.end - one.start)));
            }
            several => {
                let ranges = several
                    .iter()
                    .map(|range| CodeRange::StartEnd { begin: address(range.start), end: address(range.end) });
                let ranges = self.out.ranges.add(RangeList(ranges.collect()));
                self.out.get_mut(id).set(constants::DW_AT_ranges, Out::RangeListRef(ranges));
            }
        }
    }

    pub fn attribute(&mut self, id: UnitEntryId, attribute: &Attribute<Reader<'a>>, inside: Option<&Function<'_>>) {
        let name = attribute.name();
        let value = match name {
            constants::DW_AT_location => self.location(attribute.value(), inside, Purpose::Variable),
            constants::DW_AT_frame_base => self.location(attribute.value(), inside, Purpose::FrameBase),
            _ if is_about_code(name) => None,
            _ => self.plain(attribute),
        };
        if let Some(value) = value {
            self.out.get_mut(id).set(name, value);
        }
    }

    pub fn location(&mut self, value: In<Reader<'a>>, inside: Option<&Function<'_>>, purpose: Purpose) -> Option<Out> {
        let encoding = self.unit.encoding();
        if let In::Exprloc(expression) = value {
            let parsed = Parsed::read(expression, encoding, self.budget)?;
            return match parsed.places(self.instance, inside, purpose, self.budget)? {
                Places::Everywhere(expression) => Some(Out::Exprloc(expression)),
                Places::Some(locations) => self.location_list(locations),
            };
        }
        let function = inside?;
        let mut list = self.source.dwarf.attr_locations(self.unit, value).ok()??;
        let mut locations = Vec::new();
        while let Ok(Some(entry)) = list.next() {
            if !self.budget.take(1 + function.pieces.len()) {
                return None;
            }
            let code = function.code_of(self.source, &(entry.range.begin..entry.range.end));
            if let Some(parsed) = Parsed::read(entry.data, encoding, self.budget) {
                locations.extend(parsed.locations(self.instance, function, purpose, &code, self.budget));
            }
        }
        self.location_list(locations)
    }

    fn location_list(&mut self, locations: Vec<write::Location>) -> Option<Out> {
        (!locations.is_empty()).then(|| Out::LocationListRef(self.out.locations.add(LocationList(locations))))
    }

    /// Converts an attribute that describes neither code nor the location of a variable.
    fn plain(&mut self, attribute: &Attribute<Reader<'a>>) -> Option<Out> {
        Some(match attribute.value() {
            In::Block(data) => Out::Block(data.slice().to_vec()),
            In::Data1(value) => Out::Data1(value),
            In::Data2(value) => Out::Data2(value),
            In::Data4(value) => Out::Data4(value),
            In::Data8(value) => Out::Data8(value),
            In::Sdata(value) => Out::Sdata(value),
            In::Udata(value) => Out::Udata(value),
            In::Flag(value) => Out::Flag(value),
            In::Exprloc(expression) => Out::Exprloc(self.offset_expression(attribute.name(), expression)?),
            In::UnitRef(offset) => Out::UnitRef(self.entry_id(offset)?),
            In::DebugInfoRef(offset) => {
                let (unit, id) = *self.ids.get(&offset.0)?;
                if unit == self.id { Out::UnitRef(id) } else { Out::DebugInfoRef(DebugInfoRef::Entry(unit, id)) }
            }
            value @ (In::String(_) | In::DebugStrRef(_) | In::DebugStrOffsetsIndex(_) | In::DebugLineStrRef(_)) => {
                let text = self.source.dwarf.attr_string(self.unit, value).ok()?;
                let text = text.slice();
                if text.contains(&0) {
                    return None;
                }
                Out::StringRef(self.strings.add(text))
            }
            In::Encoding(value) => Out::Encoding(value),
            In::DecimalSign(value) => Out::DecimalSign(value),
            In::Endianity(value) => Out::Endianity(value),
            In::Accessibility(value) => Out::Accessibility(value),
            In::Visibility(value) => Out::Visibility(value),
            In::Virtuality(value) => Out::Virtuality(value),
            In::Language(value) => Out::Language(value),
            In::AddressClass(value) => Out::AddressClass(value),
            In::IdentifierCase(value) => Out::IdentifierCase(value),
            In::CallingConvention(value) => Out::CallingConvention(value),
            In::Inline(value) => Out::Inline(value),
            In::Ordering(value) => Out::Ordering(value),
            In::FileIndex(index) => Out::FileIndex(Some(self.table.file(index)?)),
            // Addresses, ranges and locations are handled by their own functions; macros and foreign files aren't kept.
            _ => return None,
        })
    }

    /// Converts an expression that computes an offset or a bound; one that reads memory or locals isn't kept.
    fn offset_expression(
        &mut self,
        name: constants::DwAt,
        expression: gimli::Expression<Reader<'a>>,
    ) -> Option<write::Expression> {
        if name != constants::DW_AT_data_member_location {
            return None;
        }
        let mut operations = expression.operations(self.unit.encoding());
        let mut out = write::Expression::new();
        while let Some(operation) = operations.next().ok()? {
            match operation {
                gimli::Operation::PlusConstant { value } if self.budget.take(1) => out.op_plus_uconst(value),
                _ => return None,
            }
        }
        Some(out)
    }
}
