//! Growing and filling the tables that lie in the slab.

use aot_abi::libcalls;
use aot_abi::slab::SlabHeader;

use crate::records::limits_of;
use crate::{program, slab};

const _: () = assert!(crate::same_name("aot_table_grow", libcalls::TABLE_GROW.symbol));
const _: () = assert!(crate::same_name("aot_table_fill", libcalls::TABLE_FILL.symbol));

/// The value that `table.grow` returns if the table can't grow.
const REFUSED: i64 = -1;

/// The libcall of `table.grow`: the size before, in elements, or −1. The new elements are `value`.
///
/// `index` and `value` are `i32` of the contract; their upper halves are not looked at.
///
/// # Safety
///
/// Called by compiled code with its slab and the index of a table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_table_grow(slab: *mut SlabHeader, index: u64, elements: u64, value: u64) -> i64 {
    // SAFETY: the caller's promise.
    unsafe { grow(slab, index as u32, elements, value as u32) }.unwrap_or(REFUSED)
}

/// # Safety
///
/// `slab` is a slab.
unsafe fn grow(slab: *mut SlabHeader, index: u32, elements: u64, value: u32) -> Option<i64> {
    let table = program::tables().get(index as usize)?;
    // SAFETY: there is a length for each table of the program.
    let length = unsafe { slab::length_at(slab, slab::controls().table_elements, index) };
    // SAFETY: as above; no other reference to it exists.
    let before = unsafe { *length };
    // SAFETY: the caller's promise.
    let elements_max = table.elements_max.min(unsafe { limits_of(slab) }.table_elements);
    let after = before.checked_add(elements).filter(|after| *after <= elements_max)?;
    // SAFETY: all elements up to the bound are open from the start.
    unsafe {
        let first = slab.byte_add(table.base as usize).cast::<u32>().add(before as usize);
        fill(first, value, elements);
        *length = after;
    }
    Some(before as i64)
}

/// The libcall of `table.fill`.
///
/// # Safety
///
/// Called by compiled code, which has checked the bounds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aot_table_fill(first: *mut u32, value: u64, elements: u64) {
    // SAFETY: the caller's promise.
    unsafe { fill(first, value as u32, elements) }
}

/// # Safety
///
/// This many elements from `first` on are writable.
unsafe fn fill(first: *mut u32, value: u32, elements: u64) {
    for index in 0..elements as usize {
        // SAFETY: the caller's promise.
        unsafe { *first.add(index) = value };
    }
}
