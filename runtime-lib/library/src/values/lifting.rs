//! The context of lifting: the guest, and the memory of the host that a call may have.

use aot_abi::component::OF_THE_HOST;
use aot_abi::trap::Trap;
use aot_abi::values::Type;
use aot_foundation::program;

use super::guest::Guest;
use super::heap::{self, OutOfMemory};
use super::lent::Lent;
use super::{Handles, Types};

/// The reason for which there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The guest gave what isn't a value, or one that is too large.
    Trap(Trap),
    /// The host has no memory for it.
    Memory,
}

impl From<Trap> for Failure {
    fn from(trap: Trap) -> Failure {
        Failure::Trap(trap)
    }
}

impl From<OutOfMemory> for Failure {
    fn from(_: OutOfMemory) -> Failure {
        Failure::Memory
    }
}

/// A call that lifts values: all that it needs besides them.
pub struct Lifting<'c> {
    /// The guest that the values come from.
    pub guest: Guest<'c>,
    /// The host program's handles.
    pub handles: &'c mut Handles,
    /// The types.
    pub types: Types,
    /// The bytes that this call may still allocate.
    pub bytes_left: u64,
    /// The memory for a value that is lent to the host program for a call, parts of which can stay in the guest's. None for one
    /// that the host program keeps.
    pub lent: Option<&'c Lent>,
}

impl Lifting<'_> {
    /// Takes a resource of the type of an owning handle that the guest gives, for the host program: its value, or its new handle.
    pub fn own(&mut self, ty: &Type, handle: u32) -> Result<u64, Failure> {
        if ty.home == OF_THE_HOST {
            return Ok(self.guest.take_of_host(ty.number, handle)?);
        }
        self.own_of_guest(ty.number, handle)
    }

    /// Takes a resource that the guest gives, for the host program: its new handle.
    fn own_of_guest(&mut self, number: u32, handle: u32) -> Result<u64, Failure> {
        if self.handles.count() >= program::values().handles_max {
            self.guest.explain("handles of the host (--max-handles)");
            return Err(Failure::Trap(Trap::LimitExceeded));
        }
        self.handles.reserve()?;
        Ok(self.handles.add(number, self.guest.take(number, handle)?))
    }

    /// Allocates memory of the host for so many bytes.
    pub fn allocate(&mut self, bytes: u64) -> Result<*mut u8, Failure> {
        match self.bytes_left.checked_sub(bytes) {
            Some(left) => self.bytes_left = left,
            None => {
                self.guest.explain("host bytes of one call (--max-host-bytes)");
                return Err(Failure::Trap(Trap::LimitExceeded));
            }
        }
        match self.lent {
            Some(lent) => Ok(lent.allocate(bytes as usize)?),
            None => Ok(heap::allocate(bytes as usize)?),
        }
    }
}
