//! Results of functions, which go through pointers that the caller passes.

use aot_abi::trap::Trap;

use super::interface::{self, Errno};
use aot_host::canonical::Lower;
use aot_host::canonical::lowering::Lowering;
use aot_host::canonical::memory::{Memory, check_alignment};

/// Writes a value without lists, strings and resources.
pub fn store<T: Lower>(memory: Memory<'_>, address: u64, value: T) -> Result<(), Trap> {
    check_alignment(address, T::ALIGN)?;
    value.store(&mut Lowering::plain(memory), address)
}

/// The results of a function besides its error number.
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
        store(memory, u64::from(first as u32), self.0)?;
        store(memory, u64::from(second as u32), self.1)
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
                store(memory, u64::from(pointer as u32), self)
            }
        }
    )* };
}
single_results! { u32, u64, interface::Fdstat, interface::Filestat, interface::Prestat }
