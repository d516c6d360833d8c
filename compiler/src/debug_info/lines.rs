//! Line tables: the input's rows by address, and a table for each unit with the rows of its functions.

use super::budget::Budget;
use super::native::{Function, Instance};
use super::sections::text_address;
use super::source::{Reader, Source};
use crate::decode::FuncIndex;
use gimli::write::{FileId, LineProgram, LineString, LineStringTable, UnitId};
use gimli::{Encoding, LineEncoding};
use std::collections::HashMap;
use std::num::NonZero;

/// A row of a line table in the input.
#[derive(Clone, Copy)]
pub(super) struct Row {
    address: u64,
    unit: usize,
    file: u64,
    pub line: u64,
    column: u64,
    is_statement: bool,
    prologue_end: bool,
    end: bool,
}

/// All rows of a module, sorted by address.
#[derive(Default)]
pub(super) struct Rows(Vec<Row>);

impl Rows {
    /// Adds the readable rows of a unit; returns false if the budget is used up.
    pub fn add(
        &mut self,
        source: &Source<'_>,
        index: usize,
        unit: &gimli::Unit<Reader<'_>>,
        budget: &mut Budget,
    ) -> bool {
        let Some(program) = unit.line_program.clone() else {
            return true;
        };
        let mut rows = program.rows();
        // Addresses of code that the linker dropped mean nothing.
        let mut live = None;
        while let Ok(Some((_, row))) = rows.next_row() {
            if !budget.take(1) {
                return false;
            }
            let is_live = *live.get_or_insert_with(|| source.function_at(row.address()).is_some());
            if row.end_sequence() {
                live = None;
            }
            if is_live {
                self.0.push(Row {
                    address: row.address(),
                    unit: index,
                    file: row.file_index(),
                    line: row.line().map_or(0, NonZero::get),
                    column: match row.column() {
                        gimli::ColumnType::LeftEdge => 0,
                        gimli::ColumnType::Column(column) => column.get(),
                    },
                    is_statement: row.is_stmt(),
                    prologue_end: row.prologue_end(),
                    end: row.end_sequence(),
                });
            }
        }
        true
    }

    /// Sorts the rows; call it once all units have been added.
    pub fn sort(&mut self) {
        // At equal addresses, an end comes before a beginning.
        self.0.sort_by_key(|row| (row.address, !row.end));
    }

    /// Yields each address with the unit, file and line that begin there, or `None` at the end of a sequence.
    pub fn places(&self) -> impl Iterator<Item = (u64, Option<(usize, u64, u64)>)> + '_ {
        self.0.iter().map(|row| (row.address, (!row.end).then_some((row.unit, row.file, row.line))))
    }

    /// Returns the row that covers an address.
    pub fn at(&self, address: u64) -> Option<&Row> {
        let index = self.0.partition_point(|row| row.address <= address);
        let row = self.0.get(index.checked_sub(1)?)?;
        (!row.end).then_some(row)
    }

    /// Returns the functions of each unit, by the unit that their code comes from.
    pub fn functions_by_unit(&self, source: &Source<'_>, instance: &Instance<'_>) -> HashMap<usize, Vec<FuncIndex>> {
        let mut units: HashMap<usize, Vec<FuncIndex>> = HashMap::new();
        for (index, function) in &instance.functions {
            let row = |origin: &u64| self.at(origin.checked_sub(source.code_start)?);
            let own = function.pieces.iter().filter_map(|(_, origins)| origins.last());
            // A function without lines of its own belongs to the unit of the first function inlined into it.
            let all = function.pieces.iter().flat_map(|(_, origins)| origins.iter().rev());
            if let Some(row) = own.chain(all).find_map(row) {
                units.entry(row.unit).or_default().push(*index);
            }
        }
        units
    }
}

/// All units of a module, with the output units that they become.
pub(super) type Units<'a> = [(gimli::Unit<Reader<'a>>, UnitId)];

/// Line table of an output unit, with the files that it took from the input.
pub(super) struct Table<'t, 'a> {
    pub program: LineProgram,
    /// Index of the unit that the table belongs to.
    unit: usize,
    units: &'t Units<'a>,
    files: Vec<Option<FileId>>,
    /// Files of other units whose code was inlined.
    foreign: HashMap<(usize, u64), Option<FileId>>,
    source: &'t Source<'a>,
    encoding: Encoding,
}

impl<'t, 'a> Table<'t, 'a> {
    /// Makes the table of a unit, without rows.
    pub fn new(
        source: &'t Source<'a>,
        units: &'t Units<'a>,
        index: usize,
        encoding: Encoding,
        strings: &mut LineStringTable,
        budget: &mut Budget,
    ) -> Self {
        let unit = &units[index].0;
        let folder = LineString::new(text(unit.comp_dir, "."), encoding, strings);
        let file = LineString::new(text(unit.name, "?"), encoding, strings);
        let program = LineProgram::new(encoding, LineEncoding::default(), folder, None, file, None);
        let (files, foreign) = (Vec::new(), HashMap::new());
        let mut table = Self { program, unit: index, units, files, foreign, source, encoding };
        if let Some(lines) = &unit.line_program {
            let header = lines.header();
            let first = u64::from(header.version() <= 4);
            table.files.resize(first as usize, None);
            for index in first..first + header.file_names().len() as u64 {
                let Some(file) = table.copy(unit, index, None, strings, budget) else {
                    break;
                };
                table.files.push(Some(file));
            }
        }
        table
    }

    /// Adds a file of an input unit, with the unit's folder if that differs from the table's.
    fn copy(
        &mut self,
        unit: &gimli::Unit<Reader<'a>>,
        index: u64,
        unit_folder: Option<Reader<'a>>,
        strings: &mut LineStringTable,
        budget: &mut Budget,
    ) -> Option<FileId> {
        let header = unit.line_program.as_ref()?.header();
        let file = header.file(index).filter(|_| budget.take(1))?;
        let name = text(self.source.dwarf.attr_line_string(file.path_name()).ok(), "?");
        let folder = header.directory(file.directory_index()).filter(|_| file.directory_index() != 0);
        let folder = folder.and_then(|folder| self.source.dwarf.attr_line_string(folder).ok()).or(unit_folder);
        let folder = match folder {
            Some(folder) => {
                let folder = LineString::new(text(Some(folder), "."), self.encoding, strings);
                self.program.add_directory(folder)
            }
            None => self.program.default_directory(),
        };
        let name = LineString::new(name, self.encoding, strings);
        Some(self.program.add_file(name, folder, None))
    }

    /// Returns the output file for file `index` of the unit.
    pub fn file(&self, index: u64) -> Option<FileId> {
        self.files.get(usize::try_from(index).ok()?).copied().flatten()
    }

    /// Returns the output file of a row, which may belong to another unit, if the table has it.
    pub fn file_of(&self, row: &Row) -> Option<FileId> {
        if row.unit == self.unit { self.file(row.file) } else { *self.foreign.get(&(row.unit, row.file))? }
    }

    /// Returns any file of the table, for a location that must name one.
    pub fn any_file(&self) -> Option<FileId> {
        self.files.iter().copied().flatten().next()
    }

    fn add_file_of(&mut self, row: &Row, strings: &mut LineStringTable, budget: &mut Budget) -> Option<FileId> {
        if row.unit != self.unit && !self.foreign.contains_key(&(row.unit, row.file)) {
            let unit = &self.units.get(row.unit)?.0;
            let file = self.copy(unit, row.file, unit.comp_dir, strings, budget);
            self.foreign.insert((row.unit, row.file), file);
        }
        self.file_of(row)
    }

    /// Adds the rows of a function. Inlined code keeps the line in its own function.
    pub fn add(&mut self, rows: &Rows, function: &Function<'_>, strings: &mut LineStringTable, budget: &mut Budget) {
        let mut found: Vec<(u32, Row, FileId)> = Vec::new();
        for (range, origins) in &function.pieces {
            let addresses = origins.iter().filter_map(|origin| origin.checked_sub(self.source.code_start));
            let mut rows = addresses.filter_map(|address| rows.at(address));
            if let Some((row, file)) = rows.find_map(|row| Some((*row, self.add_file_of(row, strings, budget)?))) {
                found.push((range.start, row, file));
            }
        }
        // Code before the first range belongs to the function's beginning.
        let Some(first) = found.iter().min_by_key(|(_, row, _)| row.address).copied() else {
            return;
        };
        self.program.begin_sequence(Some(text_address(function.start)));
        self.row(0, &first.1, first.2, false);
        let mut last = (first.2, first.1.line, first.1.column);
        let mut prologue = true;
        for (offset, row, file) in &found {
            let ends_prologue = prologue && (row.prologue_end || row.line != first.1.line);
            let next = (*file, row.line, row.column);
            if *offset > 0 && (next != last || ends_prologue) {
                self.row(*offset, row, *file, ends_prologue);
                last = next;
                prologue &= !ends_prologue;
            }
        }
        self.program.end_sequence(function.bytes);
    }

    fn row(&mut self, offset: u32, row: &Row, file: FileId, prologue_end: bool) {
        let out = self.program.row();
        out.address_offset = u64::from(offset);
        out.file = file;
        out.line = row.line;
        out.column = row.column;
        out.is_statement = row.is_statement;
        out.prologue_end = prologue_end;
        self.program.generate_row();
    }
}

/// Returns a name of the input as bytes that can be written.
fn text(bytes: Option<Reader<'_>>, otherwise: &str) -> Vec<u8> {
    let bytes = bytes.map(|bytes| bytes.slice().to_vec()).unwrap_or_default();
    let is_name = !bytes.is_empty() && !bytes.contains(&0);
    if is_name { bytes } else { otherwise.as_bytes().to_vec() }
}
