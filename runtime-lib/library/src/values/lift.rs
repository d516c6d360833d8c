//! Values out of a guest for the host: from core values or linear memory (canonical ABI, "Loading", "Lifting").
//!
//! The guest's pointers, lengths and discriminants are checked. A place of the host for something that owns memory is zeros
//! before, which is an empty value of each type, so that what was made of a value can be freed if the rest of it can't be made.

use aot_abi::exports as abi;
use aot_abi::trap::Trap;
use aot_abi::values::{OWNS, SAME_OUT, Type};

use super::guest::check_alignment;
use super::lifting::{Failure, Lifting};
use super::text::lift_text;
use super::{Extent, discriminant_bytes, load, named_bits, payload, store};
use crate::call::Slot;
use crate::scalar;

/// The source of a value to lift.
pub enum Source<'w> {
    /// The next of these core values.
    Words(&'w [Slot]),
    /// A place in the guest's memory, in which all of the value lies.
    Place(*const u8),
}

impl<'w> Source<'w> {
    /// The source of a part, so many core values or bytes behind.
    pub fn part(&self, words: usize, offset: u32) -> Source<'w> {
        match *self {
            Source::Words(slots) => Source::Words(slots.get(words..).unwrap_or_default()),
            Source::Place(place) => Source::Place(place.wrapping_add(offset as usize)),
        }
    }

    /// The bits of a number: so many bytes in memory, or all of a core value.
    ///
    /// # Safety
    ///
    /// So many bytes are in a place.
    pub unsafe fn bits(&self, bytes: usize) -> u64 {
        match self {
            Source::Words(slots) => slots.first().map_or(0, |slot| slot[0]),
            // SAFETY: the caller's promise.
            Source::Place(place) => unsafe { load(*place, bytes) },
        }
    }

    /// An address and a length.
    ///
    /// # Safety
    ///
    /// Both are in a place.
    unsafe fn extent(&self) -> (u32, u32) {
        // SAFETY: the caller's promise.
        unsafe { (self.bits(4) as u32, self.part(1, 4).bits(4) as u32) }
    }
}

/// Lifts a value to an address of the host. The depth of the recursion is that of the type, which the compiler bounds.
///
/// # Safety
///
/// The guest doesn't run meanwhile. The address is that of room for a value of the C type, which is zeros if values of the type own
/// memory.
pub unsafe fn lift(cx: &mut Lifting<'_>, ty: &Type, from: Source<'_>, host: *mut u8) -> Result<(), Failure> {
    // SAFETY: the caller's promise; the places of members lie in the value's.
    unsafe {
        match (ty.kind, &from) {
            (_, Source::Place(place)) if ty.flags & SAME_OUT != 0 => {
                core::ptr::copy_nonoverlapping(*place, host, ty.host_bytes as usize);
            }
            (abi::TYPE_STRING, _) => {
                let (address, length) = from.extent();
                host.cast::<Extent>().write(lift_text(cx, address, length)?);
            }
            (abi::TYPE_LIST, _) => {
                let (address, length) = from.extent();
                lift_list(cx, ty, (address, length), host.cast())?;
            }
            (abi::TYPE_RECORD, _) => {
                let mut words = 0;
                for field in cx.types.of(ty) {
                    let inner = cx.types.get(field.ty)?;
                    lift(cx, inner, from.part(words, field.guest_offset), host.add(field.host_offset as usize))?;
                    words += inner.flat as usize;
                }
            }
            (abi::TYPE_VARIANT, _) => {
                let index = case(ty, &from)?;
                let case = cx.types.of(ty).get(index).ok_or(Trap::Other)?;
                store(host, index as u64, discriminant_bytes(ty.count));
                if let Some(inner) = payload(case) {
                    let inner = cx.types.get(inner)?;
                    lift(cx, inner, from.part(1, case.guest_offset), host.add(case.host_offset as usize))?;
                }
            }
            (abi::TYPE_FLAGS, _) => {
                let bytes = ty.host_bytes as usize;
                store(host, from.bits(bytes) & named_bits(ty.count), bytes);
            }
            (abi::TYPE_OWN, _) => store(host, cx.own(ty, from.bits(4) as u32)?, 8),
            // Guests lend only what is the host program's.
            (abi::TYPE_BORROW, _) => store(host, cx.guest.value_of_host(ty.number, from.bits(4) as u32)?, 8),
            (kind, _) => {
                let (value, bytes) = scalar::lift(kind, from.bits(ty.guest_bytes as usize))?;
                store(host, value, bytes);
            }
        }
    }
    Ok(())
}

/// The case of a variant, which it has.
///
/// # Safety
///
/// As for [`lift`].
pub unsafe fn case(ty: &Type, from: &Source<'_>) -> Result<usize, Trap> {
    // SAFETY: the caller's promise.
    let case = unsafe { from.bits(discriminant_bytes(ty.count)) } as u32;
    if case < ty.count { Ok(case as usize) } else { Err(Trap::InvalidDiscriminant) }
}

/// # Safety
///
/// As for [`lift`].
unsafe fn lift_list(
    cx: &mut Lifting<'_>,
    ty: &Type,
    (address, length): (u32, u32),
    list: *mut Extent,
) -> Result<(), Failure> {
    let (_, element) = cx.types.element(ty)?;
    let bytes = u64::from(length) * u64::from(element.guest_bytes);
    check_alignment(address, element.guest_align)?;
    let place = cx.guest.range(address.into(), bytes).ok_or(Trap::ListOutOfBounds)?.cast_const();
    if cx.lent.is_some() && element.flags & SAME_OUT != 0 {
        // SAFETY: the caller's promise. The elements stay where they are while they are lent.
        unsafe { list.write(Extent { start: place.cast_mut(), length: length as usize }) };
        return Ok(());
    }
    let host_bytes = u64::from(length) * u64::from(element.host_bytes);
    let start = cx.allocate(host_bytes)?;
    // SAFETY: the caller's promise; the ranges on both sides have all elements.
    unsafe {
        if length != 0 && element.flags & SAME_OUT != 0 {
            core::ptr::copy_nonoverlapping(place, start, bytes as usize);
        } else if length != 0 && element.flags & OWNS != 0 {
            start.write_bytes(0, host_bytes as usize);
        }
        // From here on the list owns them.
        list.write(Extent { start, length: length as usize });
        if element.flags & SAME_OUT != 0 {
            return Ok(());
        }
        for index in 0..length as usize {
            let from = Source::Place(place.wrapping_add(index * element.guest_bytes as usize));
            lift(cx, element, from, start.add(index * element.host_bytes as usize))?;
        }
    }
    Ok(())
}
