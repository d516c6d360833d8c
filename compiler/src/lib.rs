//! The stages of `aot`: decode → plan → translate → optimize → codegen → object → link.
//!
//! Each stage has one folder, one function and one product type, and borrows the earlier products. [`driver`] runs the
//! stages in order.

pub mod bindings;
pub mod codegen;
pub mod compose;
mod debug_info;
pub mod decode;
pub mod describe;
pub mod display;
pub mod driver;
pub mod entry;
pub mod error;
pub mod hosts;
pub mod isa;
pub mod link;
mod memory;
pub mod nearest;
pub mod object;
pub mod optimize;
pub mod plan;
pub mod policy;
pub mod profile;
pub mod target;
pub mod translate;
mod versions;
