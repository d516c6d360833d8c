//! Places, sizes and marks of the objects of a heap.

use aot_abi::gc::{ARRAY_HEADER_BYTES, GRANULE_BYTES, KIND_STRUCT, NULL_BYTES};
use aot_abi::slab::SlabHeader;

use super::{description, types};

/// The first object.
pub const FIRST: u64 = NULL_BYTES;

/// The heap of a slab.
#[derive(Clone, Copy)]
pub struct Heap {
    /// The slab that the heap is in.
    pub slab: *mut SlabHeader,
    /// The address from which references count.
    pub base: *mut u8,
    /// A bit for each granule, set where a marked object begins.
    pub marks: *mut u64,
}

impl Heap {
    /// The heap of a slab.
    pub fn of(slab: *mut SlabHeader) -> Heap {
        let description = description();
        Heap {
            slab,
            base: slab.cast::<u8>().wrapping_add(description.base as usize),
            marks: slab.wrapping_byte_add(description.marks as usize).cast(),
        }
    }

    /// The address of an object.
    pub fn object(&self, reference: u64) -> *mut u8 {
        self.base.wrapping_add(reference as usize)
    }
}

/// The place of a granule's mark bit: the index of the word, and the bit in it.
pub fn bit_of(reference: u64) -> (usize, u32) {
    let granule = reference / GRANULE_BYTES;
    ((granule / 64) as usize, (granule % 64) as u32)
}

/// Bytes of the object with this type and header.
///
/// # Safety
///
/// The header is that of an object, which has a length if it is an array.
pub unsafe fn object_bytes(ty: u32, header: *const u32) -> u64 {
    let Some(ty) = types().get(ty.wrapping_sub(description().first_type) as usize) else {
        return GRANULE_BYTES;
    };
    if ty.kind == KIND_STRUCT {
        return u64::from(ty.bytes);
    }
    // SAFETY: the caller's promise.
    let length = unsafe { *header.add(1) };
    let bytes = u64::from(ARRAY_HEADER_BYTES) + u64::from(length) * u64::from(ty.bytes);
    bytes.next_multiple_of(GRANULE_BYTES)
}
