//! What a generated module defines, and the same module with all of that exported.

use crate::canonical;
use anyhow::Result;
use wasm_encoder::{CodeSection, ExportKind, ExportSection, RawSection, SectionId};
use wasmparser::{FuncType, GlobalType, MemoryType, Parser, Payload, SubType, TableType};

/// The definitions of a module that imports nothing.
#[derive(Default)]
pub struct Subject<'m> {
    /// The types.
    pub types: Vec<SubType>,
    /// How many recursion groups they are, and these in the binary format.
    pub groups: (u32, &'m [u8]),
    /// The types of functions.
    pub functions: Vec<u32>,
    /// The tables.
    pub tables: Vec<TableType>,
    /// The memories.
    pub memories: Vec<MemoryType>,
    /// The globals; the last is the fuel.
    pub globals: Vec<GlobalType>,
}

impl<'m> Subject<'m> {
    /// Reads a module.
    ///
    /// # Errors
    /// Of the parser.
    pub fn read(module: &'m [u8]) -> Result<Self> {
        let mut subject = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    let count = section.count();
                    subject.groups = (count, &module[section.original_position()..section.range().end]);
                    for group in section {
                        subject.types.extend(group?.into_types());
                    }
                }
                Payload::FunctionSection(section) => {
                    subject.functions = section.into_iter().collect::<Result<_, _>>()?
                }
                Payload::TableSection(section) => {
                    for table in section {
                        subject.tables.push(table?.ty);
                    }
                }
                Payload::MemorySection(section) => subject.memories = section.into_iter().collect::<Result<_, _>>()?,
                Payload::GlobalSection(section) => {
                    for global in section {
                        subject.globals.push(global?.ty);
                    }
                }
                _ => {}
            }
        }
        Ok(subject)
    }

    /// The type of a function.
    pub fn signature(&self, function: usize) -> Option<&FuncType> {
        match &self.types.get(*self.functions.get(function)? as usize)?.composite_type.inner {
            wasmparser::CompositeInnerType::Func(ty) => Some(ty),
            _ => None,
        }
    }
}

/// The module with everything exported, by a letter for its kind and its index, and with NaNs that are the same everywhere.
///
/// # Errors
/// Of the parser.
pub fn export_all(module: &[u8]) -> Result<Vec<u8>> {
    let subject = Subject::read(module)?;
    let mut exports = ExportSection::new();
    let kinds = [
        (ExportKind::Func, 'f', subject.functions.len()),
        (ExportKind::Table, 't', subject.tables.len()),
        (ExportKind::Memory, 'm', subject.memories.len()),
        (ExportKind::Global, 'g', subject.globals.len()),
    ];
    for (kind, letter, count) in kinds {
        for index in 0..count {
            exports.export(&format!("{letter}{index}"), kind, index as u32);
        }
    }
    let mut whole = wasm_encoder::Module::new();
    let mut exports = Some(exports);
    let (mut code, mut bodies) = (CodeSection::new(), 0);
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let Payload::CodeSectionEntry(body) = &payload {
            code.raw(&canonical::body(&subject, code.len() as usize, body)?);
            if code.len() == bodies {
                whole.section(&code);
            }
        }
        if let Payload::CodeSectionStart { count, .. } = payload {
            bodies = count;
        }
        let Some((id, range)) = payload.as_section() else { continue };
        // Exports stand between the sections of globals (6), tags (13) and the start function (8).
        if ![1, 2, 3, 4, 5, 6, 7, 13].contains(&id)
            && let Some(exports) = exports.take()
        {
            whole.section(&exports);
        }
        if ![SectionId::Export as u8, SectionId::Code as u8].contains(&id) {
            whole.section(&RawSection { id, data: &module[range] });
        }
    }
    if let Some(exports) = exports {
        whole.section(&exports);
    }
    Ok(whole.finish())
}
