//! Memory to which values of C point.

use alloc::boxed::Box;
use alloc::vec::Vec;

/// Pieces of memory that stay where they are.
pub type Room = Vec<Box<[u64]>>;
