//! The flags of component instances, in the control pages of a slab.

use aot_abi::slab::SlabHeader;

use crate::slab;

/// The flag of a component instance that lets it call imports; the first of those that fused adapters know.
pub const MAY_LEAVE: u32 = 1;

/// The flags of a component instance.
///
/// # Safety
///
/// `slab` is a slab of a program with this component instance.
pub unsafe fn flags_of_instance(slab: *mut SlabHeader, instance: u32) -> *mut u32 {
    let offset = slab::controls().instance_flags as usize + 4 * instance as usize;
    // SAFETY: the flags lie in the control pages.
    unsafe { slab.byte_add(offset).cast() }
}
