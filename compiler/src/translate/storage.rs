//! Addresses and lengths of memories, tables and passive segments.

use super::code::Code;
use super::context::defect;
use super::names::Name;
use super::region::Region;
use crate::error::Result;
use crate::plan::{DataId, ElementId, MemoryId, TableForm, TableId, TablePlace};
use cranelift_codegen::ir::{InstBuilder, Value, types};

/// Bytes of a table's element, except in read-only tables of the form `Code`.
pub(super) const ELEMENT_BYTES: u64 = 1 << ELEMENT_LOG2;
/// Binary logarithm of [`ELEMENT_BYTES`].
pub(super) const ELEMENT_LOG2: i64 = 2;

impl Code<'_, '_> {
    /// Returns the current length of a memory in bytes, as `i64`.
    pub fn memory_length(&mut self, memory: MemoryId) -> Value {
        let plan = self.context.plan;
        if !plan.memories[memory].grows {
            return self.i64(plan.memories[memory].bytes_min);
        }
        let offset = plan.slab.memory_length(memory);
        if !plan.memories[memory].shared {
            return self.load_slab(types::I64, offset, Region::MemoryLengths);
        }
        // Other threads change the length, and a load that isn't atomic need never see the change.
        let address = self.slab_pointer(offset);
        let flags = self.trusted(Region::MemoryLengths);
        self.ins().atomic_load(types::I64, flags, address)
    }

    /// Returns the current number of elements of a table, as `i64`.
    pub fn table_length(&mut self, table: TableId) -> Value {
        let plan = self.context.plan;
        let table = &plan.tables[table];
        if !table.grows {
            return self.i64(table.elements_min);
        }
        self.load_slab(types::I64, plan.slab.table_length(table), Region::TableLengths)
    }

    /// Returns the address of element 0 of a table of 32-bit elements.
    pub fn table_pointer(&mut self, table: TableId) -> Result<Value> {
        match self.context.plan.tables[table].place {
            TablePlace::Slab { base } => Ok(self.slab_pointer(base)),
            TablePlace::ReadOnly { offset, form: TableForm::Index } => Ok(self.symbol(Name::ReadOnlyTables, offset)),
            TablePlace::ReadOnly { form: TableForm::Code(_), .. } => Err(defect(format!("{table} has no references"))),
            TablePlace::Dropped => Err(defect(format!("the plan dropped {table}, which is in use"))),
        }
    }

    /// Returns the address of the first element of an element segment.
    pub fn segment_pointer(&mut self, element: ElementId) -> Result<Value> {
        let segment = &self.context.plan.elements[element];
        match segment.table {
            Some(table) => self.table_pointer(table),
            None => Ok(self.symbol(Name::Elements, ELEMENT_BYTES * segment.offset)),
        }
    }

    /// Returns the current length of a passive data segment in bytes, as `i64`; `None` means one that is always empty.
    pub fn data_length(&mut self, data: Option<DataId>) -> Value {
        match data {
            Some(data) => self.load_slab(types::I64, self.context.plan.slab.data_length(data), Region::SegmentLengths),
            None => self.i64(0),
        }
    }

    /// Returns the current number of elements of a passive element segment, as `i64`; `None` means one that is always
    /// empty.
    pub fn element_length(&mut self, element: Option<ElementId>) -> Value {
        let slab = &self.context.plan.slab;
        match element {
            Some(element) => self.load_slab(types::I64, slab.element_length(element), Region::SegmentLengths),
            None => self.i64(0),
        }
    }
}
