//! How files inside an executable are written into its policy: the payload of [`crate::policy::TAG_EMBEDDED`].
//!
//! ```text
//! guest_bytes: u32, the guest's path
//! the tree:  nodes: u32
//!            the nodes, NODE_BYTES each: kind, name offset, name bytes, data offset, data bytes, parent; all u32
//!            names, contents
//! ```
//!
//! Offsets count from the beginning of the tree. Node 0 is the top, its own parent, without a name. The children of a
//! directory lie beside each other, sorted by their names as bytes; its data are the index of the first, and how many
//! there are. Nothing else is kept: no times, no owners, no permissions.

/// Bytes of a node.
pub const NODE_BYTES: usize = 24;

/// A directory.
pub const KIND_DIRECTORY: u32 = 0;
/// A file; its data are the contents.
pub const KIND_FILE: u32 = 1;
/// A symbolic link; its data are the path that it points to.
pub const KIND_LINK: u32 = 2;
