//! Stage 1 of 5: decode. Bytes become validated core modules and, for a component, the flat list of steps that
//! instantiates them.
//!
//! The front end is `wasmtime-environ`, which this folder hides: what leaves it are our own types.

mod module;
mod types;
mod uses;

pub use module::*;
pub use types::*;
pub use uses::Uses;

use cranelift_entity::PrimaryMap;

/// A decoded program.
#[derive(Debug)]
pub struct Program<'a> {
    /// The defined types of all modules.
    pub types: Types,
    /// The core modules, adapters included.
    pub modules: PrimaryMap<ModuleIndex, Module<'a>>,
}
