//! Random modules and components of wasm-smith, with every proposal that the compiler has.

use crate::random::Random;
use arbitrary::Unstructured;
use wasm_smith::{Component, Config, InstructionKind, InstructionKinds, MemoryOffsetChoices, Module};

/// Bytes of a memory at most.
const MEMORY_BYTES_MAX: u32 = 4 << 16;
/// Functions and loops that a call may enter, and elements that its bulk operations may touch.
pub const FUEL: u32 = 2000;

/// A valid module that ends whatever is called, and does the same everywhere; `None` if the seed gives none. It imports
/// some of what the module `available` imports, or nothing. Its last global is the fuel that is left.
pub fn terminating(random: &mut Random, available: Option<Vec<u8>>) -> Option<Vec<u8>> {
    let more = if available.is_some() { 2 } else { 1 };
    let shape = shape(random);
    let config = Config {
        available_imports: available,
        canonicalize_nans: true,
        disallow_traps: random.one_in(2),
        limit_arrays_in_const_exprs: true,
        max_funcs: more * shape.max_funcs,
        max_globals: more * shape.max_globals,
        max_imports: 0,
        max_memory32_bytes: MEMORY_BYTES_MAX.into(),
        max_memory64_bytes: MEMORY_BYTES_MAX.into(),
        memory_max_size_required: true,
        max_table_elements: 40,
        table_max_size_required: true,
        ..shape
    };
    let mut module = generate(config, random)?;
    module.ensure_termination(FUEL).ok()?;
    Some(module.to_bytes())
}

/// A valid module, however large its memories and tables are and whatever it imports.
pub fn valid(random: &mut Random) -> Option<Vec<u8>> {
    let config = Config {
        max_imports: random.pick(&[0, 0, 10]),
        export_everything: true,
        generate_custom_sections: random.one_in(4),
        min_uleb_size: random.pick(&[1, 1, 5]),
        ..shape(random)
    };
    generate(config, random).map(|module| module.to_bytes())
}

/// A module whose function bodies are arbitrary bytes, or not.
pub fn maybe_invalid(random: &mut Random) -> Option<Vec<u8>> {
    let config = Config { allow_invalid_funcs: true, max_imports: 0, export_everything: true, ..shape(random) };
    generate(config, random).map(|module| module.to_bytes())
}

/// A valid component.
pub fn component(random: &mut Random) -> Option<Vec<u8>> {
    let config = Config { threads_enabled: false, max_instructions: 60, ..Config::default() };
    attempts(random, |bytes| Component::new(config.clone(), bytes)).map(|component| component.to_bytes())
}

fn generate(config: Config, random: &mut Random) -> Option<Module> {
    attempts(random, |bytes| Module::new(config.clone(), bytes))
}

/// Makes a value from random bytes, with several attempts: not all bytes are good for something.
fn attempts<T>(random: &mut Random, make: impl Fn(&mut Unstructured<'_>) -> arbitrary::Result<T>) -> Option<T> {
    (0..8).find_map(|_| {
        let count = random.pick(&[1 << 11, 1 << 13, 1 << 15]);
        make(&mut Unstructured::new(&random.bytes(count))).ok()
    })
}

/// The configuration of the generator. Modules have little of everything, so that most of it is used.
fn shape(random: &mut Random) -> Config {
    Config {
        allow_start_export: random.one_in(4),
        allowed_instructions: instructions(random),
        custom_page_sizes_enabled: random.one_in(2),
        max_data_segments: 4,
        max_element_segments: 6,
        max_elements: 20,
        max_exports: 0,
        max_funcs: 12,
        max_globals: 10,
        max_instructions: random.pick(&[60, 200, 600]),
        max_memories: random.pick(&[1, 1, 3]),
        max_tables: 3,
        max_tags: 4,
        max_type_size: 1 << 20,
        max_types: 20,
        memory_offset_choices: MemoryOffsetChoices(80, 18, 2),
        min_funcs: random.pick(&[1, 2, 5]),
        min_globals: random.below(4),
        min_memories: random.pick(&[0, 1, 1]),
        min_tables: random.pick(&[0, 0, 2]),
        min_types: random.pick(&[2, 6]),
        shared_everything_threads_enabled: false,
        threads_enabled: random.one_in(2),
        wide_arithmetic_enabled: true,
        ..Config::default()
    }
}

/// All instructions, or those of one kind among the common ones.
fn instructions(random: &mut Random) -> InstructionKinds {
    use InstructionKind::{Aggregate, Control, Memory, Numeric, Parametric, Reference, Table, Variable, Vector};
    let special: &[InstructionKind] = match random.below(8) {
        0 => &[Vector],
        1 => &[Vector, Memory],
        2 => &[Aggregate, Reference],
        3 => &[Table, Reference],
        4 => &[Memory],
        _ => return InstructionKinds::all(),
    };
    InstructionKinds::new(&[special, &[Control, Numeric, Parametric, Variable]].concat())
}
