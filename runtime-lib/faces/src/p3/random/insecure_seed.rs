//! `wasi:random/insecure-seed`.

pub use crate::p2::random::insecure_seed::insecure_seed as get_insecure_seed;
