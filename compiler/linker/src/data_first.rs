//! Layout of executables that begin with their writable data.

use crate::Machine;
use crate::arguments::sections_of_scripts;
use anyhow::{Context, Result, ensure};

/// Returns the script for the linker: writable data, constants, text. Each input section becomes an output section unless it is
/// named, with all words that its name may end in.
pub(crate) fn script(machine: Machine) -> String {
    let (data, start) = sections_of_scripts(machine);
    format!(
        "PHDRS {{
  data PT_LOAD FLAGS(6);
  constants PT_LOAD FLAGS(4);
  text PT_LOAD FLAGS(5);
  dynamic PT_DYNAMIC FLAGS(6);
  note PT_NOTE FLAGS(4);
  stack PT_GNU_STACK FLAGS(6);
}}
SECTIONS {{
  .data.rel.ro : {{ *(.data.rel.ro .data.rel.ro.*) }} :data
  .dynamic : {{ *(.dynamic) }} :data :dynamic
  .got : {{ *(.got) }} :data
  {data} : {{ *(.data .data.* .sdata .sdata.*) }} :data
  .bss : {{ *(.bss .bss.* .sbss .sbss.* COMMON) }} :data
  .rodata : {{ *(.rodata .rodata.* .srodata .srodata.*) }} :constants
  {start}
  .text : {{ *(.text .text.*) }} :text
  .note.aot : {{ KEEP(*(.note.aot)) }} :note
}}
"
    )
}

/// A field of a structure: offset and bytes.
type Field = (usize, usize);

// Fields of ELF-64 files: of the file's header, of a program header, of a section header.
const E_PHOFF: Field = (32, 8);
const E_SHOFF: Field = (40, 8);
const E_PHNUM: Field = (56, 2);
const E_SHNUM: Field = (60, 2);
const P_TYPE: Field = (0, 4);
const P_OFFSET: Field = (8, 8);
const P_VADDR: Field = (16, 8);
const P_PADDR: Field = (24, 8);
const P_FILESZ: Field = (32, 8);
const P_MEMSZ: Field = (40, 8);
const SH_TYPE: Field = (4, 4);
const SH_FLAGS: Field = (8, 8);
const SH_ADDR: Field = (16, 8);
const SH_OFFSET: Field = (24, 8);
const SH_SIZE: Field = (32, 8);
const PROGRAM_HEADER_BYTES: usize = 56;
const SECTION_HEADER_BYTES: usize = 64;
const PT_LOAD: u64 = 1;
const SHT_NOBITS: u64 = 8;
const SHF_WRITE: u64 = 1;
const SHF_ALLOC: u64 = 2;

/// Extends the first segment to the beginning of the file, so that the program finds its headers in memory; a script's
/// segments don't have them. libwild's own sections that are empty come after `.bss`; they become as it is, so that tools can copy the
/// file. Returns false if a section's bytes wouldn't be loaded at its address: there is a writable section that
/// the script doesn't name.
///
/// # Errors
/// It isn't an executable that the script makes.
pub(crate) fn load_headers(file: &mut [u8]) -> Result<bool> {
    let segments = table(file, E_PHOFF, E_PHNUM, PROGRAM_HEADER_BYTES)?;
    let first = *segments.first().context("an executable without segments")?;
    ensure!(get(file, first, P_TYPE)? == PT_LOAD, "the first segment isn't loaded");
    let headers = get(file, first, P_OFFSET)?;
    for (field, before) in [(P_OFFSET, true), (P_VADDR, true), (P_PADDR, true), (P_FILESZ, false), (P_MEMSZ, false)] {
        let value = get(file, first, field)?;
        let changed = if before { value.checked_sub(headers) } else { value.checked_add(headers) };
        put(file, first, field, changed.context("the first segment doesn't begin behind the headers")?)?;
    }
    let sections = table(file, E_SHOFF, E_SHNUM, SECTION_HEADER_BYTES)?;
    for section in &sections {
        if get(file, *section, SH_FLAGS)? & SHF_WRITE != 0 && get(file, *section, SH_SIZE)? == 0 {
            put(file, *section, SH_TYPE, SHT_NOBITS)?;
        }
    }
    are_loaded(file, &segments, &sections)
}

/// Returns true if segments load the bytes of all sections at their addresses.
fn are_loaded(file: &[u8], segments: &[usize], sections: &[usize]) -> Result<bool> {
    for section in sections {
        let of_section = |field| get(file, *section, field);
        let (start, bytes) = (of_section(SH_OFFSET)?, of_section(SH_SIZE)?);
        if of_section(SH_FLAGS)? & SHF_ALLOC == 0 || of_section(SH_TYPE)? == SHT_NOBITS || bytes == 0 {
            continue;
        }
        let mut is_loaded = false;
        for segment in segments {
            let of_segment = |field| get(file, *segment, field);
            let (from, address) = (of_segment(P_OFFSET)?, of_segment(P_VADDR)?);
            is_loaded |= of_segment(P_TYPE)? == PT_LOAD
                && from <= start
                && start + bytes <= from + of_segment(P_FILESZ)?
                && of_section(SH_ADDR)?.checked_sub(address) == Some(start - from);
        }
        if !is_loaded {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the offsets of a table's entries.
fn table(file: &[u8], offset: Field, count: Field, bytes: usize) -> Result<Vec<usize>> {
    let offset = usize::try_from(get(file, 0, offset)?)?;
    let count = usize::try_from(get(file, 0, count)?)?;
    Ok((0..count).map(|index| offset + index * bytes).collect())
}

/// Reads a field of the structure at an offset.
fn get(file: &[u8], structure: usize, (offset, bytes): Field) -> Result<u64> {
    let at = structure + offset;
    let field = file.get(at..at + bytes).context("an executable that ends in its headers")?;
    Ok(field.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

/// Writes a field of the structure at an offset.
fn put(file: &mut [u8], structure: usize, (offset, bytes): Field, value: u64) -> Result<()> {
    let at = structure + offset;
    let field = file.get_mut(at..at + bytes).context("an executable that ends in its headers")?;
    field.copy_from_slice(&value.to_le_bytes()[..bytes]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTIONS_AT: usize = 64 + PROGRAM_HEADER_BYTES;

    /// Makes a file of one segment that begins behind the headers, at 4096 more than in the file, and of one section.
    fn file(section_address: u64) -> Vec<u8> {
        let mut file = vec![0; 512];
        let fields = [
            (0, E_PHOFF, 64),
            (0, E_PHNUM, 1),
            (0, E_SHOFF, SECTIONS_AT as u64),
            (0, E_SHNUM, 1),
            (64, P_TYPE, PT_LOAD),
            (64, P_OFFSET, 256),
            (64, P_VADDR, 4096 + 256),
            (64, P_PADDR, 4096 + 256),
            (64, P_FILESZ, 256),
            (64, P_MEMSZ, 300),
            (SECTIONS_AT, SH_FLAGS, SHF_ALLOC),
            (SECTIONS_AT, SH_ADDR, section_address),
            (SECTIONS_AT, SH_OFFSET, 300),
            (SECTIONS_AT, SH_SIZE, 8),
        ];
        for (structure, field, value) in fields {
            put(&mut file, structure, field, value).expect("within the file");
        }
        file
    }

    #[test]
    fn the_first_segment_begins_with_the_headers() {
        let mut file = file(4096 + 300);
        assert!(load_headers(&mut file).expect("it is an executable"));
        let fields = [P_OFFSET, P_VADDR, P_PADDR, P_FILESZ, P_MEMSZ].map(|field| get(&file, 64, field).expect("there"));
        assert_eq!(fields, [0, 4096, 4096, 512, 556]);
    }

    #[test]
    fn a_section_behind_what_the_file_does_not_have_is_found() {
        assert!(!load_headers(&mut file(4096 + 556)).expect("it is an executable"));
    }
}
