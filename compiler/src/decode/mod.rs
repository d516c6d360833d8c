//! Stage 1 of 7: decode. Bytes become validated core modules and, for a component, the flat list of steps that
//! instantiates them.
//!
//! The front end is `wasmtime-environ`, which this folder hides: what leaves it are our own types.

mod ancestors;
mod binding;
mod builtins;
mod component;
mod component_instances;
mod concurrent_builtins;
mod convert;
mod errors;
mod exception_forms;
mod flatten;
mod forms;
mod front_end;
mod indices;
mod instance_count;
mod interface_converter;
mod interface_types;
mod items;
mod lines;
mod module;
mod operators;
mod proposals;
mod sections;
mod size;
mod source;
mod text;
mod types;
mod unsupported;
mod uses;
mod world;

pub use binding::bind;
pub use builtins::adapter_traps;
pub use component::*;
pub use component_instances::{InstanceOrigin, component_instances};
pub use indices::*;
pub use interface_types::{ComponentFuncType, InterfaceType, InterfaceTypeId, InterfaceTypes, Resource};
pub use module::*;
#[cfg(test)]
pub use operators::ALL as ALL_OPERATORS;
pub use operators::{Control, Facts, facts};
pub use proposals::{Proposal, Proposals, features};
pub use text::{locate, to_binary};
pub use types::*;
pub use unsupported::MEMORY64_HELP;
pub use uses::Uses;
pub use world::{
    Owner, Scalar, World, WorldFunction, WorldFunctions, WorldInterface, WorldKind, WorldType, WorldTypeId, world,
};

use crate::error::Result;
use cranelift_entity::PrimaryMap;

/// Owns the modules that the front end makes: adapters between components.
pub struct Arena {
    modules: wasmtime_environ::ScopeVec<u8>,
}

impl Default for Arena {
    fn default() -> Self {
        Self { modules: wasmtime_environ::ScopeVec::new() }
    }
}

/// A decoded program.
#[derive(Debug)]
pub struct Program<'a> {
    /// The defined types of all modules.
    pub types: Types,
    /// The core modules, adapters included.
    pub modules: PrimaryMap<ModuleIndex, Module<'a>>,
    /// The way in which they are instantiated; `None` for a core module.
    pub component: Option<Component>,
    /// Bytes of the input in its binary form.
    pub input_bytes: u64,
}

/// Decodes and validates a core module or a component in the binary format.
///
/// # Errors
/// Whatever is malformed, invalid or of a proposal that isn't supported yet, with its module, function and offset.
pub fn decode<'a>(bytes: &'a [u8], arena: &'a Arena) -> Result<Program<'a>> {
    let program = if wasmparser::Parser::is_component(bytes) {
        front_end::decode_component(bytes, arena)
    } else {
        front_end::decode_modules(&[bytes])
    };
    program.map_err(|error| errors::or_missing_feature(error, bytes, features()))
}

/// Decodes several core modules into one program with common types, in this order.
///
/// # Errors
/// As [`decode`].
pub fn decode_modules<'a>(modules: &[&'a [u8]]) -> Result<Program<'a>> {
    front_end::decode_modules(modules)
}

/// Decodes core modules and the instances of them, which import from earlier instances only.
///
/// # Errors
/// As [`decode`].
pub fn decode_instances<'a>(modules: &[&'a [u8]], instances: Vec<CoreInstance>) -> Result<Program<'a>> {
    let component = Some(Component { instances, ..Component::default() });
    Ok(Program { component, ..front_end::decode_modules(modules)? })
}
