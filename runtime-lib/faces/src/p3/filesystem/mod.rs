//! The package `wasi:filesystem`.

mod convert;
mod errors;
pub mod preopens;
pub mod types;
