//! The package `wasi:random`.

pub mod insecure_seed;
