//! Units of debug information, entry by entry: types as they are, functions and blocks with the addresses of their code.

use super::budget::Budget;
use super::inlined;
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

/// How deep entries may be nested: writing them is recursive.
const DEPTH_MAX: isize = 200;
/// Bytes of a pointer of wasm.
const POINTER_BYTES: u64 = 4;

/// How many qualifiers a type may have.
const QUALIFIERS_MAX: usize = 4;

type InUnit<'a> = gimli::Unit<Reader<'a>>;

/// Adds the units of a module, as they are for one instance.
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

/// Tells of the locals that variables and frames refer to: of all, or of those that are the base of a frame in which
/// there are variables.
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

/// Reads the expressions of a place: one, or a list of them.
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

const TOO_MUCH: &str = "it is too large for its bytes";

/// The entries of a unit that are kept, the unit's own first. Functions that the program doesn't have are left out.
fn scan(
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

/// Walks over the entries that are kept.
struct Kept<'s, 'a> {
    source: &'s Source<'a>,
    instance: &'s Instance<'s>,
    unit: &'s InUnit<'a>,
    entries: gimli::EntriesRaw<'s, Reader<'a>>,
    entry: Entry<Reader<'a>>,
    /// The depth of an entry whose descendants are left out.
    skipped: Option<isize>,
}

impl<'s, 'a> Kept<'s, 'a> {
    fn new(source: &'s Source<'a>, instance: &'s Instance<'s>, unit: &'s InUnit<'a>) -> Result<Self, String> {
        let entries = unit.entries_raw(None).map_err(|error| error.to_string())?;
        Ok(Self { source, instance, unit, entries, entry: Entry::null(), skipped: None })
    }

    fn next(&mut self) -> Result<Option<&Entry<Reader<'a>>>, String> {
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

    fn is_left_out(&self) -> bool {
        match self.entry.tag() {
            // They tell of instructions that return addresses stand for, which are others here.
            constants::DW_TAG_call_site | constants::DW_TAG_GNU_call_site => true,
            constants::DW_TAG_subprogram => match low_pc(self.source, self.unit, &self.entry) {
                Some(address) => function(self.source, self.instance, address).is_none(),
                None => false,
            },
            _ => false,
        }
    }
}

fn low_pc(source: &Source<'_>, unit: &InUnit<'_>, entry: &Entry<Reader<'_>>) -> Option<u64> {
    let value = entry.attr_value(constants::DW_AT_low_pc)?;
    source.dwarf.attr_address(unit, value).ok()?
}

fn function<'i>(
    source: &Source<'_>,
    instance: &'i Instance<'_>,
    address: u64,
) -> Option<(FuncIndex, &'i Function<'i>)> {
    let index = source.function_at(address)?;
    instance.functions.get(&index).map(|function| (index, function))
}

/// Whether an attribute tells of addresses of code: those of the input mean nothing, and ours are written on their own.
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

fn is_pointer(tag: constants::DwTag) -> bool {
    matches!(
        tag,
        constants::DW_TAG_pointer_type | constants::DW_TAG_reference_type | constants::DW_TAG_rvalue_reference_type
    )
}

/// A function, or a block in one, and its code.
struct Block {
    id: UnitEntryId,
    code: Vec<Range<u32>>,
}

impl Block {
    fn contains(&self, code: &[Range<u32>]) -> bool {
        code.iter().all(|part| self.code.iter().any(|own| own.start <= part.start && part.end <= own.end))
    }
}

/// A unit in conversion.
struct Converter<'c, 'a> {
    source: &'c Source<'a>,
    instance: &'c Instance<'c>,
    unit: &'c InUnit<'a>,
    id: UnitId,
    /// What entries became, by their offsets in the section.
    ids: &'c HashMap<usize, (UnitId, UnitEntryId)>,
    /// The rows of all units.
    rows: &'c Rows,
    table: &'c Table<'c, 'a>,
    out: &'c mut write::Unit,
    strings: &'c mut write::StringTable,
    /// The machine's pointer type for each type of pointers of which there are variables.
    pointers: HashMap<UnitOffset, UnitEntryId>,
    budget: &'c mut Budget,
}

impl<'a> Converter<'_, 'a> {
    /// Converts all entries; `functions` have their lines in the unit's table.
    fn entries(&mut self, functions: &[FuncIndex]) {
        let (source, instance, unit) = (self.source, self.instance, self.unit);
        let Ok(mut entries) = Kept::new(source, instance, unit) else {
            return;
        };
        // The entries around the one at hand, with the function that each is in.
        let mut around: Vec<(isize, UnitEntryId, Option<&Function<'_>>)> = Vec::new();
        let mut with_entries = HashSet::new();
        // The function at hand, and what is in it: the function first.
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
            if let Some((_, parent, _)) = around.last() {
                self.out.add_reserved(id, *parent, entry.tag());
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
        // Those that are here for what was inlined into them have no entries of their own.
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
        self.ids.get(&offset.0).map(|(_, id)| *id)
    }

    /// The ranges of the unit: all code that is described here.
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

    /// The code of a function, a block or an inlined function.
    fn code(
        &mut self,
        id: UnitEntryId,
        entry: &Entry<Reader<'a>>,
        inside: Option<&Function<'_>>,
    ) -> Option<Vec<Range<u32>>> {
        let function = inside?;
        if entry.tag() == constants::DW_TAG_subprogram {
            let whole = vec![0..u32::try_from(function.bytes).ok()?];
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

    fn set_code(&mut self, id: UnitEntryId, function: &Function<'_>, code: &[Range<u32>]) {
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

    /// Entries for the functions that our inlining has dissolved in a function, each inside of the innermost block around
    /// the call.
    fn inlined(&mut self, function: &Function<'_>, blocks: &[Block]) {
        for (key, call) in inlined::calls(self.source, function, self.budget) {
            if !self.budget.take(blocks.len()) {
                return;
            }
            if let Some(block) = blocks.iter().rev().find(|block| block.contains(&call.code)) {
                self.inlined_call(function, block.id, key, call);
            }
        }
    }

    /// An entry for a function of which the input has none.
    fn bare(&mut self, index: FuncIndex) {
        let function = &self.instance.functions[&index];
        let Ok(end) = u32::try_from(function.bytes) else {
            return;
        };
        let root = self.out.root();
        let block = Block { id: self.out.add(root, constants::DW_TAG_subprogram), code: vec![0..end] };
        self.set_code(block.id, function, &block.code);
        let name = self.function_name(index);
        self.out.get_mut(block.id).set(constants::DW_AT_name, name);
        self.inlined(function, &[block]);
    }

    fn inlined_call(
        &mut self,
        function: &Function<'_>,
        parent: UnitEntryId,
        key: (u64, FuncIndex),
        call: inlined::Call,
    ) {
        let ((address, callee), inlined::Call { code, inner }) = (key, call);
        let id = self.out.add(parent, constants::DW_TAG_inlined_subroutine);
        self.set_code(id, function, &code);
        let name = self.function_name(callee);
        // gdb shows nothing of a call without a place; line 0 is none.
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

    /// A pointer in memory has 32 bits; debuggers take one without a size for one of the machine. gdb has only one type of
    /// pointers to each type, whatever their sizes, so that these point to a type definition of it.
    fn pointer_in_memory(&mut self, id: UnitEntryId, entry: &Entry<Reader<'a>>) {
        if !is_pointer(entry.tag()) {
            return;
        }
        let name = self.pointee_name(entry).unwrap_or_else(|| b"void".to_vec());
        let root = self.out.root();
        let pointee = self.out.add(root, constants::DW_TAG_typedef);
        let name = Out::StringRef(self.strings.add(name));
        self.out.get_mut(pointee).set(constants::DW_AT_name, name);
        if let Some(ty) = self.out.get(id).get(constants::DW_AT_type).cloned() {
            self.out.get_mut(pointee).set(constants::DW_AT_type, ty);
        }
        let entry = self.out.get_mut(id);
        entry.set(constants::DW_AT_type, Out::UnitRef(pointee));
        entry.set(constants::DW_AT_byte_size, Out::Udata(POINTER_BYTES));
    }

    fn pointee_name(&self, entry: &Entry<Reader<'a>>) -> Option<Vec<u8>> {
        let In::UnitRef(offset) = entry.attr_value(constants::DW_AT_type)? else {
            return None;
        };
        let named = self.unit.entry(offset).ok()?;
        let name = named.attr_value(constants::DW_AT_name);
        let name = name.and_then(|name| self.source.dwarf.attr_string(self.unit, name).ok());
        let name = name.map_or(b"pointee".as_slice(), |name| name.slice());
        Some(name.iter().copied().filter(|byte| *byte != 0).collect())
    }

    fn attribute(&mut self, id: UnitEntryId, attribute: &Attribute<Reader<'a>>, inside: Option<&Function<'_>>) {
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

    /// A variable that holds a pointer gets the pointer of the process as its value, so that debuggers can follow it:
    /// they know of one address space only, and a pointer in memory has 32 bits.
    fn pointer_variable(&mut self, id: UnitEntryId, entry: &Entry<Reader<'a>>, inside: Option<&Function<'_>>) {
        if !matches!(entry.tag(), constants::DW_TAG_variable | constants::DW_TAG_formal_parameter) {
            return;
        }
        let (Some(location), Some(In::UnitRef(ty))) =
            (entry.attr_value(constants::DW_AT_location), self.type_of_variable(entry))
        else {
            return;
        };
        if let Some(ty) = self.process_pointer_type(ty)
            && let Some(location) = self.location(location, inside, Purpose::Pointer)
        {
            let entry = self.out.get_mut(id);
            entry.set(constants::DW_AT_location, location);
            entry.set(constants::DW_AT_type, Out::UnitRef(ty));
        }
    }

    /// A variable of an inlined function has its type in the abstract one.
    fn type_of_variable(&self, entry: &Entry<Reader<'a>>) -> Option<In<Reader<'a>>> {
        if let Some(ty) = entry.attr_value(constants::DW_AT_type) {
            return Some(ty);
        }
        let In::UnitRef(origin) = entry.attr_value(constants::DW_AT_abstract_origin)? else {
            return None;
        };
        self.unit.entry(origin).ok()?.attr_value(constants::DW_AT_type)
    }

    /// For a type of pointers, one of the machine's pointers to the same.
    fn process_pointer_type(&mut self, ty: UnitOffset) -> Option<UnitEntryId> {
        let mut entry = self.unit.entry(ty).ok()?;
        for _ in 0..QUALIFIERS_MAX {
            let is_qualifier = matches!(
                entry.tag(),
                constants::DW_TAG_const_type | constants::DW_TAG_volatile_type | constants::DW_TAG_restrict_type
            );
            let Some(In::UnitRef(inner)) = entry.attr_value(constants::DW_AT_type).filter(|_| is_qualifier) else {
                break;
            };
            entry = self.unit.entry(inner).ok()?;
        }
        if !is_pointer(entry.tag()) {
            return None;
        }
        let offset = entry.offset();
        if let Some(known) = self.pointers.get(&offset) {
            return Some(*known);
        }
        let root = self.out.root();
        let id = self.out.add(root, entry.tag());
        self.out.get_mut(id).set(constants::DW_AT_byte_size, Out::Udata(8));
        for attribute in entry.attrs.iter() {
            if matches!(attribute.name(), constants::DW_AT_type | constants::DW_AT_name) {
                self.attribute(id, attribute, None);
            }
        }
        self.pointers.insert(offset, id);
        Some(id)
    }

    fn location(&mut self, value: In<Reader<'a>>, inside: Option<&Function<'_>>, purpose: Purpose) -> Option<Out> {
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

    /// An attribute that isn't about code or places of variables.
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
            // Addresses, ranges and places are dealt with where they mean something; macros and foreign files aren't here.
            _ => return None,
        })
    }

    /// An expression that computes an offset or a bound; those that read memory or locals aren't kept.
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
