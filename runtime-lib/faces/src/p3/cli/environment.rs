//! `wasi:cli/environment`.

pub use crate::p2::cli::environment::{get_arguments, get_environment, initial_cwd as get_initial_cwd};
