//! The heap of structures and arrays, and what its collector has to know. Only programs that make some have any of it.
//!
//! A reference to an object is its distance from [`Heap::base`], a multiple of [`GRANULE_BYTES`]; 0 is null. References of
//! the hierarchies `any` and `extern` are told apart by their lowest bits: 000 for an object, 1 for an `i31` (its bits
//! above), 10 for a number of the host.
//!
//! An object begins with the number of its type, 32 bits. In a structure the fields follow, each at the next multiple of
//! its size; in an array its length, 32 bits, and then the elements.

use crate::record::records;

records! {
    /// The head of the description, at [`crate::symbols::GC_HEAP`].
    pub struct Heap: 64 {
        /// Slab offset that references count from. The state of the allocation ends there, in a page of its own.
        base: u64,
        /// Bytes reserved from there on. The first [`NULL_BYTES`] are never accessible.
        bytes: u64,
        /// Slab offset of the marks: a bit for each granule, set where a marked object begins.
        marks: u64,
        /// Slab offset of the list of objects that a collection has still to look into: 32-bit references.
        pending: u64,
        /// The number of the first type at [`crate::symbols::GC_TYPES`]. Structures and arrays have consecutive numbers.
        first_type: u32,
        /// Entries at [`crate::symbols::GC_TYPES`].
        types: u32,
        /// Entries at [`crate::symbols::GC_FIELDS`].
        fields: u32,
        /// Entries at [`crate::symbols::GC_SITES`].
        sites: u32,
        /// Entries at [`crate::symbols::GC_SLOTS`].
        slots: u32,
        /// Entries at [`crate::symbols::GC_ROOTS`].
        roots: u32,
        /// Entries at [`crate::symbols::GC_TAGS`].
        tags: u32,
        /// [`STRESS`].
        flags: u32,
    }

    /// The type of an object.
    pub struct Type: 16 {
        /// [`KIND_STRUCT`], [`KIND_ARRAY`] or [`KIND_ARRAY_OF_REFERENCES`].
        kind: u32,
        /// Bytes of a structure with its header, or of an element.
        bytes: u32,
        /// The references in a structure, as offsets: the index of the first in [`crate::symbols::GC_FIELDS`].
        first: u32,
        /// How many there are.
        count: u32,
    }

    /// A call during which a collection may happen, and that references outlive. Sorted by return address.
    pub struct Site: 12 {
        /// Text offset of the return address.
        return_address: u32,
        /// Where references are, in bytes below the frame pointer: the index of the first in [`crate::symbols::GC_SLOTS`].
        first: u32,
        /// How many there are.
        count: u32,
    }

    /// References in the slab.
    pub struct Root: 16 {
        /// Slab offset of the first.
        offset: u64,
        /// Slab offset of their number, a `u64`; 0 where there is one.
        length: u64,
    }

    /// The references in exceptions with a tag, as offsets from their slots.
    pub struct Tag: 8 {
        /// The index of the first in [`crate::symbols::GC_FIELDS`].
        first: u32,
        /// How many there are.
        count: u32,
    }
}

/// [`Type::kind`]: a structure.
pub const KIND_STRUCT: u32 = 0;
/// [`Type::kind`]: an array without references.
pub const KIND_ARRAY: u32 = 1;
/// [`Type::kind`]: an array of references.
pub const KIND_ARRAY_OF_REFERENCES: u32 = 2;

/// [`Heap::flags`]: each allocation collects. For tests.
pub const STRESS: u32 = 1;

/// Objects begin and end at multiples of this.
pub const GRANULE_BYTES: u64 = 8;
/// Bytes at the start of a heap where no object is: an access through null faults there.
pub const NULL_BYTES: u64 = 0x1_0000;
/// The most bytes of objects: no reference to one is as high as those to exceptions.
pub const HEAP_BYTES_MAX: u64 = 3 << 30;
/// Bytes of a structure before its fields.
pub const STRUCT_HEADER_BYTES: u32 = 4;
/// Offset of an array's length.
pub const ARRAY_LENGTH: u32 = 4;
/// Bytes of an array before its elements.
pub const ARRAY_HEADER_BYTES: u32 = 8;

/// Bytes of the state of the allocation, before [`Heap::base`].
pub const STATE_BYTES: u64 = 64;
/// The place of a `u64` before [`Heap::base`]: where the next object begins, as a reference.
pub const STATE_NEXT: i32 = -16;
/// The place of a `u64` before [`Heap::base`]: the end of what is free there, as a reference.
pub const STATE_END: i32 = -8;

/// The number of the host as a reference.
pub const fn host_reference(number: u32) -> u32 {
    number << 2 | 2
}

const _: () = {
    assert!(HEAP_BYTES_MAX + NULL_BYTES <= crate::exception::REFERENCE_BASE as u64);
};
