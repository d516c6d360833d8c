//! State that a host function holds, and gives up while the system may make it wait.

use aot_abi::trap::Trap;

use crate::poll::Interest;

/// The host's state in the hands of a host function that may wait. Nothing of the state is borrowed across a wait, so
/// that others can have it meanwhile.
pub trait Yield {
    /// Runs a system call that may wait by itself.
    fn give_up<T>(&mut self, call: impl FnOnce() -> T) -> T;

    /// Waits until a stream is ready. An error ends the guest: its time was up meanwhile.
    fn wait(&mut self, interest: Interest) -> Result<(), Trap>;
}
