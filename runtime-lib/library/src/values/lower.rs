//! Values of the host into a guest: as core values or in linear memory (canonical ABI, "Storing", "Lowering").

use aot_abi::component::OF_THE_HOST;
use aot_abi::exports as abi;
use aot_abi::trap::Trap;
use aot_abi::values::{SAME_INTO, Type};

use super::guest::Guest;
use super::text::lower_text;
use super::{Extent, Handles, Types, discriminant_bytes, load, named_bits, payload, store};
use crate::call::Slot;
use crate::resources::OfHost;
use crate::scalar;
use crate::state::Given;

/// A call that lowers values: all that it needs besides them.
#[derive(Clone, Copy)]
pub struct Lowering<'c> {
    /// The guest that the values go to.
    pub guest: Guest<'c>,
    /// The types.
    pub types: Types,
    /// The host program's handles.
    pub handles: &'c Handles,
}

/// Core values, one after another, of which there are as many as have room.
pub struct Words<'s> {
    slots: &'s mut [Slot],
    count: usize,
}

impl<'s> Words<'s> {
    /// None yet, with these slots for them.
    pub fn new(slots: &'s mut [Slot]) -> Words<'s> {
        Words { slots, count: 0 }
    }

    /// Appends a core value.
    pub fn push(&mut self, word: u64) -> Result<(), Trap> {
        *self.slots.get_mut(self.count).ok_or(Trap::Other)? = [word, 0];
        self.count += 1;
        Ok(())
    }

    /// The number of core values.
    pub fn count(&self) -> usize {
        self.count
    }

    fn pad(&mut self, count: usize) -> Result<(), Trap> {
        while self.count < count {
            self.push(0)?;
        }
        Ok(())
    }
}

/// The destination of a lowered value.
pub enum Destination<'d, 's> {
    /// Core values: the value's are appended.
    Words(&'d mut Words<'s>),
    /// A place in the guest's memory that has room for all of it.
    Place(*mut u8),
}

impl<'s> Destination<'_, 's> {
    /// The destination of a part that lies so many bytes behind.
    pub fn part(&mut self, offset: u32) -> Destination<'_, 's> {
        match self {
            Destination::Words(words) => Destination::Words(words),
            Destination::Place(place) => Destination::Place(place.wrapping_add(offset as usize)),
        }
    }

    /// Puts a core value, or its lowest bytes.
    ///
    /// # Safety
    ///
    /// A place has room for so many bytes.
    pub unsafe fn put(&mut self, word: u64, bytes: usize) -> Result<(), Trap> {
        match self {
            Destination::Words(words) => words.push(word),
            Destination::Place(place) => {
                // SAFETY: the caller's promise.
                unsafe { store(*place, word, bytes) };
                Ok(())
            }
        }
    }
}

/// Lowers the value that lies at an address. The depth of the recursion is that of the type, which the compiler bounds.
///
/// # Safety
///
/// As for [`super::check::is_value`], which returned true for it; a place has room for a value of the type.
pub unsafe fn lower(cx: Lowering<'_>, ty: &Type, host: *const u8, mut to: Destination<'_, '_>) -> Result<(), Trap> {
    // SAFETY: the caller's promise; the parts of a value are values of the types of its members, and their places lie in it.
    unsafe {
        match (ty.kind, &to) {
            (_, Destination::Place(place)) if ty.flags & SAME_INTO != 0 => {
                copy(host, *place, ty.guest_bytes as usize);
                Ok(())
            }
            (abi::TYPE_STRING, _) => {
                let (address, length) = lower_text(cx.guest, host.cast::<Extent>().read_unaligned())?;
                put_extent(to, address, length)
            }
            (abi::TYPE_LIST, _) => {
                let list = host.cast::<Extent>().read_unaligned();
                let address = lower_list(cx, ty, list)?;
                put_extent(to, address, list.length as u32)
            }
            (abi::TYPE_RECORD, _) => cx.types.of(ty).iter().try_for_each(|field| {
                let at = host.add(field.host_offset as usize);
                lower(cx, cx.types.get(field.ty)?, at, to.part(field.guest_offset))
            }),
            (abi::TYPE_VARIANT, _) => lower_variant(cx, ty, host, to),
            (abi::TYPE_FLAGS, _) => {
                let bytes = ty.guest_bytes as usize;
                to.put(load(host, bytes) & named_bits(ty.count), bytes)
            }
            (abi::TYPE_OWN | abi::TYPE_BORROW, _) => to.put(lower_handle(cx, ty, load(host, 8))?.into(), 4),
            (kind, _) => {
                let bytes = ty.guest_bytes as usize;
                to.put(scalar::lower(kind, load(host, bytes)).ok_or(Trap::Other)?, bytes)
            }
        }
    }
}

/// Lowers a handle that the call has, and returns that of the guest. The component that defines a resource gets what it knows the
/// resource by when it borrows.
///
/// # Safety
///
/// As for [`lower`].
unsafe fn lower_handle(cx: Lowering<'_>, ty: &Type, handle: u64) -> Result<u32, Trap> {
    let is_own = ty.kind == abi::TYPE_OWN;
    if ty.home == OF_THE_HOST {
        return cx.guest.give_of_host(OfHost { number: ty.number, value: handle }, is_own);
    }
    let representation = cx.handles.representation(handle).ok_or(Trap::Other)?;
    if !is_own && ty.home == cx.guest.component_instance() {
        return Ok(representation);
    }
    cx.guest.give(Given { number: ty.number, representation, is_own })
}

/// Lowers a list, and returns the address of its first element.
///
/// # Safety
///
/// As for [`lower`].
unsafe fn lower_list(cx: Lowering<'_>, ty: &Type, list: Extent) -> Result<u32, Trap> {
    let (_, element) = cx.types.element(ty)?;
    let bytes = (list.length as u64).checked_mul(element.guest_bytes.into()).ok_or(Trap::ReallocFailed)?;
    let (address, start) = cx.guest.allocate(element.guest_align, bytes)?;
    // SAFETY: the caller's promise; the range has room for all elements.
    unsafe {
        if element.flags & SAME_INTO != 0 {
            copy(list.start, start, bytes as usize);
            return Ok(address);
        }
        for index in 0..list.length {
            let host = list.start.add(index * element.host_bytes as usize);
            let place = start.wrapping_add(index * element.guest_bytes as usize);
            lower(cx, element, host, Destination::Place(place))?;
        }
    }
    Ok(address)
}

/// # Safety
///
/// As for [`lower`].
unsafe fn lower_variant(cx: Lowering<'_>, ty: &Type, host: *const u8, mut to: Destination<'_, '_>) -> Result<(), Trap> {
    let bytes = discriminant_bytes(ty.count);
    // SAFETY: the caller's promise.
    unsafe {
        let index = load(host, bytes);
        let case = cx.types.of(ty).get(index as usize).ok_or(Trap::Other)?;
        begin_variant(ty, index, &mut to, |mut to| match payload(case) {
            Some(inner) => {
                let host = host.add(case.host_offset as usize);
                lower(cx, cx.types.get(inner)?, host, to.part(case.guest_offset))
            }
            None => Ok(()),
        })
    }
}

/// Lowers a variant's discriminant, and its payload as `lower_payload` does it; core values of larger payloads are 0.
///
/// # Safety
///
/// A place has room for a value of the type.
pub unsafe fn begin_variant<'s>(
    ty: &Type,
    case: u64,
    to: &mut Destination<'_, 's>,
    lower_payload: impl FnOnce(Destination<'_, 's>) -> Result<(), Trap>,
) -> Result<(), Trap> {
    let end = match to {
        Destination::Words(words) => words.count() + ty.flat as usize,
        Destination::Place(_) => 0,
    };
    // SAFETY: the caller's promise.
    unsafe { to.put(case, discriminant_bytes(ty.count)) }?;
    lower_payload(to.part(0))?;
    match to {
        Destination::Words(words) => words.pad(end),
        Destination::Place(_) => Ok(()),
    }
}

/// # Safety
///
/// A place has room for an address and a length.
unsafe fn put_extent(mut to: Destination<'_, '_>, address: u32, length: u32) -> Result<(), Trap> {
    // SAFETY: the caller's promise.
    unsafe {
        to.put(address.into(), 4)?;
        to.part(4).put(length.into(), 4)
    }
}

/// Copies bytes, of which there may be none.
///
/// # Safety
///
/// So many bytes are there on both sides.
unsafe fn copy(from: *const u8, to: *mut u8, bytes: usize) {
    if bytes != 0 {
        // SAFETY: the caller's promise; the guest's memory and the host's don't overlap.
        unsafe { core::ptr::copy_nonoverlapping(from, to, bytes) };
    }
}
