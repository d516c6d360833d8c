//! The parts of the runtime that only some programs need.
//!
//! An object names its parts: its `main` gives the runtime's main function an array of [`COUNT`] addresses, each that of a
//! part's symbol, or null where the program does without. So the linker takes a part from the archive where an object
//! names it, and leaves it out elsewhere. What each symbol is the address of is written where the runtime defines it.

/// How many kinds of parts there are.
pub const COUNT: usize = 4;

/// The index of what runs the program, where that isn't its start-up and its command.
pub const RUN: usize = 0;
/// Calls of exported functions, as the arguments say: one of [`RUN`].
pub const CALLS: &str = "aot_part_calls";

/// The index of what comes before the sandbox is entered.
pub const PREPARE: usize = 1;
/// The grants of the network, of programs that import sockets: one of [`PREPARE`].
pub const NETWORK: &str = "aot_part_network";
/// The same with those of HTTP, of programs that import `wasi:http`: one of [`PREPARE`], of the runtime with HTTP.
pub const HTTP: &str = "aot_part_http";

/// The index of what opens files inside the executable.
pub const OPEN_EMBEDDED: usize = 2;
/// The one of [`OPEN_EMBEDDED`].
pub const EMBEDDED: &str = "aot_part_embedded";

/// The index of what makes the memories that threads share.
pub const SHARE: usize = 3;
/// The one of [`SHARE`], of programs with shared memories.
pub const SHARING: &str = "aot_part_sharing";
