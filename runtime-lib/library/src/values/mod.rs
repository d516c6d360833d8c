//! Values of any type between C and a guest, by the tables that the compiler wrote (`aot_abi::values`).
//!
//! Each direction has a file: [`lower`] passes a value of C to the guest, [`lift`] makes one of what the guest gives. Before
//! anything is lowered, [`check`] refuses what isn't a value of its type. Nothing of it knows whether it is about
//! parameters or results. What [`lift`] makes is the host program's, which frees it with what is in [`free`]; or it is [`lent`] to a
//! function of the host program, for which [`import`] uses both directions the other way around.

mod call;
mod check;
mod free;
mod guest;
mod handles;
mod heap;
mod import;
mod lent;
mod lift;
mod lifting;
mod lower;
mod resources;
mod strings;
mod text;

pub use call::aot_library_call_values;
pub use free::aot_library_value_free;
pub use guest::Host;
pub use handles::Handles;
pub use resources::aot_library_resource_drop;

use aot_abi::exports::{NO_TYPE, TYPE_FLAGS};
use aot_abi::trap::Trap;
use aot_abi::values::{Member, Type};
use aot_foundation::program;

/// The types that a library's tables have.
#[derive(Clone, Copy)]
pub struct Types {
    types: &'static [Type],
    members: &'static [Member],
}

impl Types {
    /// The tables of this library.
    pub fn read() -> Types {
        Types { types: program::value_types(), members: program::value_members() }
    }

    /// The type with this number.
    pub fn get(&self, ty: u32) -> Result<&'static Type, Trap> {
        self.types.get(ty as usize).ok_or(Trap::Other)
    }

    /// Members beside each other.
    pub fn members(&self, first: u32, count: u32) -> &'static [Member] {
        let members = self.members.get(first as usize..).and_then(|members| members.get(..count as usize));
        members.unwrap_or_default()
    }

    /// The fields, cases or the element of a type.
    pub fn of(&self, ty: &Type) -> &'static [Member] {
        if ty.kind == TYPE_FLAGS { &[] } else { self.members(ty.first, ty.count) }
    }

    /// The element of a list.
    pub fn element(&self, ty: &Type) -> Result<(u32, &'static Type), Trap> {
        let member = self.members.get(ty.first as usize).ok_or(Trap::Other)?;
        Ok((member.ty, self.get(member.ty)?))
    }
}

/// The type of a case's payload, if it has one.
pub fn payload(member: &Member) -> Option<u32> {
    Some(member.ty).filter(|ty| *ty != NO_TYPE)
}

/// Bytes of the discriminant of a variant with so many cases.
pub fn discriminant_bytes(cases: u32) -> usize {
    match cases {
        0..=0x100 => 1,
        0x101..=0x1_0000 => 2,
        _ => 4,
    }
}

/// The bits of flags that have a name.
fn named_bits(names: u32) -> u64 {
    u64::MAX.checked_shr(64 - names).unwrap_or(0)
}

/// A string or a list as C has it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Extent {
    /// The first byte or element.
    pub start: *mut u8,
    /// The number of bytes or elements.
    pub length: usize,
}

/// Loads the lowest bytes of a number.
///
/// # Safety
///
/// So many bytes are there: 1, 2, 4 or 8.
pub unsafe fn load(from: *const u8, bytes: usize) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        match bytes {
            1 => u64::from(from.read()),
            2 => u64::from(from.cast::<u16>().read_unaligned()),
            4 => u64::from(from.cast::<u32>().read_unaligned()),
            _ => from.cast::<u64>().read_unaligned(),
        }
    }
}

/// Stores the lowest bytes of a number.
///
/// # Safety
///
/// So many bytes are there: 1, 2, 4 or 8.
pub unsafe fn store(to: *mut u8, value: u64, bytes: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        match bytes {
            1 => to.write(value as u8),
            2 => to.cast::<u16>().write_unaligned(value as u16),
            4 => to.cast::<u32>().write_unaligned(value as u32),
            _ => to.cast::<u64>().write_unaligned(value),
        }
    }
}
