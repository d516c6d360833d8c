//! The answers of an entry.

use crate::decode::Program;
use crate::error::Result;
use crate::plan::{ProgramPlan, Roots};
use crate::policy::serve::ServerLimit;

/// A purpose that a program can have.
pub struct Entry {
    /// The name in the note.
    pub name: &'static str,
    /// The purpose in words, which follow "is" in a sentence.
    pub purpose: &'static str,
    /// Says if a program has this purpose when nobody asks for another.
    pub fits: fn(&Program<'_>) -> bool,
    /// Everything that has to be in the program, and how start-up is divided; an error if the program doesn't have it.
    pub roots: fn(&Program<'_>) -> Result<Roots>,
    /// The runtime's main function, one of `aot_abi::symbols::MAIN_…`; none for a library, whose functions others call.
    pub main: Option<&'static str>,
    /// The part of the runtime that runs the program, one of those at `aot_abi::parts::RUN`; none for start-up and the
    /// main export.
    pub run: Option<&'static str>,
    /// Limits of a server that have other values than those of other servers, unless the user sets them.
    pub server_limits: &'static [(ServerLimit, u64)],
    /// The exports that the runtime calls, for the note.
    pub exports: fn(&ProgramPlan) -> Vec<String>,
}
