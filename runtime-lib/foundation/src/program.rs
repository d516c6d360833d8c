//! Tables that the compiler wrote beside the guest's code, as far as the runtime reads it: the only place that declares its
//! symbols.
//!
//! Everything is read-only data of the executable, described in `aot_abi::program`, and is trusted: it comes from
//! the same build as this library, which the version symbol makes sure of.

use core::sync::atomic::AtomicU64;

use aot_abi::component::ResourceTable;
use aot_abi::concurrency::{Concurrency, EndType, EnteredReference};
use aot_abi::exports::{self, Exports};
use aot_abi::javascript;
use aot_abi::policy::{MARK, Section};
use aot_abi::profile;
use aot_abi::program::{Function, Memory, Module, Program, Run, Segment, Span, Table};
use aot_abi::symbols;
use aot_abi::values::{self, Values};

use crate::exports::{Description, text_in};

/// Declares the symbols and checks each name against the contract.
macro_rules! program_symbols {
    ($($name:ident: $type:ty = $constant:ident;)*) => {
        unsafe extern "C" {
            $(static $name: $type;)*
        }
        $(const _: () = assert!(crate::same_name(stringify!($name), symbols::$constant));)*
    };
}

program_symbols! {
    aot_text_start: [u8; 0] = TEXT_START;
    aot_program: Program = PROGRAM;
    aot_memories: [Memory; 0] = MEMORIES;
    aot_tables: [Table; 0] = TABLES;
    aot_spans: [Span; 0] = SPANS;
    aot_runs: [Run; 0] = RUNS;
    aot_images: [u8; 0] = IMAGES;
    aot_data_segments: [Segment; 0] = DATA_SEGMENTS;
    aot_element_segments: [Segment; 0] = ELEMENT_SEGMENTS;
    aot_trap_offsets: [u32; 0] = TRAP_OFFSETS;
    aot_trap_codes: [u8; 0] = TRAP_CODES;
    aot_functions: [Function; 0] = FUNCTIONS;
    aot_modules: [Module; 0] = MODULES;
    aot_names: [u8; 0] = NAMES;
    aot_addresses: [u8; 0] = ADDRESSES;
    aot_policy: Section = POLICY;
    // Only referred to by what runs asynchronous components.
    aot_concurrency: Concurrency = CONCURRENCY;
    aot_end_types: [EndType; 0] = END_TYPES;
    aot_entered_references: [EnteredReference; 0] = ENTERED_REFERENCES;
    aot_component_parents: [u32; 0] = COMPONENT_PARENTS;
    aot_resource_tables: [ResourceTable; 0] = RESOURCE_TABLES;
    // Only referred to by what calls exports with values.
    aot_exports: Exports = EXPORTS;
    aot_export_types: [exports::Type; 0] = EXPORT_TYPES;
    aot_export_members: [exports::Member; 0] = EXPORT_MEMBERS;
    aot_export_functions: [exports::Function; 0] = EXPORT_FUNCTIONS;
    aot_export_names: [u8; 0] = EXPORT_NAMES;
    // Only referred to by what libraries are called through.
    aot_values: Values = VALUES;
    aot_value_types: [values::Type; 0] = VALUE_TYPES;
    aot_value_members: [values::Member; 0] = VALUE_MEMBERS;
    aot_value_functions: [values::Function; 0] = VALUE_FUNCTIONS;
    aot_value_resources: [values::Resource; 0] = VALUE_RESOURCES;
    aot_value_imports: [values::Import; 0] = VALUE_IMPORTS;
    // Only referred to by what Node.js calls.
    aot_addon: javascript::Addon = ADDON;
    aot_addon_types: [javascript::Type; 0] = ADDON_TYPES;
    aot_addon_functions: [javascript::Function; 0] = ADDON_FUNCTIONS;
    aot_addon_imports: [javascript::Function; 0] = ADDON_IMPORTS;
    aot_addon_classes: [javascript::Class; 0] = ADDON_CLASSES;
    aot_addon_globals: [javascript::Global; 0] = ADDON_GLOBALS;
    aot_addon_texts: [exports::Text; 0] = ADDON_TEXTS;
    aot_addon_names: [u8; 0] = ADDON_NAMES;
    // Only referred to by what writes a profile.
    aot_profile: profile::Section = PROFILE;
    aot_profile_counters: [AtomicU64; 0] = PROFILE_COUNTERS;
    // Only referred to by `script`, so that an executable without a script links.
    aot_script: [u8; 0] = SCRIPT;
}

/// The tables of an addon, written by the compiler (`aot_abi::javascript`).
#[derive(Clone, Copy)]
pub struct Addon {
    /// The types, as many as [`value_types`].
    pub types: &'static [javascript::Type],
    /// The exported functions, as many as [`value_functions`].
    pub functions: &'static [javascript::Function],
    /// The imported functions, as many as [`value_imports`].
    pub imports: &'static [javascript::Function],
    /// The classes, as many as [`value_resources`].
    pub classes: &'static [javascript::Class],
    /// The exported globals.
    pub globals: &'static [javascript::Global],
    /// Names of fields, cases, flags and parameters.
    texts: &'static [exports::Text],
    /// All names one after another.
    names: &'static [u8],
}

impl Addon {
    /// The text of a name.
    pub fn text(&self, text: exports::Text) -> &'static str {
        text_in(self.names, text)
    }

    /// The name with this number.
    pub fn name(&self, number: usize) -> &'static str {
        self.texts.get(number).map_or("", |text| self.text(*text))
    }
}

/// A table of `$count` entries as a slice.
macro_rules! table {
    ($symbol:ident, $count:expr) => {
        // SAFETY: the compiler wrote this many entries of this type there, and they stay unchanged.
        unsafe { core::slice::from_raw_parts((&raw const $symbol).cast(), $count as usize) }
    };
}

/// The head of the description.
pub fn program() -> &'static Program {
    // SAFETY: the compiler defines it, and it stays unchanged.
    unsafe { &aot_program }
}

/// The linear memories.
pub fn memories() -> &'static [Memory] {
    table!(aot_memories, program().memories)
}

/// The tables that lie in the slab.
pub fn tables() -> &'static [Table] {
    table!(aot_tables, program().tables)
}

/// The parts of the slab that are open from the start.
pub fn spans() -> &'static [Span] {
    table!(aot_spans, program().spans)
}

/// The initial contents.
pub fn runs() -> &'static [Run] {
    table!(aot_runs, program().runs)
}

/// The first byte of the images that runs refer to.
pub fn images() -> *const u8 {
    (&raw const aot_images).cast()
}

/// The passive data segments.
pub fn data_segments() -> &'static [Segment] {
    table!(aot_data_segments, program().data_segments)
}

/// The passive element segments.
pub fn element_segments() -> &'static [Segment] {
    table!(aot_element_segments, program().element_segments)
}

/// The code of the trap at this text offset, if the instruction there can trap.
pub fn trap_code_at(text_offset: u32) -> Option<u8> {
    let offsets: &[u32] = table!(aot_trap_offsets, program().traps);
    let codes: &[u8] = table!(aot_trap_codes, program().traps);
    let index = offsets.binary_search(&text_offset).ok()?;
    codes.get(index).copied()
}

/// Resource types that component instances hold, as transfers number them.
pub fn resource_tables() -> &'static [ResourceTable] {
    table!(aot_resource_tables, program().resource_tables)
}

/// The head of the tables of asynchronous components. Only programs with some have them.
fn concurrency() -> &'static Concurrency {
    // SAFETY: the compiler defines it in such a program, and it stays unchanged.
    unsafe { &aot_concurrency }
}

/// The types of streams and futures that component instances hold, as transfers number them.
pub fn end_types() -> &'static [EndType] {
    table!(aot_end_types, concurrency().end_types)
}

/// The functions that are entered by their references, sorted by these.
pub fn entered_references() -> &'static [EnteredReference] {
    table!(aot_entered_references, concurrency().entered_references)
}

/// The component instance in which each one was instantiated; `u32::MAX` for the outermost.
pub fn component_parents() -> &'static [u32] {
    table!(aot_component_parents, concurrency().component_parents)
}

/// The functions of the guest text, sorted.
pub fn functions() -> &'static [Function] {
    table!(aot_functions, program().functions)
}

/// The core modules.
pub fn modules() -> &'static [Module] {
    table!(aot_modules, program().modules)
}

/// The first byte of the names.
pub fn names() -> *const u8 {
    (&raw const aot_names).cast()
}

/// The first byte of the address maps.
pub fn addresses() -> *const u8 {
    (&raw const aot_addresses).cast()
}

/// The items of the policy; nothing where its mark is missing.
pub fn policy() -> Option<&'static [u8]> {
    // SAFETY: the compiler defines it, and it stays unchanged.
    let head = unsafe { &aot_policy };
    if (head.mark_first, head.mark_second) != MARK {
        return None;
    }
    // SAFETY: the compiler wrote this many bytes behind the head.
    Some(unsafe { core::slice::from_raw_parts((&raw const aot_policy).add(1).cast(), head.bytes as usize) })
}

/// The description of exported functions. Only executables whose main function calls exports have one.
pub fn exports() -> Description {
    // SAFETY: the compiler defines it in such an executable, and it stays unchanged.
    let head = unsafe { &aot_exports };
    Description {
        types: table!(aot_export_types, head.types),
        members: table!(aot_export_members, head.members),
        functions: table!(aot_export_functions, head.functions),
        names: table!(aot_export_names, head.names),
    }
}

/// The head of the tables of a library's functions and types. Only libraries have them.
pub fn values() -> &'static Values {
    // SAFETY: the compiler defines it in a library, and it stays unchanged.
    unsafe { &aot_values }
}

/// The types of a library's functions.
pub fn value_types() -> &'static [values::Type] {
    table!(aot_value_types, values().types)
}

/// The members of those types, and the parameters of functions.
pub fn value_members() -> &'static [values::Member] {
    table!(aot_value_members, values().members)
}

/// The exported functions of a library.
pub fn value_functions() -> &'static [values::Function] {
    table!(aot_value_functions, values().functions)
}

/// The resource types of a library's component: those that it exports, and those of the host program.
pub fn value_resources() -> &'static [values::Resource] {
    table!(aot_value_resources, values().resources)
}

/// The functions that a library imports from the host program.
pub fn value_imports() -> &'static [values::Import] {
    table!(aot_value_imports, values().imports)
}

/// The tables by which JavaScript has a library's functions and types. Only addons have them.
pub fn addon() -> Addon {
    // SAFETY: the compiler defines it in an addon, and it stays unchanged.
    let head = unsafe { &aot_addon };
    Addon {
        types: table!(aot_addon_types, values().types),
        functions: table!(aot_addon_functions, values().functions),
        imports: table!(aot_addon_imports, values().imports),
        classes: table!(aot_addon_classes, values().resources),
        globals: table!(aot_addon_globals, head.globals),
        texts: table!(aot_addon_texts, head.texts),
        names: table!(aot_addon_names, head.names),
    }
}

/// The profile that a program writes.
#[derive(Clone, Copy)]
pub struct Profile {
    /// The path of the file.
    pub path: &'static [u8],
    /// The beginning of the file.
    pub table: &'static [u8],
    /// The counters, on pages that hold nothing else.
    pub counters: &'static [AtomicU64],
}

/// The profile of the program. Only programs that write one have it.
pub fn profile() -> Profile {
    // SAFETY: the compiler defines it in such a program, and it stays unchanged.
    let head = unsafe { &aot_profile };
    // SAFETY: the compiler wrote this many bytes behind the head.
    let bytes: &[u8] = unsafe {
        core::slice::from_raw_parts(
            (&raw const aot_profile).add(1).cast(),
            (head.path_bytes + head.table_bytes) as usize,
        )
    };
    let (path, table) = bytes.split_at(head.path_bytes as usize);
    Profile { path, table, counters: table!(aot_profile_counters, head.counters) }
}

/// The first byte of the script; only in an executable that performs one.
pub fn script() -> *const u8 {
    (&raw const aot_script).cast()
}

/// The address of a text offset.
pub fn text_address(text_offset: u32) -> u64 {
    (&raw const aot_text_start).addr() as u64 + u64::from(text_offset)
}

/// The text offset of an address, if it lies in guest code (or is its end, as a return address can be).
pub fn text_offset(address: u64) -> Option<u32> {
    let offset = address.checked_sub((&raw const aot_text_start).addr() as u64)?;
    if offset > program().text_bytes {
        return None;
    }
    u32::try_from(offset).ok()
}
