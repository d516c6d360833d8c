//! Roots: references in globals and tables, and in the frames of the guest's stack, of all its entries.

use aot_abi::gc::Site;
use aot_abi::slab::SlabHeader;

use super::{roots, sites, slots};
use crate::program;
use crate::records::guest_contexts;
use crate::walk::Walk;

/// Visits each.
///
/// # Safety
///
/// Guest code of this slab waits in a trampoline that has noted its frame.
pub unsafe fn visit(slab: *mut SlabHeader, visitor: &mut impl FnMut(u32)) {
    // SAFETY: the caller's promise.
    unsafe {
        in_slab(slab, visitor);
        in_frames(slab, visitor);
    }
}

/// # Safety
///
/// As for [`visit`].
unsafe fn in_slab(slab: *mut SlabHeader, visitor: &mut impl FnMut(u32)) {
    for root in roots() {
        // SAFETY: the compiler wrote where references are, and where their number is.
        unsafe {
            let first: *const u32 = slab.byte_add(root.offset as usize).cast();
            let count = match root.length {
                0 => 1,
                length => *slab.byte_add(length as usize).cast::<u64>(),
            };
            for index in 0..count as usize {
                visitor(*first.add(index));
            }
        }
    }
}

/// # Safety
///
/// As for [`visit`].
unsafe fn in_frames(slab: *mut SlabHeader, visitor: &mut impl FnMut(u32)) {
    // SAFETY: the caller's promise.
    unsafe {
        for (frame, entry, stack) in guest_contexts(slab) {
            let mut walk = Walk::new(frame, entry, stack);
            while let Some(return_address) = walk.next_return_address() {
                let Some(site) = program::text_offset(return_address).and_then(site_at) else { continue };
                let distances = slots().get(site.first as usize..(site.first + site.count) as usize);
                for distance in distances.unwrap_or_default() {
                    let slot = walk.frame() - u64::from(*distance);
                    visitor(*core::ptr::with_exposed_provenance::<u32>(slot as usize));
                }
            }
        }
    }
}

/// The call that returns to this text offset.
fn site_at(return_address: u32) -> Option<&'static Site> {
    let sites = sites();
    let index = sites.binary_search_by_key(&return_address, |site| site.return_address).ok()?;
    sites.get(index)
}
