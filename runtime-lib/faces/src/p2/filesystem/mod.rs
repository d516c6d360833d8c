//! The package `wasi:filesystem`.

pub mod errors;
pub mod preopens;
pub mod types;
