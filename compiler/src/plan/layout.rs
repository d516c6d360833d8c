//! Where everything lies in the slab. The place of fields relative to `vmctx` is decided here and nowhere else.

use super::{DataId, ElementId, MemoryId, TablePlan};
use aot_abi::slab::ControlLayout;
use cranelift_entity::EntityRef;

/// The outline of the slab.
#[derive(Debug)]
pub struct SlabLayout {
    /// The control pages' arrays.
    pub control: ControlLayout,
    /// Readable and writable parts from the start: offset and length in bytes, multiples of 64 KiB.
    pub spans: Vec<(u64, u64)>,
    /// The whole reservation in bytes.
    pub bytes: u64,
}

impl SlabLayout {
    /// Slab offset of the current length of a memory in bytes, a `u64`.
    pub fn memory_length(&self, memory: MemoryId) -> u64 {
        self.control.memory_bytes + 8 * memory.index() as u64
    }

    /// Slab offset of the current number of elements of a table in the slab, a `u64`.
    pub fn table_length(&self, table: &TablePlan) -> u64 {
        self.control.table_elements + 8 * u64::from(table.slab_index)
    }

    /// Slab offset of the current length of a passive data segment in bytes, a `u64`.
    pub fn data_length(&self, data: DataId) -> u64 {
        self.control.data_bytes + 8 * data.index() as u64
    }

    /// Slab offset of the current number of elements of a passive element segment, a `u64`.
    pub fn element_length(&self, element: ElementId) -> u64 {
        self.control.element_counts + 8 * element.index() as u64
    }
}
