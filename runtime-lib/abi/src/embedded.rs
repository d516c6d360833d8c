//! Format of a file tree inside an executable, after a [`crate::policy::Embedded`]: a [`Tree`], its nodes, then names
//! and contents.
//!
//! Offsets count from the beginning of the tree. Node 0 is the root; it has no name and is its own parent. The children
//! of a directory are adjacent and sorted by name as bytes. Times, owners and permissions are not kept.

use crate::record::records;

records! {
    /// The head of a tree.
    pub struct Tree: 4 {
        /// Number of nodes that follow.
        nodes: u32,
    }

    /// A directory, a file or a symbolic link.
    pub struct Node: 24 {
        /// One of `KIND_…`.
        kind: u32,
        /// Offset of the name.
        name: u32,
        /// Bytes of the name.
        name_bytes: u32,
        /// The number of a directory's first child, the offset of a file's contents, or the offset of a link's target.
        data: u32,
        /// The number of a directory's children, or the bytes of contents or target.
        data_count: u32,
        /// Number of the parent directory.
        parent: u32,
    }
}

/// [`Node::kind`] of a directory.
pub const KIND_DIRECTORY: u32 = 0;
/// [`Node::kind`] of a file.
pub const KIND_FILE: u32 = 1;
/// [`Node::kind`] of a symbolic link.
pub const KIND_LINK: u32 = 2;
