//! What the suites share: where things are, the targets and what runs their executables, folders to work in, and
//! processes under limits.

// Each suite is a crate of its own and uses a part of this.
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

/// Whether expectations are to be rewritten.
pub fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}
