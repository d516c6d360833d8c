//! Format of a profile: how often a run, or several, came to each place of a program.
//!
//! A profile is a [`Head`], a [`Function`] for each function, and the counters of all functions one after another, each as an
//! unsigned LEB128 number. What a counter counts follows from the function's structure, which the compiler knows.
//!
//! An executable that writes one carries a [`Section`]. The runtime adds the counters of a run to those of a file that begins with
//! the same table.

use crate::record::records;

records! {
    /// The head of a profile.
    pub struct Head: 20 {
        /// [`MARK`].
        mark: [u8; 8],
        /// [`VERSION`].
        version: u32,
        /// Number of functions.
        functions: u32,
        /// Number of counters of all functions.
        counters: u32,
    }

    /// The key of a function, and the number of its counters.
    pub struct Function: 16 {
        /// Hash of the function's operators, without what changes when other functions do.
        structure: u64,
        /// Hash of the function's name; 0 for none.
        name: u32,
        /// Number of its counters.
        counters: u32,
    }

    /// The head of what an executable has for its profile. The path of the file follows, then the profile up to its counters.
    pub struct Section: 12 {
        /// Bytes of the path, which counts from the directory in which the program is started.
        path_bytes: u32,
        /// Bytes of the table: the head of the profile, and its functions.
        table_bytes: u32,
        /// Number of counters at [`crate::symbols::PROFILE_COUNTERS`].
        counters: u32,
    }
}

/// The first bytes of a profile.
pub const MARK: [u8; 8] = *b"aot-prof";
/// The version of the format, and of what counters count.
pub const VERSION: u32 = 1;
/// Most bytes of a counter in a profile.
pub const COUNTER_BYTES_MAX: usize = 10;
