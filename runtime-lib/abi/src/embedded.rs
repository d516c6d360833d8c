//! How a tree of files inside an executable is written, behind a [`crate::policy::Embedded`]: a [`Tree`], its nodes, then
//! names and contents.
//!
//! Offsets count from the beginning of the tree. Node 0 is the top, its own parent, without a name. The children of a
//! directory lie beside each other, sorted by their names as bytes. Nothing else is kept: no times, no owners, no
//! permissions.

use crate::record::records;

records! {
    /// The head of a tree.
    pub struct Tree: 4 {
        /// How many nodes follow.
        nodes: u32,
    }

    /// A directory, a file or a link.
    pub struct Node: 24 {
        /// One of `KIND_…`.
        kind: u32,
        /// Offset of the name.
        name: u32,
        /// Bytes of the name.
        name_bytes: u32,
        /// Of a directory, the number of its first child; otherwise the offset of the contents, or of the path that a link
        /// points to.
        data: u32,
        /// Of a directory, how many children there are; otherwise how many bytes.
        data_count: u32,
        /// The number of the directory that it is in.
        parent: u32,
    }
}

/// A directory.
pub const KIND_DIRECTORY: u32 = 0;
/// A file.
pub const KIND_FILE: u32 = 1;
/// A symbolic link.
pub const KIND_LINK: u32 = 2;
