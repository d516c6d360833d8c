//! The package `wasi:clocks`.

pub mod monotonic_clock;
pub mod timezone;
pub mod wall_clock;
