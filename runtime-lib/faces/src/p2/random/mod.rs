//! The package `wasi:random`.

pub mod insecure;
pub mod insecure_seed;
#[allow(clippy::module_inception, reason = "the interface has the name of its package")]
pub mod random;
