//! The description of an executable, in an ELF note.

use super::{Binary, host_functions, kind, missing_imports};
use crate::decode::Program;
use crate::driver::Options;
use crate::entry::{self, Entry};
use crate::object::{NameTables, Sizes};
use crate::plan::ProgramPlan;
use aot_abi::symbols;
use cranelift_object::object::{self, Object, ObjectSection};
use serde::{Deserialize, Serialize};

/// The note of an executable: what the policy doesn't say.
#[derive(Debug, Serialize, Deserialize)]
pub struct Note {
    /// Version of aot that made it.
    pub aot_version: String,
    /// Version of the contract between compiler and runtime.
    pub abi_version: u32,
    /// `core module` or `component`.
    pub kind: String,
    /// The name of the program's entry: `command`, `exports` and so on.
    #[serde(default)]
    pub entry: String,
    /// Exports that the runtime calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exports: Vec<String>,
    /// The target's name.
    pub target: String,
    /// Host functions that the program can call.
    pub host_functions: Vec<String>,
    /// Imports whose calls trap.
    pub missing: Vec<String>,
    /// True if the program has objects of the garbage-collection proposal.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_heap: bool,
    /// Bytes of guest code.
    pub text_bytes: u64,
    /// Bytes of initial contents.
    pub image_bytes: u64,
    /// Bytes of names and address maps.
    pub name_bytes: u64,
    /// Bytes of other tables.
    pub table_bytes: u64,
    /// Place of the names.
    #[serde(default)]
    pub name_tables: NameTables,
    /// The linear memories of the program.
    pub memories: Vec<MemoryNote>,
    /// The components and core modules that it was made from; the first is the whole program.
    #[serde(default, rename = "parts")]
    pub binaries: Vec<Binary>,
}

/// A linear memory in a note.
#[derive(Debug, Serialize, Deserialize)]
pub struct MemoryNote {
    /// Bytes at start.
    pub bytes_min: u64,
    /// Bound of growth in bytes.
    pub bytes_max: u64,
}

impl Note {
    /// Returns true if the executable is a server.
    pub fn is_server(&self) -> bool {
        entry::is_server(&self.entry)
    }

    /// Returns the note of an executable; `None` if the file isn't one, or the note is damaged or of another version.
    pub fn read(executable: &[u8]) -> Option<Self> {
        let file = object::File::parse(executable).ok()?;
        let data = sections(&file).next()?.data().ok()?;
        let word = |at: usize| Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?) as usize);
        let (owner_bytes, text_bytes) = (word(0)?, word(4)?);
        let owner = data.get(12..)?.get(..owner_bytes)?;
        if owner.strip_suffix(b"\0")? != symbols::NOTE_NAME.as_bytes() {
            return None;
        }
        let text = data.get(12 + owner_bytes.next_multiple_of(4)..)?.get(..text_bytes)?;
        let note: Self = toml::from_str(std::str::from_utf8(text).ok()?).ok()?;
        // Each binary but the first lies in one before it.
        let is_tree =
            note.binaries.iter().enumerate().all(|(place, binary)| binary.parent.is_none_or(|parent| parent < place));
        let has_instances = note.binaries.iter().any(|binary| !binary.instances.is_empty());
        (is_tree && !has_instances).then_some(note)
    }
}

/// Counts the notes in a file.
pub(super) fn count(file: &[u8]) -> usize {
    object::File::parse(file).map_or(0, |file| sections(&file).count())
}

fn sections<'d, 'f>(file: &'f object::File<'d>) -> impl Iterator<Item = object::Section<'d, 'f>> {
    file.sections().filter(|section| section.name().is_ok_and(|name| name == symbols::SECTION_NOTE))
}

/// Says if a file is an executable or an object that a version of aot made: it has the section of a note.
pub fn is_made_by_aot(file: &[u8]) -> bool {
    object::File::parse(file).is_ok_and(|file| file.section_by_name(symbols::SECTION_NOTE).is_some())
}

/// A program that a note is about.
pub struct Described<'d> {
    /// The decoded program.
    pub program: &'d Program<'d>,
    /// The components and core modules that it was made from.
    pub binaries: &'d [Binary],
    /// The entry that the program is compiled for.
    pub entry: &'d Entry,
    /// The plan of the program.
    pub plan: &'d ProgramPlan,
}

/// The note's text.
pub fn note(described: &Described<'_>, options: &Options, sizes: &Sizes, names: NameTables) -> String {
    let Described { program, binaries, entry, plan } = *described;
    let host_functions = host_functions(plan);
    let note = Note {
        aot_version: env!("CARGO_PKG_VERSION").to_string(),
        abi_version: aot_abi::ABI_VERSION,
        kind: kind(program).to_string(),
        entry: entry.name.to_string(),
        exports: (entry.exports)(plan),
        target: options.target.name.clone(),
        host_functions: host_functions.into_iter().map(str::to_string).collect(),
        missing: missing_imports(plan).into_iter().map(str::to_string).collect(),
        has_heap: plan.heap.is_some(),
        text_bytes: sizes.text,
        image_bytes: sizes.images,
        name_bytes: sizes.names,
        table_bytes: sizes.tables,
        name_tables: names,
        memories: plan
            .memories
            .values()
            .map(|memory| MemoryNote { bytes_min: memory.bytes_min, bytes_max: memory.bytes_max })
            .collect(),
        binaries: binaries.iter().map(Binary::without_items).collect(),
    };
    toml::to_string(&note).unwrap_or_default()
}
