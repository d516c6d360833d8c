//! The component interfaces of WASI 0.2: a folder for each package, a file for each interface.
//!
//! A module has the functions of its interface by the names of the rows in `aot_abi::wasi`, and for each resource that
//! the interface defines a type of the same name: what the host keeps for one.

pub mod cli;
pub mod clocks;
pub mod config;
pub mod filesystem;
#[cfg(feature = "http")]
pub mod http;
pub mod interfaces;
pub mod io;
pub mod keyvalue;
pub mod keyvalue_draft;
pub mod logging;
pub mod random;
pub mod sockets;

use aot_abi::trap::Trap;

/// The result of a function, which can end the program.
pub type Outcome<T> = Result<T, Trap>;
