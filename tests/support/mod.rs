//! Support for all suites: paths, targets and the runners of their executables, temporary folders, and processes under
//! limits.

// Each suite is a crate of its own and uses only some of these items.
#![allow(dead_code, unused_imports)]

mod folder;
mod places;
mod process;
mod root;
mod target;

pub use folder::Folder;
pub use places::{aot, guest, guests, repository, tool, tools};
pub use process::{Limits, Outcome, PATH, run, run_with_input};
pub use root::in_root;
pub use target::{Target, host, targets};

/// Returns true if expectations are to be rewritten.
pub fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}
