//! Growing linear memories.
//!
//! Address space up to the bound is reserved with the slab, so growing opens pages and never moves a memory.

use aot_abi::libcalls;
use aot_abi::program::PAGE_BYTES_MAX;
use aot_abi::slab::SlabHeader;

use crate::records::{family_of, limits_of};
use crate::{program, slab};

const _: () = assert!(crate::same_name("aot_memory_grow", libcalls::MEMORY_GROW.symbol));

/// The value that `memory.grow` returns if the memory can't grow.
const REFUSED: i64 = -1;

/// The libcall of `memory.grow`: the size before, in pages, or −1.
///
/// `index` is an `i32` of the contract; its upper half is not looked at, since calling conventions differ in who
/// extends it.
///
/// # Safety
///
/// Called by compiled code with its slab and the index of a memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_memory_grow(slab: *mut SlabHeader, index: u64, pages: u64) -> i64 {
    // SAFETY: the caller's promise.
    unsafe { grow(slab, index as u32, pages) }.unwrap_or(REFUSED)
}

/// # Safety
///
/// `slab` is a slab.
unsafe fn grow(slab: *mut SlabHeader, index: u32, pages: u64) -> Option<i64> {
    let memory = program::memories().get(index as usize)?;
    let more = pages.checked_mul(1 << memory.page_log2)?;
    // SAFETY: the caller's promise.
    let limit = memory.bytes_max.min(unsafe { limits_of(slab) }.memory_bytes);
    if memory.shared != 0 {
        // SAFETY: the caller's promise.
        let family = unsafe { family_of(slab) }?;
        return Some((family.grow(index, more, limit)? >> memory.page_log2) as i64);
    }
    // SAFETY: there is a length for each memory of the program.
    let length = unsafe { slab::length_at(slab, slab::controls().memory_bytes, index) };
    // SAFETY: as above; no other reference to it exists.
    let before = unsafe { *length };
    let after = before.checked_add(more).filter(|after| *after <= limit)?;
    // Up to the next multiple of the largest page, everything is open already.
    let opened = memory.base + before.next_multiple_of(PAGE_BYTES_MAX);
    let wanted = memory.base + after.next_multiple_of(PAGE_BYTES_MAX);
    if wanted > opened {
        // SAFETY: the range lies in this memory's reservation.
        unsafe { slab::open(slab.cast(), &(opened..wanted)) }.ok()?;
    }
    // SAFETY: as above.
    unsafe { *length = after };
    Some((before >> memory.page_log2) as i64)
}

/// The linear memory at this address of the slab, and the byte in it: what a fault there was meant for.
///
/// # Safety
///
/// `slab` is a slab.
pub unsafe fn locate(slab: *mut SlabHeader, address: u64) -> Option<Place> {
    let offset = address.checked_sub(slab.addr() as u64)?;
    let bases = program::memories().iter().enumerate();
    let (index, memory) = bases.filter(|(_, memory)| memory.base <= offset).max_by_key(|(_, memory)| memory.base)?;
    // SAFETY: there is a length for each memory of the program.
    let bytes = unsafe { *slab::length_at(slab, slab::controls().memory_bytes, index as u32) };
    Some(Place { address: offset - memory.base, bytes })
}

/// A byte of a linear memory.
pub struct Place {
    /// The address as the guest counts, from the start of the memory.
    pub address: u64,
    /// The current length of the memory.
    pub bytes: u64,
}
