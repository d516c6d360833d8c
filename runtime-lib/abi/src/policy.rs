//! How grants and limits are written into an executable, at [`crate::symbols::POLICY`].
//!
//! Items one after another: a [`Head`], and the payload. A reader stops at the end of the section and refuses tags that it
//! doesn't know: an executable never runs with less than its whole policy.

use crate::record::records;

records! {
    /// The head of each item of the policy; the payload follows.
    pub struct Head: 8 {
        /// A `TAG_…` of this module, of [`crate::network`] or of [`crate::http`].
        tag: u32,
        /// Bytes of the payload.
        bytes: u32,
    }

    /// The head of [`TAG_DIRECTORY`]; the host's path follows, then the guest's.
    pub struct Directory: 8 {
        /// [`DIRECTORY_READ_ONLY`] and [`DIRECTORY_OPTIONAL`].
        flags: u32,
        /// Bytes of the host's path.
        host_bytes: u32,
    }

    /// The payload of [`TAG_LIMIT`].
    pub struct Limit: 16 {
        /// The value.
        value: u64,
        /// The limit's place in [`crate::limits::Limit::ALL`].
        limit: u32,
        /// 0.
        unused: u32,
    }

    /// The head of [`TAG_SANDBOX`]; the filter follows, instructions of [`crate::sandbox::Instruction`].
    pub struct Sandbox: 4 {
        /// `REQUIRED`, `SOCKETS` and `PATHS` of [`crate::sandbox`].
        flags: u32,
    }

    /// The head of [`TAG_EMBEDDED`]; the guest's path follows, then the tree that [`crate::embedded`] describes.
    pub struct Embedded: 4 {
        /// Bytes of the guest's path.
        guest_bytes: u32,
    }
}

/// A granted directory: [`Directory`].
pub const TAG_DIRECTORY: u32 = 1;
/// An environment variable with its value: `NAME=VALUE`.
pub const TAG_ENVIRONMENT: u32 = 2;
/// The name of an environment variable that is passed on from the start of the executable.
pub const TAG_ENVIRONMENT_INHERITED: u32 = 3;
/// An argument that precedes those of the command line.
pub const TAG_ARGUMENT: u32 = 4;
/// The name of the program, for messages.
pub const TAG_PROGRAM_NAME: u32 = 5;
/// A limit: [`Limit`].
pub const TAG_LIMIT: u32 = 6;
/// What the kernel enforces a second time: [`Sandbox`]. Without this item, the kernel isn't asked to enforce anything.
pub const TAG_SANDBOX: u32 = 8;

/// Files inside the executable: [`Embedded`].
pub const TAG_EMBEDDED: u32 = 9;

/// Without a payload: variables may grant more where the executable is started.
pub const TAG_RUNTIME_GRANTS: u32 = 10;

/// Flag of a directory: read-only.
pub const DIRECTORY_READ_ONLY: u32 = 1;
/// Flag of a directory: its absence at start is no error.
pub const DIRECTORY_OPTIONAL: u32 = 2;

/// Environment variables with this prefix are the runtime's own, and never passed on.
pub const RESERVED_PREFIX: &str = "AOT_";
