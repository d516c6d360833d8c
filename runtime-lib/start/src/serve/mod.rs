//! The start and the life of a server.
#![allow(dead_code, reason = "what serves requests calls it")]

pub mod announce;
pub mod listen;
pub mod notify;
pub mod tls_files;
