//! The package `wasi:clocks`.

pub mod monotonic_clock;
pub mod system_clock;
pub mod timezone;
