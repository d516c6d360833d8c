//! Lines for backtraces: the file and line of each byte of a module's code, for a table in the executable.

use super::budget::Budget;
use super::lines::Rows;
use super::source::{Reader, Source};
use crate::decode::Module;
use gimli::IncompleteLineProgram;
use std::collections::HashMap;

/// File and line of each code range of a module.
#[derive(Default)]
pub struct Positions {
    /// Names of the files that the debug information knows.
    pub files: Vec<String>,
    /// Positions sorted by offset in the module's binary; each holds up to the next.
    pub positions: Vec<Position>,
}

/// File and line of the code from one offset on.
pub struct Position {
    /// Offset in the module's binary, in bytes.
    pub module_offset: u64,
    /// Index into `files`.
    pub file: u32,
    /// Line number, or 0 for code that comes from no line.
    pub line: u64,
}

/// Reads the lines of a module as far as its debug information is readable; `None` if it has none.
pub fn positions(module: &Module<'_>) -> Option<Positions> {
    let source = Source::read(module)?;
    let mut budget = Budget::new(source.bytes);
    let (mut units, mut rows) = (Vec::new(), Rows::default());
    let mut headers = source.dwarf.units();
    while let Ok(Some(header)) = headers.next() {
        let Ok(unit) = source.dwarf.unit(header) else { continue };
        if !rows.add(&source, units.len(), &unit, &mut budget) {
            break;
        }
        units.push(unit);
    }
    rows.sort();
    let mut result = Positions::default();
    let mut files: HashMap<(usize, u64), u32> = HashMap::new();
    let mut numbers: HashMap<String, u32> = HashMap::new();
    for (address, place) in rows.places() {
        let (file, line) = match place {
            None => (0, 0),
            Some((unit, file, line)) => {
                let number = *files.entry((unit, file)).or_insert_with(|| {
                    let next = numbers.len() as u32;
                    *numbers.entry(name(&source, &units[unit], file)).or_insert(next)
                });
                (number, line)
            }
        };
        let last = result.positions.last().map_or((0, 0), |last| (last.file, last.line));
        if last != (file, line) {
            let module_offset = (address + source.code_start).saturating_sub(module.offset);
            result.positions.push(Position { module_offset, file, line });
        }
    }
    let mut named: Vec<(String, u32)> = numbers.into_iter().collect();
    named.sort_by_key(|(_, number)| *number);
    result.files = named.into_iter().map(|(name, _)| name).collect();
    Some(result)
}

/// Returns a file's name, with its folder unless that is the folder of compilation.
fn name(source: &Source<'_>, unit: &gimli::Unit<Reader<'_>>, index: u64) -> String {
    let text =
        |value| source.dwarf.attr_line_string(value).ok().map(|text: Reader<'_>| text.to_string_lossy().into_owned());
    let header = unit.line_program.as_ref().map(IncompleteLineProgram::header);
    let Some((header, file)) = header.and_then(|header| Some((header, header.file(index)?))) else {
        return "?".to_string();
    };
    let name = text(file.path_name()).unwrap_or_else(|| "?".to_string());
    let folder = header.directory(file.directory_index()).filter(|_| file.directory_index() != 0).and_then(text);
    match folder {
        Some(folder) if !name.starts_with('/') => format!("{folder}/{name}"),
        _ => name,
    }
}
