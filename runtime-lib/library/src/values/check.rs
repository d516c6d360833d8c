//! Values of the host, before they are lowered: nothing runs if one isn't a value of its type.

use aot_abi::component::OF_THE_HOST;
use aot_abi::exports as abi;
use aot_abi::values::{CHECKED, Type};

use super::{Extent, Handles, Types, discriminant_bytes, load, payload};

/// The longest string in bytes.
const STRING_BYTES_MAX: usize = (1 << 31) - 1;

/// Returns true for the address of a value of the type: null and misaligned ones aren't.
pub fn is_place(address: *const u8, ty: &Type) -> bool {
    !address.is_null() && address.addr() & (ty.host_align as usize - 1) == 0
}

/// A check of values: of types, with the host program's handles, of which the call has those that were found.
pub struct Checking<'c> {
    /// The types.
    pub types: Types,
    /// The handles.
    pub handles: &'c mut Handles,
}

/// Returns true if what lies at an address is a value of the type. The depth of the recursion is that of the type, which the
/// compiler bounds.
///
/// # Safety
///
/// The address is that of a value of the C type, in which pointers, if they are no null, point to as many elements as their
/// lengths say.
pub unsafe fn is_value(cx: &mut Checking<'_>, ty: &Type, host: *const u8) -> bool {
    if ty.flags & CHECKED == 0 {
        return true;
    }
    // SAFETY: the caller's promise; the parts of a value are values of the types of its members.
    unsafe {
        match ty.kind {
            abi::TYPE_CHAR => char::from_u32(load(host, 4) as u32).is_some(),
            abi::TYPE_STRING => is_string(host.cast::<Extent>().read_unaligned()),
            abi::TYPE_LIST => is_list(cx, ty, host.cast::<Extent>().read_unaligned()),
            abi::TYPE_RECORD => cx.types.of(ty).iter().all(|field| is_member(cx, field.ty, host, field.host_offset)),
            abi::TYPE_VARIANT => {
                let case = load(host, discriminant_bytes(ty.count)) as usize;
                match cx.types.of(ty).get(case) {
                    Some(case) => payload(case).is_none_or(|ty| is_member(cx, ty, host, case.host_offset)),
                    None => false,
                }
            }
            // Values by which the host program knows its own are what it likes.
            abi::TYPE_OWN | abi::TYPE_BORROW if ty.home == OF_THE_HOST => true,
            abi::TYPE_OWN => cx.handles.give(ty.number, load(host, 8)),
            abi::TYPE_BORROW => cx.handles.lend(ty.number, load(host, 8)),
            _ => true,
        }
    }
}

/// # Safety
///
/// As for [`is_value`]; the member's value lies so many bytes behind.
unsafe fn is_member(cx: &mut Checking<'_>, ty: u32, host: *const u8, offset: u32) -> bool {
    // SAFETY: the caller's promise.
    cx.types.get(ty).is_ok_and(|ty| unsafe { is_value(cx, ty, host.add(offset as usize)) })
}

/// # Safety
///
/// As for [`is_value`].
unsafe fn is_string(string: Extent) -> bool {
    if string.length == 0 {
        return true;
    }
    if string.start.is_null() || string.length > STRING_BYTES_MAX {
        return false;
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { core::slice::from_raw_parts(string.start, string.length) };
    core::str::from_utf8(bytes).is_ok()
}

/// # Safety
///
/// As for [`is_value`].
unsafe fn is_list(cx: &mut Checking<'_>, ty: &Type, list: Extent) -> bool {
    if list.length == 0 {
        return true;
    }
    let Ok((_, element)) = cx.types.element(ty) else { return false };
    let fits = |bytes: u32, most: u64| (list.length as u64).checked_mul(bytes.into()).is_some_and(|all| all <= most);
    // The guest has 32 bits for the number of bytes, and no object of C is larger than half of the address space.
    let fits = fits(element.guest_bytes, u32::MAX.into()) && fits(element.host_bytes, isize::MAX as u64);
    if !fits || !is_place(list.start, element) {
        return false;
    }
    let at = |index: usize| list.start.wrapping_add(index * element.host_bytes as usize);
    // SAFETY: the caller's promise: the elements lie beside each other.
    element.flags & CHECKED == 0 || (0..list.length).all(|index| unsafe { is_value(cx, element, at(index)) })
}
