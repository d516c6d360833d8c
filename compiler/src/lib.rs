//! The stages of `aot`: decode → plan → translate → emit → link.
//!
//! One folder a stage, one function and one product type a stage; each stage borrows the earlier products.
//! [`pipeline`] runs them one after another.

pub mod compose;
pub mod decode;
pub mod describe;
pub mod emit;
pub mod error;
pub mod link;
mod memory;
pub mod pipeline;
pub mod plan;
pub mod policy;
pub mod target;
pub mod translate;
