//! The component model: between components what `abi::component` describes, and calls of exported functions with values
//! that are known only when the program runs.
//!
//! `exports` reads the description that the compiler baked in (`abi::exports`), and calls: `lower` passes [`Value`]s to
//! the guest, `lift` makes them of its result, by the table in `types`.

mod exports;
mod lift;
mod lower;
mod resources;
#[cfg(test)]
mod tests;
mod transcode;
mod types;
mod value;

pub use exports::{Exports, Function};
pub(crate) use lift::{Source, lift};
pub(crate) use lower::{Destination, lower};
pub use types::{Kind, TypeIndex, Types};
pub use value::Value;
