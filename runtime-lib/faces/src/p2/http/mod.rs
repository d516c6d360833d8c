//! The package `wasi:http`.

pub mod incoming_handler;
pub mod outgoing_handler;
pub mod target;
pub mod types;
