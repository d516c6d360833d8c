//! The package `wasi:sockets`. Its addresses are those of 0.2.

mod errors;
pub mod ip_name_lookup;
mod tcp;
pub mod types;
mod udp;
