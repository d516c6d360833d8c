//! Slabs of instances that were freed, for instances that are made next: a reset costs less than a new reservation.
//!
//! A slab is made new when its instance is freed, so that nothing of a guest lies around. Each has a place, which threads
//! exchange without a lock: the child of a fork has them too, each with memory of its own.

use alloc::boxed::Box;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use aot_abi::symbols;
use aot_foundation::guest_limits::GuestLimits;
use aot_foundation::message::SystemError;
use aot_foundation::slab::{Slab, page_bytes};
use aot_foundation::undo::{Method, Pagemap, Undo};

use crate::boxes::try_box;

const _: () = assert!(aot_foundation::same_name("aot_library_pool", symbols::LIBRARY_POOL));

/// The most slabs that can be kept.
const PLACES: usize = 64;
/// The slabs that are kept unless the host program says another number.
const KEPT: u32 = 16;

/// Slabs at the program's start; null where there is none.
static SLABS: [AtomicPtr<Slab>; PLACES] = [const { AtomicPtr::new(null_mut()) }; PLACES];
/// The number of places in use.
static SLABS_MAX: AtomicU32 = AtomicU32::new(KEPT);
/// The way in which this process undoes what guests did; null before the first time.
static UNDO: AtomicPtr<Undo> = AtomicPtr::new(null_mut());

/// A slab at the program's start, kept or new.
///
/// # Errors
/// There is none, and the system refuses a new one.
pub fn take(stack_bytes: u64, limits: GuestLimits) -> Result<Slab, SystemError> {
    while let Some(mut slab) = kept() {
        if slab.has_stack(stack_bytes) {
            slab.set_limits(limits);
            return Ok(slab);
        }
    }
    Slab::create_to_reset(None, stack_bytes, limits)
}

/// Takes a slab out of its place.
fn kept() -> Option<Slab> {
    let filled = SLABS.iter().find_map(|place| match place.load(Ordering::Relaxed) {
        slab if slab.is_null() => None,
        _ => Some(place.swap(null_mut(), Ordering::Acquire)).filter(|slab| !slab.is_null()),
    })?;
    // SAFETY: `keep` made it of a box, and nobody else has it any more.
    Some(*unsafe { Box::from_raw(filled) })
}

/// Makes a slab new and keeps it, if there is a place; otherwise it ends.
pub fn keep(mut slab: Slab) {
    let places = SLABS.get(..SLABS_MAX.load(Ordering::Relaxed) as usize).unwrap_or_default();
    if !places.iter().any(|place| place.load(Ordering::Relaxed).is_null()) || !reset(&mut slab) {
        return;
    }
    let Some(slab) = try_box(slab).map(Box::into_raw) else { return };
    let is_kept = |place: &AtomicPtr<Slab>| {
        place.compare_exchange(null_mut(), slab, Ordering::Release, Ordering::Relaxed).is_ok()
    };
    if !places.iter().any(is_kept) {
        // SAFETY: nobody else has it.
        drop(unsafe { Box::from_raw(slab) });
    }
}

fn reset(slab: &mut Slab) -> bool {
    let Some(undo) = undo() else { return false };
    if undo.method() != Method::Scan {
        return undo.reset_by(None, slab, None).is_ok();
    }
    // A descriptor that stays could become one of the host program's, and in the child of a fork it would be the parent's.
    Pagemap::open(page_bytes()).is_ok_and(|pagemap| undo.reset_by(Some(&pagemap), slab, None).is_ok())
}

/// The way in which this process undoes, found out the first time.
fn undo() -> Option<&'static Undo> {
    let found = UNDO.load(Ordering::Acquire);
    if !found.is_null() {
        // SAFETY: it is never freed.
        return Some(unsafe { &*found });
    }
    let scan = || Undo::by(Method::Scan, Pagemap::open(page_bytes()).ok().as_ref(), page_bytes());
    // The words of pages would be read from whatever is at the file's name.
    let undo = Some(scan()).filter(|undo| undo.method() == Method::Scan);
    let undo = undo.unwrap_or_else(|| Undo::by(Method::GiveBack, None, page_bytes()));
    let undo = Box::into_raw(try_box(undo)?);
    match UNDO.compare_exchange(null_mut(), undo, Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: as above.
        Ok(_) => Some(unsafe { &*undo }),
        // Two threads found it out at the same time, once: this one's stays where it is.
        // SAFETY: as above.
        Err(found) => Some(unsafe { &*found }),
    }
}

/// Sets how many slabs are kept, and gives back those beyond.
#[unsafe(no_mangle)]
pub extern "C" fn aot_library_pool(instances: u32) {
    let places = instances.min(PLACES as u32);
    SLABS_MAX.store(places, Ordering::Relaxed);
    for place in SLABS.iter().skip(places as usize) {
        let slab = place.swap(null_mut(), Ordering::Acquire);
        if !slab.is_null() {
            // SAFETY: `keep` made it of a box, and nobody else has it any more.
            drop(unsafe { Box::from_raw(slab) });
        }
    }
}
