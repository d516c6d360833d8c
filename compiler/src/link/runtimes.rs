//! The runtimes of all targets, inside this program.

use crate::error::{Error, Result, Stage};
use crate::target::Target;

/// The files that are linked to every object.
pub(super) struct Runtime {
    /// The runtime library.
    pub archive: &'static [u8],
    /// The runtime library with HTTP and stores in files.
    pub archive_full: &'static [u8],
    /// musl's start-up code of a static-PIE executable, which relocates itself.
    pub rcrt1: &'static [u8],
    /// The beginning of `_init` and `_fini`.
    pub crti: &'static [u8],
    /// The end of `_init` and `_fini`.
    pub crtn: &'static [u8],
    /// The C library of the target, musl.
    pub libc: &'static [u8],
}

/// The runtimes by the names of the files in `targets/`, in the order in which the build script found them.
const RUNTIMES: &[(&str, Runtime)] = include!(concat!(env!("OUT_DIR"), "/runtimes.rs"));

/// The runtime of a target.
///
/// # Errors
/// A file in `targets/` that isn't named for its target.
pub(super) fn of(target: &Target) -> Result<&'static Runtime> {
    let runtime = RUNTIMES.iter().find(|(name, _)| *name == target.name);
    let missing = || Error::defect(Stage::Link, format!("there is no runtime for {}", target.name));
    runtime.map(|(_, runtime)| runtime).ok_or_else(missing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::targets;

    #[test]
    fn every_target_has_a_runtime() {
        for target in targets() {
            assert!(of(target).is_ok(), "{}", target.name);
        }
        assert_eq!(RUNTIMES.len(), targets().len());
    }
}
