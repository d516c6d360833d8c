//! What goes on while a guest waits: the requests of `wasi:http`, in the runtime that has them. In the other one there
//! is nothing, by types without values, so that it has no code for it.

#[cfg(feature = "http")]
pub use super::http::background::{Awaited, EXISTS, Fault, add_files, drive, is_ready};
#[cfg(not(feature = "http"))]
pub use nothing::{Awaited, EXISTS, Fault, add_files, drive, is_ready};

#[cfg(not(feature = "http"))]
mod nothing {
    use rustix::event::PollFd;

    /// Whether something can go on.
    pub const EXISTS: bool = false;

    /// What a stream can wait for.
    #[derive(Clone, Copy)]
    pub enum Awaited {}

    /// Why a stream can fail.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub enum Fault {}

    /// Does what can be done now.
    pub fn drive() {}

    /// Adds the descriptors on which it depends how it goes on: the moment when it does in any case.
    pub fn add_files(_: &mut Vec<PollFd<'static>>) -> Option<u64> {
        None
    }

    /// Whether that has happened.
    pub fn is_ready(awaited: Awaited) -> bool {
        match awaited {}
    }
}
