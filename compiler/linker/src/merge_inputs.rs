//! The inputs of a merge: the meaning of their symbols, and what is reached from some of them.

use anyhow::{Context, Result, ensure};
use object::read::elf::{ElfFile64, ElfSection64, ElfSymbol64};
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionFlags, SymbolIndex, elf};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(crate) type Input<'data> = ElfFile64<'data, LittleEndian>;
pub(crate) type Section<'data, 'file> = ElfSection64<'data, 'file, LittleEndian>;
pub(crate) type Symbol<'data, 'file> = ElfSymbol64<'data, 'file, LittleEndian>;

/// A section or a symbol: the number of its input, and its index there.
pub(crate) type Place = (usize, usize);

/// The meaning of a symbol to which a relocation refers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Meaning {
    /// The symbol of an input, which defines it.
    Defined(Place),
    /// A symbol that no input defines: that of an input which refers to it.
    Undefined(Place),
}

/// The inputs, and the symbols that they define for each other.
pub(crate) struct Inputs<'i, 'data> {
    pub objects: &'i [Input<'data>],
    globals: HashMap<&'data [u8], Place>,
}

impl<'i, 'data> Inputs<'i, 'data> {
    pub fn new(objects: &'i [Input<'data>]) -> Self {
        let mut globals: HashMap<&[u8], Place> = HashMap::new();
        let mut weak: HashMap<&[u8], Place> = HashMap::new();
        for (input, object) in objects.iter().enumerate() {
            for symbol in object.symbols().filter(|symbol| symbol.is_global() && symbol.is_definition()) {
                let list = if symbol.is_weak() { &mut weak } else { &mut globals };
                if let Ok(name) = symbol.name_bytes() {
                    list.entry(name).or_insert((input, symbol.index().0));
                }
            }
        }
        for (name, place) in weak {
            globals.entry(name).or_insert(place);
        }
        Self { objects, globals }
    }

    /// The definition of a name.
    ///
    /// # Errors
    /// No input defines it.
    pub fn definition(&self, name: &str) -> Result<Place> {
        let place = self.globals.get(name.as_bytes()).copied();
        place.with_context(|| format!("no input defines {name}"))
    }

    /// The symbol at a place.
    pub fn symbol(&self, (input, index): Place) -> Result<Symbol<'data, '_>> {
        Ok(self.objects[input].symbol_by_index(SymbolIndex(index))?)
    }

    /// The meaning of a relocation's target in an input; none for one that needs no symbol.
    pub fn meaning(&self, input: usize, target: RelocationTarget) -> Result<Option<Meaning>> {
        let RelocationTarget::Symbol(index) = target else { return Ok(None) };
        let place = (input, index.0);
        let symbol = self.symbol(place)?;
        let global = || self.globals.get(symbol.name_bytes().ok()?).copied();
        Ok(match symbol.is_global().then(global).flatten() {
            Some(definition) => Some(Meaning::Defined(definition)),
            None if symbol.is_undefined() => Some(Meaning::Undefined(place)),
            None => Some(Meaning::Defined(place)),
        })
    }

    /// The sections that are reached from symbols and from those sections that are kept in any case, in their order.
    pub fn live(&self, exported: &[String]) -> Result<BTreeSet<Place>> {
        let mut work: Vec<Place> = Vec::new();
        for name in exported {
            work.extend(self.section_of(self.definition(name)?)?);
        }
        for (input, object) in self.objects.iter().enumerate() {
            work.extend(object.sections().filter(is_kept).map(|section| (input, section.index().0)));
        }
        let mut live = BTreeSet::new();
        while let Some(place) = work.pop() {
            if live.insert(place) {
                self.reach(place, &mut work)?;
            }
        }
        Ok(live)
    }

    /// Adds the sections to which a section's relocations refer.
    fn reach(&self, (input, index): Place, work: &mut Vec<Place>) -> Result<()> {
        let section = self.objects[input].section_by_index(object::SectionIndex(index))?;
        for (_, relocation) in section.relocations() {
            if let Some(Meaning::Defined(place)) = self.meaning(input, relocation.target())? {
                work.extend(self.section_of(place)?);
            }
        }
        Ok(())
    }

    /// The section that has a symbol; none for an absolute one.
    fn section_of(&self, place: Place) -> Result<Option<Place>> {
        let symbol = self.symbol(place)?;
        ensure!(!symbol.is_common(), "a common symbol, {:?}", symbol.name());
        Ok(symbol.section_index().map(|section| (place.0, section.0)))
    }
}

/// True for a section that is there for those who read the file.
fn is_kept(section: &Section<'_, '_>) -> bool {
    let SectionFlags::Elf { sh_flags } = section.flags() else { return false };
    sh_flags & u64::from(elf::SHF_GNU_RETAIN) != 0
        || section.name_bytes().is_ok_and(|name| name.starts_with(b".note.") && name != b".note.GNU-stack")
}

/// The symbols of a merged object by what they mean, in the order in which they are first needed.
pub(crate) type Meanings<T> = HashMap<Meaning, T>;
/// Sections of a merged object by their places in the inputs.
pub(crate) type Places<T> = BTreeMap<Place, T>;
