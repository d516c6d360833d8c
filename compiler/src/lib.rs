//! The stages of `aot`: decode → plan → translate → optimize → codegen → object → link.
//!
//! One folder a stage, one function and one product type a stage; each stage borrows the earlier products.
//! [`driver`] runs them one after another.

pub mod codegen;
pub mod compose;
mod debug_info;
pub mod decode;
pub mod describe;
pub mod driver;
pub mod entry;
pub mod error;
pub mod isa;
pub mod link;
mod memory;
pub mod object;
pub mod optimize;
pub mod plan;
pub mod policy;
pub mod target;
pub mod translate;
mod versions;
