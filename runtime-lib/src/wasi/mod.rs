//! What guests may call.
//!
//! `aot_abi::wasi` describes the interfaces. `interfaces` and `preview1::interface` expand those descriptions: types
//! with their lifting and lowering (`canonical`, `strings`, `types`), and the exported symbols (`call`). The functions
//! behind them are thin faces, `preview1` and `preview2`, on one implementation of files, streams, clocks, random,
//! environment and polling. A function that a program doesn't import is not in its executable, so there are no tables
//! of functions here, and streams are boxed where they are made.

mod access;
mod blocking;
mod call;
mod calls;
mod canonical;
mod clocks;
mod denied;
mod descriptors;
mod embedded;
mod environment;
mod errors;
mod file;
mod file_streams;
mod files;
mod handles;
mod host;
#[cfg(feature = "http")]
pub mod http;
mod inside;
pub mod instance;
mod instance_flags;
mod instance_threads;
mod interfaces;
mod lowering;
mod memory;
mod network;
mod open_files;
mod poll;
mod preview1;
mod preview2;
mod random;
mod status;
mod stdio;
mod streams;
mod strings;
#[cfg(test)]
pub(crate) mod tests;
mod text;
mod types;
mod yielding;

pub use access::{Access, SharedHost, host_of_slab};
pub use canonical::{Extent, Lifting, Words};
pub use denied::Denials;
pub use environment::split_variable;
pub use files::Preopen;
pub use handles::Dropped;
pub use host::Host;
#[cfg(feature = "http")]
pub use http::{settings::Settings as HttpSettings, state::Http};
pub use inside::OpenEmbedded;
pub use instance_flags::{MAY_LEAVE, flags_of_instance};
pub use lowering::Lowering;
pub use memory::{Memory, check_alignment};
pub use network::{grants::Network, names::Resolver};
pub use strings::{lift_text, lower_text};
