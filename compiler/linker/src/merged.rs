//! The object that a merge writes.

use crate::constants::Constants;
use crate::merge_inputs::{Inputs, Meaning, Meanings, Place, Places, Section};
use anyhow::{Context, Result, bail};
use object::write::{Object, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{
    BinaryFormat, Endianness, FileFlags, ObjectSection, ObjectSymbol, RelocationFlags, SectionFlags, SectionKind,
    SymbolFlags, SymbolKind, SymbolScope, elf,
};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

/// Names of sections, which stand for all that begin so and go on with a dot; the first counts.
const NAMES: [&str; 7] = [".text", ".rodata", ".data.rel.ro", ".data", ".bss", ".tdata", ".tbss"];

/// Flags of sections that mean something only among the sections of an input.
const DROPPED_FLAGS: u32 =
    elf::SHF_GROUP | elf::SHF_MERGE | elf::SHF_STRINGS | elf::SHF_LINK_ORDER | elf::SHF_INFO_LINK;

pub(crate) struct Writer<'w, 'i, 'data> {
    inputs: &'w Inputs<'i, 'data>,
    constants: &'w Constants,
    object: Object<'data>,
    sections: Places<SectionId>,
    symbols: Meanings<SymbolId>,
    /// The undefined symbols by their names.
    undefined: HashMap<&'data [u8], SymbolId>,
}

impl<'w, 'i, 'data> Writer<'w, 'i, 'data> {
    pub fn new(inputs: &'w Inputs<'i, 'data>, constants: &'w Constants) -> Result<Self> {
        use object::Object as _;
        let architecture = inputs.objects.first().context("nothing to merge")?.architecture();
        let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
        let flags = inputs.objects.iter().map(|input| input.elf_header().e_flags.get(object::LittleEndian));
        let e_flags = flags.fold(0, |all, flags| all | flags);
        object.flags = FileFlags::Elf { os_abi: elf::ELFOSABI_NONE, abi_version: 0, e_flags };
        let (sections, symbols) = (Places::new(), Meanings::new());
        Ok(Self { inputs, constants, object, sections, symbols, undefined: HashMap::new() })
    }

    /// Writes the sections with what they refer to, and makes symbols visible.
    pub fn write(mut self, live: &BTreeSet<Place>, exported: &[String]) -> Result<Vec<u8>> {
        for place in live {
            let section = self.add_section(*place)?;
            self.sections.insert(*place, section);
        }
        for name in exported {
            let meaning = Meaning::Defined(self.inputs.definition(name)?);
            let id = self.symbol(meaning)?;
            let symbol = self.object.symbol_mut(id);
            (symbol.name, symbol.scope) = (name.as_bytes().to_vec(), SymbolScope::Dynamic);
        }
        for place in live {
            self.add_relocations(*place).with_context(|| format!("section {place:?}"))?;
        }
        let stack = self.object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
        self.object.section_mut(stack).flags = SectionFlags::Elf { sh_flags: 0 };
        Ok(self.object.write()?)
    }

    fn section(&self, (input, index): Place) -> Result<Section<'data, 'w>> {
        use object::Object as _;
        let inputs: &'w Inputs<'i, 'data> = self.inputs;
        Ok(inputs.objects[input].section_by_index(object::SectionIndex(index))?)
    }

    fn add_section(&mut self, place: Place) -> Result<SectionId> {
        let section = self.section(place)?;
        let name = merged_name(section.name()?);
        let id = self.object.add_section(Vec::new(), name.as_bytes().to_vec(), section.kind());
        if let SectionFlags::Elf { sh_flags } = section.flags() {
            // A loader reads notes in memory.
            let loaded = if section.kind() == SectionKind::Note { elf::SHF_ALLOC } else { 0 };
            let sh_flags = sh_flags & !u64::from(DROPPED_FLAGS) | u64::from(loaded);
            self.object.section_mut(id).flags = SectionFlags::Elf { sh_flags };
        }
        match section.kind() {
            SectionKind::UninitializedData | SectionKind::UninitializedTls => {
                self.object.append_section_bss(id, section.size(), section.align());
            }
            _ => {
                let data = section.data()?;
                let contents = self.constants.contents(place, data).map_or(Cow::Borrowed(data), Cow::Owned);
                self.object.set_section_data(id, contents, section.align().max(1));
            }
        }
        Ok(id)
    }

    fn add_relocations(&mut self, place: Place) -> Result<()> {
        let id = self.sections[&place];
        for (offset, relocation) in self.section(place)?.relocations() {
            let constant = self.constants.moved(self.inputs, place.0, &relocation)?;
            let (symbol, addend) = match (constant, self.inputs.meaning(place.0, relocation.target())?) {
                (Some((section, addend)), _) => (self.object.section_symbol(self.sections[&section]), addend),
                (None, Some(meaning)) => (self.symbol(meaning)?, relocation.addend()),
                // One for the linker's own use, such as an alignment: any symbol does.
                (None, None) => (self.object.section_symbol(id), relocation.addend()),
            };
            let RelocationFlags::Elf { r_type } = relocation.flags() else { bail!("a relocation that isn't ELF's") };
            let flags = RelocationFlags::Elf { r_type };
            self.object.add_relocation(id, Relocation { offset, symbol, addend, flags })?;
        }
        Ok(())
    }

    /// The symbol with a meaning.
    fn symbol(&mut self, meaning: Meaning) -> Result<SymbolId> {
        if let Some(id) = self.symbols.get(&meaning) {
            return Ok(*id);
        }
        let id = match meaning {
            Meaning::Defined(place) => self.add_defined(place)?,
            Meaning::Undefined(place) => self.add_undefined(place)?,
        };
        self.symbols.insert(meaning, id);
        Ok(id)
    }

    fn add_defined(&mut self, place: Place) -> Result<SymbolId> {
        let symbol = self.inputs.symbol(place)?;
        let section = match symbol.section_index() {
            Some(section) => self.sections.get(&(place.0, section.0)).copied(),
            None => None,
        };
        if let (SymbolKind::Section, Some(section)) = (symbol.kind(), section) {
            return Ok(self.object.section_symbol(section));
        }
        Ok(self.object.add_symbol(Symbol {
            name: Vec::new(),
            value: symbol.address(),
            size: symbol.size(),
            kind: if symbol.kind() == SymbolKind::Unknown { SymbolKind::Label } else { symbol.kind() },
            scope: SymbolScope::Compilation,
            weak: false,
            section: section.map_or(SymbolSection::Absolute, SymbolSection::Section),
            flags: SymbolFlags::None,
        }))
    }

    fn add_undefined(&mut self, place: Place) -> Result<SymbolId> {
        let symbol = self.inputs.symbol(place)?;
        let name = symbol.name_bytes()?;
        if let Some(id) = self.undefined.get(name) {
            return Ok(*id);
        }
        let id = self.object.add_symbol(Symbol {
            name: name.to_vec(),
            value: 0,
            size: 0,
            kind: SymbolKind::Unknown,
            scope: SymbolScope::Unknown,
            weak: symbol.is_weak(),
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        });
        self.undefined.insert(name, id);
        Ok(id)
    }
}

/// The name of a section among those of the merged object.
fn merged_name(name: &str) -> &str {
    let is_of = |stem: &&&str| name.strip_prefix(**stem).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    NAMES.iter().find(is_of).copied().unwrap_or(name)
}
