//! The place in a text of an offset in what was assembled from it, by the line table that the assembler makes.

use gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use std::collections::HashMap;
use wasmparser::{Parser, Payload};

type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// A module of the binary: where its code is, and its debug information.
#[derive(Default)]
struct Debugged<'a> {
    code: std::ops::Range<usize>,
    sections: HashMap<&'a str, &'a [u8]>,
}

/// The line and column, both counted from 1, of an offset in a function's body in `binary`, of which `debugged` is the same
/// with debug information.
pub(super) fn place(binary: &[u8], debugged: &[u8], offset: u64) -> Option<(u64, u64)> {
    let offset = usize::try_from(offset).ok()?;
    let modules = modules(binary);
    let number = modules.iter().position(|module| module.code.contains(&offset))?;
    let address = offset - modules[number].code.start;
    let module = self::modules(debugged).into_iter().nth(number)?;
    let section = |id: SectionId| {
        let bytes = module.sections.get(id.name()).copied().unwrap_or_default();
        Ok::<Reader<'_>, gimli::Error>(EndianSlice::new(bytes, LittleEndian))
    };
    nearest(&Dwarf::load(section).ok()?, address as u64).ok()?
}

/// The modules, and the components around them, by where they end.
fn modules(binary: &[u8]) -> Vec<Debugged<'_>> {
    let (mut open, mut ended) = (Vec::<Debugged<'_>>::new(), Vec::new());
    for payload in Parser::new(0).parse_all(binary).map_while(wasmparser::Result::ok) {
        match (payload, open.last_mut()) {
            (Payload::Version { .. }, _) => open.push(Debugged::default()),
            (Payload::CodeSectionStart { range, .. }, Some(module)) => module.code = range,
            (Payload::CustomSection(section), Some(module)) => {
                module.sections.insert(section.name(), section.data());
            }
            (Payload::End(_), Some(_)) => ended.extend(open.pop()),
            _ => {}
        }
    }
    ended
}

/// The row at an address, or the last one before it.
fn nearest(dwarf: &Dwarf<Reader<'_>>, address: u64) -> gimli::Result<Option<(u64, u64)>> {
    let mut best = None;
    let mut units = dwarf.units();
    while let Some(header) = units.next()? {
        let unit = dwarf.unit(header)?;
        let Some(program) = unit.line_program else { continue };
        let mut rows = program.rows();
        while let Some((_, row)) = rows.next_row()? {
            let Some(line) = row.line().filter(|_| row.address() <= address && !row.end_sequence()) else { continue };
            let column = match row.column() {
                gimli::ColumnType::LeftEdge => 1,
                gimli::ColumnType::Column(column) => column.get(),
            };
            if best.is_none_or(|(known, _)| known <= row.address()) {
                best = Some((row.address(), (line.get(), column)));
            }
        }
    }
    Ok(best.map(|(_, place)| place))
}
