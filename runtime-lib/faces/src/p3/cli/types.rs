//! `wasi:cli/types`.

pub use crate::p3::interfaces::cli::types::ErrorCode;
