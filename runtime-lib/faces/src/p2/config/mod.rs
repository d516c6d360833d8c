//! `wasi:config`.

pub mod store;
