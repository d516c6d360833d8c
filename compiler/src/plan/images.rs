//! Initial contents of the slab: sparse runs of bytes, sorted by destination.

/// Bytes at a slab offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Slab offset of the first byte.
    pub destination: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// All runs, sorted by destination, not overlapping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Images {
    /// The runs.
    pub runs: Vec<Run>,
}
