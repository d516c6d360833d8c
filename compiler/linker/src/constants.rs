//! Constants of a merge: a compiler puts vectors and floats of all its code into a section for each size, whose entries linkers may
//! merge. Those to which nothing refers are left out.

use crate::merge_inputs::{Inputs, Meaning, Place, Section};
use anyhow::Result;
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol, Relocation, SectionFlags, SectionIndex, elf};
use std::collections::{BTreeSet, HashMap};

/// The bytes behind a relocation's target within which the constant lies: on x86-64, a target is less by the bytes up to the end of the
/// instruction, an address and an operand.
const BEHIND: i64 = 8;

/// The constants that are kept, by their sections.
#[derive(Default)]
pub(crate) struct Constants {
    sections: HashMap<Place, Kept>,
}

/// The constants that are kept of a section.
struct Kept {
    /// Bytes of each constant.
    bytes: i64,
    /// The places of those that are kept among all of the section.
    places: BTreeSet<i64>,
}

impl Constants {
    /// Finds the constants to which live sections refer.
    pub fn find(inputs: &Inputs<'_, '_>, live: &BTreeSet<Place>) -> Result<Self> {
        let mut constants = Self::default();
        for place in live {
            let section = section(inputs, *place)?;
            if let Some(bytes) = entry_bytes(&section) {
                constants.sections.insert(*place, Kept { bytes, places: BTreeSet::new() });
            }
        }
        for place in live {
            for (_, relocation) in section(inputs, *place)?.relocations() {
                let Some((target, offset)) = target(inputs, place.0, &relocation)? else { continue };
                if let Some(kept) = constants.sections.get_mut(&target) {
                    let first = offset.max(0) / kept.bytes;
                    kept.places.extend(first..=(offset + BEHIND).max(0) / kept.bytes);
                }
            }
        }
        Ok(constants)
    }

    /// The contents of a section without the constants that are left out; none for a section of anything else.
    pub fn contents(&self, place: Place, data: &[u8]) -> Option<Vec<u8>> {
        let kept = self.sections.get(&place)?;
        let entries = data.chunks(kept.bytes as usize).zip(0..).filter(|(_, entry)| kept.places.contains(entry));
        Some(entries.flat_map(|(bytes, _)| bytes).copied().collect())
    }

    /// The section of constants to which a relocation refers, and the addend for its beginning; none if it refers to anything else.
    pub fn moved(
        &self,
        inputs: &Inputs<'_, '_>,
        input: usize,
        relocation: &Relocation,
    ) -> Result<Option<(Place, i64)>> {
        let Some((place, offset)) = target(inputs, input, relocation)? else { return Ok(None) };
        let Some(kept) = self.sections.get(&place) else { return Ok(None) };
        let left_out = offset.max(0) / kept.bytes - kept.places.range(..offset.max(0) / kept.bytes).count() as i64;
        Ok(Some((place, offset - left_out * kept.bytes)))
    }
}

/// The section to which a relocation refers, and the offset there.
fn target(inputs: &Inputs<'_, '_>, input: usize, relocation: &Relocation) -> Result<Option<(Place, i64)>> {
    let Some(Meaning::Defined(place)) = inputs.meaning(input, relocation.target())? else { return Ok(None) };
    let symbol = inputs.symbol(place)?;
    let offset = (symbol.address() as i64).wrapping_add(relocation.addend());
    Ok(symbol.section_index().map(|section| ((place.0, section.0), offset)))
}

fn section<'data, 'i>(inputs: &Inputs<'i, 'data>, (input, index): Place) -> Result<Section<'data, 'i>> {
    Ok(inputs.objects[input].section_by_index(SectionIndex(index))?)
}

/// The bytes of each entry of a section of constants that are all of one size; none for any other section.
fn entry_bytes(section: &Section<'_, '_>) -> Option<i64> {
    let SectionFlags::Elf { sh_flags } = section.flags() else { return None };
    let bytes = section.elf_section_header().sh_entsize.get(LittleEndian);
    let are_constants = sh_flags & u64::from(elf::SHF_MERGE) != 0 && sh_flags & u64::from(elf::SHF_STRINGS) == 0;
    let is_whole = bytes != 0 && section.size().is_multiple_of(bytes) && section.relocations().next().is_none();
    (are_constants && is_whole).then_some(bytes as i64)
}
