//! DWARF as object sections: their bytes, and relocations for every address and every offset in another section.

use gimli::LittleEndian;
use gimli::write::{Address, EndianVec, FrameTable, RelocateWriter, Relocation, RelocationTarget, Sections};

/// Base of an address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressOf {
    /// The guest text.
    Text,
    /// The runtime's variable that holds the address of the slab.
    Slab,
    /// The beginning of this object's contribution to a section.
    Section(&'static str),
}

/// A debug section of the object.
pub(crate) struct DebugSection {
    /// Name of the section.
    pub name: &'static str,
    /// Contents of the section.
    pub bytes: Vec<u8>,
    /// Addresses to patch: offset in the section, size in bytes, base, and distance from the base.
    pub relocations: Vec<(u64, u8, AddressOf, i64)>,
}

const TEXT: usize = 0;
const SLAB: usize = 1;

/// Returns the address of an offset in the guest text.
pub(super) fn text_address(offset: u64) -> Address {
    Address::Symbol { symbol: TEXT, addend: offset as i64 }
}

/// Returns the address of the runtime's variable that holds the slab's address.
pub(super) fn slab_variable() -> Address {
    Address::Symbol { symbol: SLAB, addend: 0 }
}

/// Writes all non-empty sections.
pub(super) fn write(dwarf: &mut gimli::write::Dwarf, frames: &FrameTable) -> gimli::write::Result<Vec<DebugSection>> {
    let mut sections = Sections::new(Writer { bytes: EndianVec::new(LittleEndian), relocations: Vec::new() });
    if dwarf.units.count() > 0 {
        dwarf.write(&mut sections)?;
    }
    frames.write_debug_frame(&mut sections.debug_frame)?;
    let mut written = Vec::new();
    sections.for_each(|id, writer| {
        if !writer.bytes.slice().is_empty() {
            let relocations = writer.relocations.iter().map(relocation).collect();
            written.push(DebugSection { name: id.name(), bytes: writer.bytes.slice().to_vec(), relocations });
        }
        Ok::<(), gimli::write::Error>(())
    })?;
    Ok(written)
}

fn relocation(relocation: &Relocation) -> (u64, u8, AddressOf, i64) {
    let of = match relocation.target {
        RelocationTarget::Symbol(TEXT) => AddressOf::Text,
        RelocationTarget::Symbol(_) => AddressOf::Slab,
        RelocationTarget::Section(id) => AddressOf::Section(id.name()),
    };
    (relocation.offset as u64, relocation.size, of, relocation.addend)
}

#[derive(Clone)]
struct Writer {
    bytes: EndianVec<LittleEndian>,
    relocations: Vec<Relocation>,
}

impl RelocateWriter for Writer {
    type Writer = EndianVec<LittleEndian>;

    fn writer(&self) -> &Self::Writer {
        &self.bytes
    }

    fn writer_mut(&mut self) -> &mut Self::Writer {
        &mut self.bytes
    }

    fn relocate(&mut self, relocation: Relocation) {
        self.relocations.push(relocation);
    }
}
