//! The package `wasi:random`.

pub mod insecure;
pub mod insecure_seed;
pub mod random;
