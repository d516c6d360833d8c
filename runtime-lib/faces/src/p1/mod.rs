//! `wasi_snapshot_preview1`: a thin face on the shared implementation.
//!
//! Most functions return an error number. A pointer that lies outside of the memory or isn't aligned is a trap.

mod clock;
mod environment;
mod errors;
mod fd;
pub mod interface;
mod path;
mod poll;
mod proc;
mod results;
mod sock;
mod symbols;

use aot_abi::trap::Trap;
use rustix::io::Errno as System;

use interface::Errno;

/// The functions by their names, for `symbols`.
mod functions {
    pub use super::clock::*;
    pub use super::environment::*;
    pub use super::fd::*;
    pub use super::path::*;
    pub use super::poll::*;
    pub use super::proc::*;
    pub use super::sock::*;
}

/// The reason for which a function didn't succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The function fails with this error.
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
        Fault::Errno(errors::errno(errno))
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
