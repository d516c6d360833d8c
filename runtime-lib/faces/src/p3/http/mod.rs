//! The package `wasi:http`. What is the same in 0.2 is there: targets, options, errors and the start of a request.

mod body;
pub mod client;
pub mod handler;
pub mod types;
