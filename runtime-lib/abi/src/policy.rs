//! Format of grants and limits in an executable, at [`crate::symbols::POLICY`].
//!
//! The policy is a [`Section`] and a sequence of items: a [`Head`], then the payload. A reader stops at the end of the
//! section and refuses tags that it doesn't know, so an executable never runs with less than its whole policy.
//!
//! The section's mark is for `aot inspect`, which looks for it in the read-only data of a file. The runtime refuses a
//! policy without the mark, so that no policy is enforced that a search doesn't find.
//!
//! Grants are those of all components without grants of their own, up to the first [`TAG_COMPONENT`]; from there on, those of
//! the component whose tag came last. Components are numbered by their tags, from 1.

use crate::record::records;

records! {
    /// The head of the policy; the items follow.
    pub struct Section: 12 {
        /// First half of [`MARK`].
        mark_first: u32,
        /// Second half of [`MARK`].
        mark_second: u32,
        /// Bytes of the items.
        bytes: u32,
    }

    /// The head of a policy item; the payload follows.
    pub struct Head: 8 {
        /// Tag of the item: a `TAG_…` of this module, of [`crate::network`], of [`crate::http`] or of [`crate::serve`].
        tag: u32,
        /// Bytes of the payload.
        bytes: u32,
    }

    /// The head of [`TAG_DIRECTORY`]; the host path follows, then the guest path.
    pub struct Directory: 8 {
        /// Set of [`DIRECTORY_READ_ONLY`], [`DIRECTORY_OPTIONAL`] and [`DIRECTORY_SHOWN`].
        flags: u32,
        /// Bytes of the host path.
        host_bytes: u32,
    }

    /// The payload of [`TAG_LIMIT`] and of [`crate::serve::TAG_SERVER_LIMIT`].
    pub struct Limit: 16 {
        /// Value in the limit's unit.
        value: u64,
        /// Index of the limit in [`crate::limits::Limit::ALL`] or [`crate::limits::ServerLimit::ALL`].
        limit: u32,
        /// Padding, always 0.
        unused: u32,
    }

    /// The head of [`TAG_SANDBOX`]; the filter follows, as instructions of [`crate::sandbox::Instruction`].
    pub struct Sandbox: 4 {
        /// Set of `REQUIRED`, `SOCKETS` and `PATHS` of [`crate::sandbox`].
        flags: u32,
    }

    /// The head of [`TAG_EMBEDDED`]; the guest path follows, then the tree that [`crate::embedded`] describes.
    pub struct Embedded: 4 {
        /// Bytes of the guest path.
        guest_bytes: u32,
    }
}

/// Mark at the beginning of the policy: numbers that stand for nothing.
pub const MARK: (u32, u32) = (0x9cf0_71a0, 0xf0d3_b51e);

/// Tag of a granted directory: [`Directory`].
pub const TAG_DIRECTORY: u32 = 1;
/// Tag of an environment variable with its value: `NAME=VALUE`.
pub const TAG_ENVIRONMENT: u32 = 2;
/// Tag of the name of an environment variable that is passed on from the start of the executable.
pub const TAG_ENVIRONMENT_INHERITED: u32 = 3;
/// Tag of an argument that precedes those of the command line.
pub const TAG_ARGUMENT: u32 = 4;
/// Tag of the program's name, for messages.
pub const TAG_PROGRAM_NAME: u32 = 5;
/// Tag of a limit: [`Limit`].
pub const TAG_LIMIT: u32 = 6;
/// Tag of the kernel's filter: [`Sandbox`]. Without this item, the kernel enforces nothing.
pub const TAG_SANDBOX: u32 = 8;

/// Tag of files inside the executable: [`Embedded`].
pub const TAG_EMBEDDED: u32 = 9;

/// Tag without payload: environment variables at start may grant more.
pub const TAG_RUNTIME_GRANTS: u32 = 10;

/// Tag without payload: debuggers and core files may see the process.
pub const TAG_DUMPABLE: u32 = 11;

/// Tag of a component with grants of its own, which follow: the component's name.
pub const TAG_COMPONENT: u32 = 12;

/// Flag of a directory: the guest can change nothing in it.
pub const DIRECTORY_READ_ONLY: u32 = 1;
/// Flag of a directory: it may be missing at start.
pub const DIRECTORY_OPTIONAL: u32 = 2;
/// Flag of a directory: messages can show the host path as it is ([`crate::display`]).
pub const DIRECTORY_SHOWN: u32 = 4;

/// Prefix of the runtime's own environment variables, which are never passed on.
pub const RESERVED_PREFIX: &str = "AOT_";
