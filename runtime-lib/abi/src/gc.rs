//! The heap of structures and arrays, and the tables that its collector reads. Only programs that allocate objects have
//! them.
//!
//! A reference to an object is its distance from [`Heap::base`], a multiple of [`GRANULE_BYTES`]; 0 is null. The lowest
//! bits distinguish references of the hierarchies `any` and `extern`: 000 for an object, 1 for an `i31` (its bits
//! above), 10 for a number of the host.
//!
//! An object begins with the number of its type, 32 bits. A structure's fields follow, each at the next multiple of its
//! size; an array's length follows, 32 bits, and then its elements.

use crate::record::records;

records! {
    /// The head of the description, at [`crate::symbols::GC_HEAP`].
    pub struct Heap: 64 {
        /// Slab offset from which references count. The allocation state ends there, in a page of its own.
        base: u64,
        /// Bytes reserved from `base` on. The first [`NULL_BYTES`] are never accessible.
        bytes: u64,
        /// Slab offset of the mark bits, one for each granule; a bit is set if a marked object begins there.
        marks: u64,
        /// Slab offset of the collector's work list, as 32-bit references: marked objects whose references are not yet
        /// visited.
        pending: u64,
        /// Number of the first type at [`crate::symbols::GC_TYPES`]. Structures and arrays have consecutive numbers.
        first_type: u32,
        /// Number of entries at [`crate::symbols::GC_TYPES`].
        types: u32,
        /// Number of entries at [`crate::symbols::GC_FIELDS`].
        fields: u32,
        /// Number of entries at [`crate::symbols::GC_SITES`].
        sites: u32,
        /// Number of entries at [`crate::symbols::GC_SLOTS`].
        slots: u32,
        /// Number of entries at [`crate::symbols::GC_ROOTS`].
        roots: u32,
        /// Number of entries at [`crate::symbols::GC_TAGS`].
        tags: u32,
        /// Flags of the heap: [`STRESS`] or 0.
        flags: u32,
    }

    /// The type of an object.
    pub struct Type: 16 {
        /// [`KIND_STRUCT`], [`KIND_ARRAY`] or [`KIND_ARRAY_OF_REFERENCES`].
        kind: u32,
        /// Bytes of a structure with its header, or of an array element.
        bytes: u32,
        /// Index in [`crate::symbols::GC_FIELDS`] of the first offset of a structure's references.
        first: u32,
        /// Number of the structure's references.
        count: u32,
    }

    /// A call that references outlive, and during which the collector may run. Sites are sorted by return address.
    pub struct Site: 12 {
        /// Text offset of the return address.
        return_address: u32,
        /// Index in [`crate::symbols::GC_SLOTS`] of the first slot, given as bytes below the frame pointer.
        first: u32,
        /// Number of slots.
        count: u32,
    }

    /// References in the slab.
    pub struct Root: 16 {
        /// Slab offset of the first reference.
        offset: u64,
        /// Slab offset of the number of references, a `u64`; 0 if there is one reference.
        length: u64,
    }

    /// References in the exceptions of a tag, as offsets in their slots.
    pub struct Tag: 8 {
        /// Index of the first offset in [`crate::symbols::GC_FIELDS`].
        first: u32,
        /// Number of references.
        count: u32,
    }
}

/// [`Type::kind`] of a structure.
pub const KIND_STRUCT: u32 = 0;
/// [`Type::kind`] of an array without references.
pub const KIND_ARRAY: u32 = 1;
/// [`Type::kind`] of an array of references.
pub const KIND_ARRAY_OF_REFERENCES: u32 = 2;

/// [`Heap::flags`] for tests: each allocation runs the collector.
pub const STRESS: u32 = 1;

/// Alignment of objects, and unit of their sizes, in bytes.
pub const GRANULE_BYTES: u64 = 8;
/// Inaccessible bytes at the start of a heap, so that an access through null faults.
pub const NULL_BYTES: u64 = 0x1_0000;
/// Maximum bytes of a heap: references to objects stay below those to exceptions.
pub const HEAP_BYTES_MAX: u64 = 3 << 30;
/// Bytes of a structure's header.
pub const STRUCT_HEADER_BYTES: u32 = 4;
/// Offset of an array's length in the array.
pub const ARRAY_LENGTH: u32 = 4;
/// Bytes of an array's header.
pub const ARRAY_HEADER_BYTES: u32 = 8;

/// Bytes of the allocation state, before [`Heap::base`].
pub const STATE_BYTES: u64 = 64;
/// Offset from [`Heap::base`] of a `u64`: the next object's place, as a reference.
pub const STATE_NEXT: i32 = -16;
/// Offset from [`Heap::base`] of a `u64`: the end of the free range, as a reference.
pub const STATE_END: i32 = -8;

/// Encodes a number of the host as a reference.
pub const fn host_reference(number: u32) -> u32 {
    number << 2 | 2
}

const _: () = {
    assert!(HEAP_BYTES_MAX + NULL_BYTES <= crate::exception::REFERENCE_BASE as u64);
};
