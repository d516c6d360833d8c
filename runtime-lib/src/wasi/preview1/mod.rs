//! `wasi_snapshot_preview1`: a thin face on the shared implementation.
//!
//! Most functions return an error number. A pointer that lies outside of the memory or isn't aligned is a trap.

mod clock;
pub mod descriptors;
mod environment;
mod fd;
pub mod interface;
mod path;
mod poll;
mod proc;
mod sock;

use aot_abi::trap::Trap;
use rustix::io::Errno as System;

use super::canonical::Lower;
use super::errors;
use super::memory::Memory;
use interface::Errno;

/// The functions by their names, for `interface`.
mod functions {
    pub use super::clock::*;
    pub use super::environment::*;
    pub use super::fd::*;
    pub use super::path::*;
    pub use super::poll::*;
    pub use super::proc::*;
    pub use super::sock::*;
}

/// Why a function did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It tells its caller.
    Errno(Errno),
    /// The program ends.
    Trap(Trap),
}

/// The result of a function.
pub type Outcome<T> = Result<T, Fault>;

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Fault {
        Fault::Errno(errno)
    }
}
impl From<System> for Fault {
    fn from(errno: System) -> Fault {
        Fault::Errno(errors::preview1(errno))
    }
}
impl From<Trap> for Fault {
    fn from(trap: Trap) -> Fault {
        match trap {
            Trap::InvalidValue => Fault::Errno(Errno::Inval),
            Trap::InvalidString => Fault::Errno(Errno::Ilseq),
            Trap::LimitExceeded => Fault::Errno(Errno::Nomem),
            trap => Fault::Trap(trap),
        }
    }
}

/// What a function returns besides its error number.
pub trait Results {
    /// The number of pointers that it needs.
    const POINTERS: usize = 1;
    /// Stores it through the pointers that its caller passed, which come first in `pointers`.
    fn pass(self, memory: Memory<'_>, pointers: &[u64]) -> Result<(), Trap>;
}
impl Results for () {
    const POINTERS: usize = 0;
    fn pass(self, _: Memory<'_>, _: &[u64]) -> Result<(), Trap> {
        Ok(())
    }
}
impl<A: Lower, B: Lower> Results for (A, B) {
    const POINTERS: usize = 2;
    fn pass(self, memory: Memory<'_>, pointers: &[u64]) -> Result<(), Trap> {
        let (Some(&first), Some(&second)) = (pointers.first(), pointers.get(1)) else { return Err(Trap::Other) };
        memory.store(u64::from(first as u32), self.0)?;
        memory.store(u64::from(second as u32), self.1)
    }
}

/// A row's result: an error number is returned otherwise.
impl<T: Results> Results for Result<T, Errno> {
    const POINTERS: usize = T::POINTERS;
    fn pass(self, memory: Memory<'_>, pointers: &[u64]) -> Result<(), Trap> {
        self.map_or(Ok(()), |results| results.pass(memory, pointers))
    }
}

/// [`Results`] for types that go through one pointer.
macro_rules! single_results {
    ($($name:ty),*) => { $(
        impl Results for $name {
            fn pass(self, memory: Memory<'_>, pointers: &[u64]) -> Result<(), Trap> {
                let Some(&pointer) = pointers.first() else { return Err(Trap::Other) };
                memory.store(u64::from(pointer as u32), self)
            }
        }
    )* };
}
single_results! { u32, u64, interface::Fdstat, interface::Filestat, interface::Prestat }
