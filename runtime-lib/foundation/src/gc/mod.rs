//! The heap of structures and arrays, and its collector (docs/decisions/0041-gc.md).
//!
//! Guest code allocates by itself as long as there is room in the hole at hand; then it comes here (`heap`). A collection
//! marks what can be reached (`mark`) from the frames of the guest, globals, tables and exceptions (`roots`). Nothing is
//! moved, and nothing is written to what isn't marked: the holes between marked objects are what is free.

mod heap;
mod mark;
mod objects;
mod roots;

use aot_abi::exception::Exceptions;
use aot_abi::gc::{Heap, Root, Site, Tag, Type};
use aot_abi::symbols;

const _: () = assert!(crate::same_name("aot_gc_heap", symbols::GC_HEAP));
const _: () = assert!(crate::same_name("aot_gc_types", symbols::GC_TYPES));
const _: () = assert!(crate::same_name("aot_gc_fields", symbols::GC_FIELDS));
const _: () = assert!(crate::same_name("aot_gc_sites", symbols::GC_SITES));
const _: () = assert!(crate::same_name("aot_gc_slots", symbols::GC_SLOTS));
const _: () = assert!(crate::same_name("aot_gc_roots", symbols::GC_ROOTS));
const _: () = assert!(crate::same_name("aot_gc_tags", symbols::GC_TAGS));

// Only here, so that programs without a heap link.
unsafe extern "C" {
    static aot_gc_heap: Heap;
    static aot_gc_types: [Type; 0];
    static aot_gc_fields: [u32; 0];
    static aot_gc_sites: [Site; 0];
    static aot_gc_slots: [u32; 0];
    static aot_gc_roots: [Root; 0];
    static aot_gc_tags: [Tag; 0];
}

fn description() -> &'static Heap {
    // SAFETY: the compiler defines it where the program has a heap, and it stays unchanged.
    unsafe { &aot_gc_heap }
}

/// A table of `count` entries as a slice.
macro_rules! table {
    ($symbol:ident, $count:ident) => {
        // SAFETY: the compiler wrote this many entries of this type there, and they stay unchanged.
        unsafe { core::slice::from_raw_parts((&raw const $symbol).cast(), description().$count as usize) }
    };
}

fn types() -> &'static [Type] {
    table!(aot_gc_types, types)
}

fn fields() -> &'static [u32] {
    table!(aot_gc_fields, fields)
}

fn sites() -> &'static [Site] {
    table!(aot_gc_sites, sites)
}

fn slots() -> &'static [u32] {
    table!(aot_gc_slots, slots)
}

fn roots() -> &'static [Root] {
    table!(aot_gc_roots, roots)
}

fn tags() -> &'static [Tag] {
    table!(aot_gc_tags, tags)
}

/// True if the program throws or catches exceptions.
fn has_exceptions(exceptions: &Exceptions) -> bool {
    exceptions.slots != 0
}
