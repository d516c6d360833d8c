//! Debug information of a core module as the input has it.

use crate::decode::{FuncIndex, Module};
use cranelift_entity::EntityRef;
use gimli::{Dwarf, EndianSlice, LittleEndian, SectionId};
use std::collections::HashMap;
use std::ops::Range;
use wasmparser::{Parser, Payload};

/// Reader of the input's sections.
pub(super) type Reader<'a> = EndianSlice<'a, LittleEndian>;

/// DWARF of a module, and the addresses of its functions.
pub(super) struct Source<'a> {
    /// Parsed DWARF sections.
    pub dwarf: Dwarf<Reader<'a>>,
    /// Bytes of all sections together.
    pub bytes: u64,
    /// Offset in the input of the code section's contents, which is address 0 of the debug information.
    pub code_start: u64,
    /// Bodies of the functions that the module defines, sorted by address.
    bodies: Vec<Range<u64>>,
    imported_functions: usize,
}

impl<'a> Source<'a> {
    /// Reads the debug information of a module, if it has any.
    pub fn read(module: &Module<'a>) -> Option<Self> {
        let mut sections: HashMap<&str, &'a [u8]> = HashMap::new();
        let mut code_start = None;
        for payload in Parser::new(module.offset).parse_all(module.binary) {
            match payload.ok()? {
                Payload::CodeSectionStart { range, .. } => code_start = Some(range.start as u64),
                Payload::CustomSection(section) if section.name().starts_with(".debug_") => {
                    sections.entry(section.name()).or_insert(section.data());
                }
                _ => {}
            }
        }
        let code_start = code_start?;
        if module.synthetic || !sections.contains_key(SectionId::DebugInfo.name()) {
            return None;
        }
        let section = |id: SectionId| -> Result<Reader<'a>, gimli::Error> {
            Ok(EndianSlice::new(sections.get(id.name()).copied().unwrap_or_default(), LittleEndian))
        };
        let bodies = module.bodies.iter().map(|body| {
            let range = body.reader.range();
            (range.start as u64).saturating_sub(code_start)..(range.end as u64).saturating_sub(code_start)
        });
        Some(Self {
            dwarf: Dwarf::load(section).ok()?,
            bytes: sections.values().map(|bytes| bytes.len() as u64).sum(),
            code_start,
            bodies: bodies.collect(),
            imported_functions: module.imported_functions,
        })
    }

    /// Returns the function at an address. The size field before a body counts as the function's.
    pub fn function_at(&self, address: u64) -> Option<FuncIndex> {
        let index = self.bodies.partition_point(|body| body.end <= address);
        let before = index.checked_sub(1).map_or(1, |previous| self.bodies[previous].end);
        self.bodies.get(index)?;
        (address >= before).then(|| FuncIndex::new(index + self.imported_functions))
    }
}
