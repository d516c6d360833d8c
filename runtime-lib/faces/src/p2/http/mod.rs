//! The package `wasi:http`.

pub mod outgoing_handler;
pub mod types;
