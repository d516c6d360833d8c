//! The package `wasi:io`.

pub mod error;
pub mod poll;
pub mod streams;
