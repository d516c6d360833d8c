//! The component interfaces of WASI 0.3 that are other than those of 0.2: a folder for each package, a file for each interface.
//!
//! As in [`crate::p2`]. A function whose type is asynchronous returns its result where it has it at once, and otherwise
//! [`Later`](aot_host::concurrency::host::Later).

pub mod cli;
pub mod clocks;
pub mod filesystem;
#[cfg(feature = "http")]
pub mod http;
pub mod interfaces;
pub mod random;
pub mod sockets;

pub use crate::p2::Outcome;
