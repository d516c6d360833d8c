//! The sections of an object behind the text, and the symbols in them.

use super::errors::write_error;
use super::names;
use super::records::words;
use crate::codegen::Code;
use crate::debug_info::{AddressOf, DebugSection};
use crate::error::{Error, Result, Stage};
use crate::translate::{Context, names::Name};
use aot_abi::symbols;
use cranelift_module::{DataId, FuncId};
use cranelift_object::ObjectProduct;
use cranelift_object::object::write::{Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use cranelift_object::object::{
    RelocationEncoding, RelocationFlags, RelocationKind, SectionKind, SymbolFlags, SymbolKind, SymbolScope,
};
use std::collections::{BTreeMap, HashMap};

/// The symbol of data that code refers to.
pub(super) fn data_symbol(name: Name) -> Option<String> {
    Some(match name {
        Name::TextStart => symbols::TEXT_START.to_string(),
        Name::FuncRecords => symbols::FUNC_RECORDS.to_string(),
        Name::Data => symbols::DATA.to_string(),
        Name::Elements => symbols::ELEMENTS.to_string(),
        Name::ReadOnlyTables => ".read_only_tables".to_string(),
        Name::Options(options) => format!(".{options}"),
        Name::MissingName(func) => format!(".name_of_{func}"),
        _ => return None,
    })
}

/// The object's sections behind the text.
pub(super) struct Sections {
    product: ObjectProduct,
    read_only: SectionId,
    /// Symbols that code already refers to.
    known: HashMap<String, SymbolId>,
}

impl Sections {
    /// The sections of an object that has text.
    pub fn new(
        product: ObjectProduct,
        code: &Code,
        funcs: &HashMap<Name, FuncId>,
        data: &BTreeMap<Name, DataId>,
        entry_point: FuncId,
    ) -> Result<Self> {
        let mut product = product;
        let read_only =
            product.object.add_section(Vec::new(), symbols::SECTION_RODATA.into(), SectionKind::ReadOnlyData);
        let SymbolSection::Section(text) = product.object.symbol(product.function_symbol(entry_point)).section else {
            return Err(Error::defect(Stage::Object, "the object has no text section"));
        };
        for item in &code.items {
            let symbol = product.function_symbol(funcs[&item.item.name()]);
            if product.object.symbol(symbol).value != item.offset {
                return Err(Error::defect(Stage::Object, "code isn't where it was laid out"));
            }
        }
        let known =
            data.iter().filter_map(|(name, id)| Some((data_symbol(*name)?, product.data_symbol(*id)))).collect();
        let mut sections = Self { product, read_only, known };
        sections.define(symbols::TEXT_START, text, 0, code.bytes);
        Ok(sections)
    }

    /// Bytes of read-only data so far.
    pub fn read_only_bytes(&self) -> u64 {
        self.product.object.section(self.read_only).data().len() as u64
    }

    /// Adds read-only data with a symbol, and returns its offset in the section.
    pub fn read_only(&mut self, symbol: &str, bytes: &[u8], align: u64) -> u64 {
        let offset = self.product.object.append_section_data(self.read_only, bytes, align);
        self.define(symbol, self.read_only, offset, bytes.len() as u64);
        offset
    }

    /// Adds the initial images with their symbol.
    pub fn images(&mut self, bytes: &[u8], align: u64) {
        let section = self.product.object.add_section(Vec::new(), symbols::SECTION_IMAGES.into(), SectionKind::Data);
        let offset = self.product.object.append_section_data(section, bytes, align);
        self.define(symbols::IMAGES, section, offset, bytes.len() as u64);
    }

    /// Adds an ELF note: three words, the padded owner, the padded contents.
    pub fn note(&mut self, text: &str) {
        let owner = format!("{}\0", symbols::NOTE_NAME);
        let mut bytes = words([owner.len() as u32, text.len() as u32, symbols::NOTE_TYPE]);
        for part in [owner.as_bytes(), text.as_bytes()] {
            bytes.extend_from_slice(part);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        let section = self.product.object.add_section(Vec::new(), symbols::SECTION_NOTE.into(), SectionKind::Note);
        self.product.object.append_section_data(section, &bytes, 4);
    }

    /// Adds debug information, and the names of functions as symbols.
    pub fn debug(
        &mut self,
        context: &Context<'_>,
        code: &Code,
        funcs: &HashMap<Name, FuncId>,
        debug: Vec<DebugSection>,
    ) -> Result<()> {
        for item in &code.items {
            let symbol = self.product.function_symbol(funcs[&item.item.name()]);
            let symbol = self.product.object.symbol_mut(symbol);
            symbol.name = names::symbol(context, item.item).into_bytes();
            symbol.size = item.bytes.len() as u64;
        }
        let object = &mut self.product.object;
        let ids: Vec<SectionId> = debug
            .iter()
            .map(|section| object.add_section(Vec::new(), section.name.as_bytes().to_vec(), SectionKind::Debug))
            .collect();
        let places: HashMap<&str, SectionId> =
            debug.iter().zip(&ids).map(|(section, id)| (section.name, *id)).collect();
        let text = self.known_symbol(symbols::TEXT_START);
        let slab = self.known_symbol(symbols::SLAB);
        let object = &mut self.product.object;
        for (section, id) in debug.into_iter().zip(ids) {
            object.append_section_data(id, &section.bytes, 1);
            for (offset, bytes, of, addend) in section.relocations {
                let symbol = match of {
                    AddressOf::Text => text,
                    AddressOf::Slab => slab,
                    AddressOf::Section(name) => object.section_symbol(places[name]),
                };
                let flags = RelocationFlags::Generic {
                    kind: RelocationKind::Absolute,
                    encoding: RelocationEncoding::Generic,
                    size: bytes * 8,
                };
                object.add_relocation(id, Relocation { offset, symbol, addend, flags }).map_err(write_error)?;
            }
        }
        Ok(())
    }

    /// A symbol that this object defines, or that the runtime does.
    fn known_symbol(&mut self, name: &str) -> SymbolId {
        if let Some(id) = self.product.object.symbol_id(name.as_bytes()) {
            return id;
        }
        self.product.object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: 0,
            size: 0,
            kind: SymbolKind::Data,
            scope: SymbolScope::Dynamic,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        })
    }

    fn define(&mut self, name: &str, section: SectionId, offset: u64, size: u64) {
        let object = &mut self.product.object;
        let symbol = Symbol {
            name: name.as_bytes().to_vec(),
            value: offset,
            size,
            kind: SymbolKind::Data,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        };
        match self.known.get(name) {
            Some(id) => *object.symbol_mut(*id) = symbol,
            None => drop(object.add_symbol(symbol)),
        }
    }

    /// The object file.
    pub fn finish(self) -> Result<Vec<u8>> {
        self.product.emit().map_err(write_error)
    }
}
