//! How grants and limits are written into an executable, at [`crate::symbols::POLICY`].
//!
//! Records one after another, little-endian: a tag, the length of the payload, the payload. A reader stops at the end
//! of the section and refuses tags that it doesn't know: an executable never runs with less than its whole policy.

/// Bytes of a record's head: `tag: u32`, `bytes: u32`.
pub const RECORD_HEAD_BYTES: usize = 8;

/// A granted directory: `flags: u32`, `host_bytes: u32`, the host's path, then the guest's.
pub const TAG_DIRECTORY: u32 = 1;
/// An environment variable with its value: `NAME=VALUE`.
pub const TAG_ENVIRONMENT: u32 = 2;
/// The name of an environment variable that is passed on from the start of the executable.
pub const TAG_ENVIRONMENT_INHERITED: u32 = 3;
/// An argument that precedes those of the command line.
pub const TAG_ARGUMENT: u32 = 4;
/// The name of the program, for messages.
pub const TAG_PROGRAM_NAME: u32 = 5;
/// A limit: its number in [`crate::limits`] as `u32`, its value as `u64`.
pub const TAG_LIMIT: u32 = 6;
/// What the kernel enforces a second time: `flags: u32` of [`crate::sandbox`], then the filter's instructions. Without
/// this record it isn't asked to.
pub const TAG_SANDBOX: u32 = 8;

/// Files inside the executable, as [`crate::embedded`] describes.
pub const TAG_EMBEDDED: u32 = 9;

/// Without a payload: variables may grant more where the executable is started.
pub const TAG_RUNTIME_GRANTS: u32 = 10;

/// Flag of a directory: read-only.
pub const DIRECTORY_READ_ONLY: u32 = 1;
/// Flag of a directory: its absence at start is no error.
pub const DIRECTORY_OPTIONAL: u32 = 2;

/// Environment variables with this prefix are the runtime's own, and never passed on.
pub const RESERVED_PREFIX: &str = "AOT_";
