//! The parts of streams and futures that are the host's, as channels note them.

use aot_abi::exports::{TYPE_OWN, TYPE_RECORD, TYPE_RESULT, TYPE_U8};
use aot_abi::trap::Trap;

use crate::canonical::handles::{Own, ResourceType};
use crate::canonical::lowering::Lowering;
use aot_foundation::program;

/// The index of a job.
pub type JobId = usize;

/// Puts a value where its reader wants it.
pub type Store = Box<dyn FnOnce(&mut Lowering<'_>, u64) -> Result<(), Trap>>;

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
    /// A `result` whose error has so many cases.
    Result(u32),
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
            Element::Result(cases) => {
                let error = description.members(ty.first, ty.count).nth(1).and_then(|(_, error)| error);
                let error = error.and_then(|error| description.types.get(error as usize));
                ty.kind == TYPE_RESULT && error.is_some_and(|error| error.count == cases)
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
impl<E: Cases> Passed for Result<(), E> {
    const ELEMENT: Element = Element::Result(E::CASES);
}
