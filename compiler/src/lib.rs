//! The stages of `aot`: decode → plan → translate → emit → link.

pub mod decode;
pub mod error;
pub mod plan;
pub mod translate;
