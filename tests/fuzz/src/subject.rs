//! The imports and definitions of a generated module.

use anyhow::Result;
use std::convert::Infallible;
use wasm_encoder::reencode::{self, Reencode, RoundtripReencoder};
use wasm_encoder::{
    CompositeInnerType, EntityType, ExportKind, FuncType, GlobalType, ImportSection, MemorySection, MemoryType,
    RawSection, SectionId, SubType, TableType, TagType,
};
use wasmparser::{MemorySectionReader, Parser, Payload};

/// The imports and definitions of a module.
#[derive(Default)]
pub struct Subject<'m> {
    /// The types that the module defines.
    pub types: Vec<SubType>,
    /// The number of recursion groups in which the types are, and the groups in the binary format.
    pub groups: (u32, &'m [u8]),
    /// The types of functions.
    pub functions: Vec<u32>,
    /// The number of functions that are imported.
    pub imported_functions: usize,
    /// The tables of the module, with imported ones.
    pub tables: Vec<TableType>,
    /// The memories of the module, with imported ones.
    pub memories: Vec<MemoryType>,
    /// The globals; the last is the fuel.
    pub globals: Vec<GlobalType>,
    /// The tags of the module, with imported ones.
    pub tags: Vec<TagType>,
}

impl<'m> Subject<'m> {
    /// Reads a module.
    ///
    /// # Errors
    /// Of the parser.
    pub fn read(module: &'m [u8]) -> Result<Self> {
        let mut subject = Self::default();
        let mut encoder = RoundtripReencoder;
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(section) => {
                    subject.groups = (section.count(), &module[section.original_position()..section.range().end]);
                    for group in section {
                        for ty in group?.into_types() {
                            subject.types.push(encoder.sub_type(ty)?);
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        subject.add(encoder.entity_type(import?.ty)?);
                    }
                    subject.imported_functions = subject.functions.len();
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        subject.functions.push(ty?);
                    }
                }
                Payload::TableSection(section) => {
                    for table in section {
                        subject.tables.push(encoder.table_type(table?.ty)?);
                    }
                }
                Payload::MemorySection(section) => {
                    for ty in section {
                        subject.memories.push(encoder.memory_type(ty?)?);
                    }
                }
                Payload::TagSection(section) => {
                    for ty in section {
                        subject.tags.push(encoder.tag_type(ty?)?);
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        subject.globals.push(encoder.global_type(global?.ty)?);
                    }
                }
                _ => {}
            }
        }
        Ok(subject)
    }

    fn add(&mut self, item: EntityType) {
        match item {
            EntityType::Function(ty) | EntityType::FunctionExact(ty) => self.functions.push(ty),
            EntityType::Table(ty) => self.tables.push(ty),
            EntityType::Memory(ty) => self.memories.push(ty),
            EntityType::Global(ty) => self.globals.push(ty),
            EntityType::Tag(ty) => self.tags.push(ty),
        }
    }

    /// The type of a function.
    pub fn signature(&self, function: usize) -> Option<&FuncType> {
        match &self.types.get(*self.functions.get(function)? as usize)?.composite_type.inner {
            CompositeInnerType::Func(ty) => Some(ty),
            _ => None,
        }
    }

    /// Everything, in the order of indices: its kind, its index, the name that it is exported by, its type.
    pub fn items(&self) -> impl Iterator<Item = (ExportKind, u32, String, EntityType)> {
        fn of_kind<'i, T: Copy>(
            (kind, letter): (ExportKind, char),
            types: &'i [T],
            entity: impl Fn(T) -> EntityType + 'i,
        ) -> impl Iterator<Item = (ExportKind, u32, String, EntityType)> + 'i {
            types
                .iter()
                .enumerate()
                .map(move |(index, ty)| (kind, index as u32, format!("{letter}{index}"), entity(*ty)))
        }
        of_kind((ExportKind::Func, 'f'), &self.functions, EntityType::Function)
            .chain(of_kind((ExportKind::Table, 't'), &self.tables, EntityType::Table))
            .chain(of_kind((ExportKind::Memory, 'm'), &self.memories, EntityType::Memory))
            .chain(of_kind((ExportKind::Tag, 'x'), &self.tags, EntityType::Tag))
            .chain(of_kind((ExportKind::Global, 'g'), &self.globals, EntityType::Global))
    }

    /// Imports of all that is exported of it under this name; the last is the fuel.
    pub fn imports(&self, name: &str) -> ImportSection {
        let mut imports = ImportSection::new();
        for (_, _, item, ty) in self.items() {
            imports.import(name, &item, ty);
        }
        imports
    }

    /// A module that has its types, and imports what is exported of it under this name, but for the fuel, and for memories
    /// whose pages aren't of 64 KiB, which wasm-smith doesn't take.
    pub fn importer(&self, name: &str) -> Vec<u8> {
        let mut imports = ImportSection::new();
        let fuel = format!("g{}", self.globals.len() - 1);
        for (_, _, item, ty) in self.items() {
            let is_taken = !matches!(ty, EntityType::Memory(MemoryType { page_size_log2: Some(_), .. }));
            if is_taken && item != fuel {
                imports.import(name, &item, ty);
            }
        }
        let mut types = Vec::new();
        wasm_encoder::Encode::encode(&self.groups.0, &mut types);
        types.extend_from_slice(self.groups.1);
        let mut module = wasm_encoder::Module::new();
        module.section(&RawSection { id: SectionId::Type as u8, data: &types }).section(&imports);
        module.finish()
    }
}

/// The module with the memories shared that it defines: all have a maximum.
///
/// # Errors
/// Of the parser.
pub fn share_memories(module: &[u8]) -> Result<Vec<u8>> {
    struct Share;
    impl Reencode for Share {
        type Error = Infallible;
        fn parse_memory_section(
            &mut self,
            memories: &mut MemorySection,
            section: MemorySectionReader<'_>,
        ) -> Result<(), reencode::Error> {
            for ty in section {
                memories.memory(MemoryType { shared: true, ..self.memory_type(ty?)? });
            }
            Ok(())
        }
    }
    let mut shared = wasm_encoder::Module::new();
    Share.parse_core_module(&mut shared, Parser::new(0), module)?;
    Ok(shared.finish())
}
