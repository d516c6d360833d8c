//! Limits of growth of a guest, as far as libcalls know it.

/// The limits that a slab has for its guest. Libcalls know a slab, and nothing of a policy.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct GuestLimits {
    /// The most bytes of each linear memory.
    pub memory_bytes: u64,
    /// The most elements of each table.
    pub table_elements: u64,
    /// The most bytes of objects.
    pub heap_bytes: u64,
    /// The most bytes of the host's memory, in which the collector's tables are.
    pub host_bytes: u64,
}
