//! `wasi:logging`.

#[allow(clippy::module_inception, reason = "the package's interface has its name")]
pub mod logging;
