//! The parts of streams and futures that are the host's, as channels note them.

use core::any::Any;

use aot_abi::exports::{TYPE_OWN, TYPE_RECORD, TYPE_RESULT, TYPE_U8};
use aot_abi::trap::Trap;

use crate::canonical::handles::{Own, ResourceType};
use crate::canonical::lowering::Lowering;
use crate::canonical::{Abi, Lower};
use aot_foundation::program;

/// The index of a job.
pub type JobId = usize;

/// A value that a future of the host's has got, until somebody reads it.
pub trait Value {
    /// Puts the value where its reader, a guest, wants it.
    fn store(self: Box<Self>, cx: &mut Lowering<'_>, address: u64) -> Result<(), Trap>;
    /// The value for a reader that is the host too.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<T: Lower + 'static> Value for T {
    fn store(self: Box<Self>, cx: &mut Lowering<'_>, address: u64) -> Result<(), Trap> {
        (*self).store(cx, address)
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

/// The payload of a channel that the host made, until a guest first names its type.
pub const UNNAMED: u32 = u32::MAX - 1;

/// The host's part in one side of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostEnd {
    /// The side is a guest's, or nobody's.
    #[default]
    None,
    /// The host has the side, and won't do anything if the guest copies.
    Held,
    /// The host has the side: the job goes on if the guest copies.
    Job(JobId),
}

/// The type of what passes through a channel that the host made or took, as far as guests could take it for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// `u8`.
    Byte,
    /// A record with so many fields.
    Record(u32),
    /// A resource of the type with this number.
    Own(u32),
    /// A `result` with or without a value, whose error has so many cases.
    Result(bool, u32),
}

impl Element {
    /// True if it is the type with this number.
    pub fn is(self, payload: u32) -> bool {
        let description = program::exports();
        let Some(ty) = description.types.get(payload as usize) else { return false };
        match self {
            Element::Byte => ty.kind == TYPE_U8,
            Element::Record(fields) => ty.kind == TYPE_RECORD && ty.count == fields,
            Element::Own(number) => ty.kind == TYPE_OWN && ty.number == number,
            Element::Result(has_value, cases) => {
                let mut members = description.members(ty.first, ty.count).map(|(_, member)| member);
                let (value, error) = (members.next().flatten(), members.next().flatten());
                let error = error.and_then(|error| description.types.get(error as usize));
                let is_it = value.is_some() == has_value && error.is_some_and(|error| error.count == cases);
                ty.kind == TYPE_RESULT && is_it
            }
        }
    }
}

/// A type of a row that passes through streams or futures.
pub trait Passed {
    /// The type as guests name it.
    const ELEMENT: Element;
}
impl Passed for u8 {
    const ELEMENT: Element = Element::Byte;
}
impl<T: ResourceType> Passed for Own<T> {
    const ELEMENT: Element = Element::Own(T::NUMBER);
}

/// The number of cases of an enum or variant.
pub trait Cases {
    /// The number.
    const CASES: u32;
}
impl<T: Abi, E: Cases> Passed for Result<T, E> {
    const ELEMENT: Element = Element::Result(T::FLAT != 0, E::CASES);
}
