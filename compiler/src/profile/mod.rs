//! Profiles: how often earlier runs came to each place of a program (docs/decisions/0029-profiles.md).
//!
//! A profile is of wasm before any optimisation. [`Shape`] says which counters a function has, by its structure alone; translation
//! makes an executable count by it, and [`Heat`] reads from the counters what each operator of the program did.

mod counts;
mod file;
mod heat;
mod instruments;
mod keys;
mod shape;
mod steps;

pub use counts::{Branch, Counts, Indirect, Place, Table};
pub use file::Profile;
pub use heat::Heat;
pub use instruments::Instruments;
pub use shape::{Shape, Site, SitePlace};

/// Bytes of a counter in a running program.
pub const COUNTER_BYTES: u64 = 8;
