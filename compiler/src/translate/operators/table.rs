//! Tables: elements are 32-bit references.

use crate::decode::{ElementIndex, TableIndex, ValType};
use crate::error::Result;
use crate::plan::{TableId, TablePlace};
use crate::translate::body::Body;
use crate::translate::context::defect;
use crate::translate::region::Region;
use crate::translate::storage::ELEMENT_LOG2;
use crate::translate::types::REFERENCE;
use aot_abi::libcalls::{MEMORY_COPY, TABLE_FILL, TABLE_GROW};
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value};

impl Body<'_, '_, '_> {
    pub(super) fn table_get(&mut self, table: u32) -> Result<()> {
        let table = self.table(table)?;
        let index = self.pop();
        let index = self.checked_index(table, index, Trap::TableOutOfBounds);
        let element = self.load_element(table, index)?;
        self.code.trace(element, ValType::Ref(self.code.context.plan.tables[table].ty.element));
        self.push(element);
        Ok(())
    }

    pub(super) fn table_set(&mut self, table: u32) -> Result<()> {
        let table = self.written_table(table)?;
        let (index, value) = self.pop2();
        let index = self.checked_index(table, index, Trap::TableOutOfBounds);
        let address = self.element_pointer(table, index)?;
        let flags = self.element_flags(table);
        self.code.ins().store(flags, value, address, 0);
        Ok(())
    }

    pub(super) fn table_size(&mut self, table: u32) -> Result<()> {
        let table = self.table(table)?;
        let length = self.code.table_length(table);
        self.push_index(length, self.code.context.plan.tables[table].ty.table64);
        Ok(())
    }

    pub(super) fn table_grow(&mut self, table: u32) -> Result<()> {
        let table = self.written_table(table)?;
        let (value, count) = self.pop2();
        let count = self.code.widen(count);
        let table64 = self.code.context.plan.tables[table].ty.table64;
        let table = self.code.i32(self.code.context.plan.tables[table].slab_index);
        let call = self.code.call_libcall(&TABLE_GROW, &[table, count, value]);
        let previous = self.code.result(call);
        self.push_index(previous, table64);
        Ok(())
    }

    pub(super) fn table_fill(&mut self, table: u32) -> Result<()> {
        let table = self.written_table(table)?;
        let (index, value, count) = self.pop3();
        let count = self.code.widen(count);
        let destination = self.checked_elements(table, index, count)?;
        self.code.call_libcall(&TABLE_FILL, &[destination, value, count]);
        Ok(())
    }

    pub(super) fn table_copy(&mut self, to: u32, from: u32) -> Result<()> {
        let (to, from) = (self.written_table(to)?, self.table(from)?);
        let (destination, source, count) = self.pop3();
        let count = self.code.widen(count);
        let source = self.checked_elements(from, source, count)?;
        let destination = self.checked_elements(to, destination, count)?;
        self.copy_elements(destination, source, count);
        Ok(())
    }

    pub(super) fn table_init(&mut self, element: u32, table: u32) -> Result<()> {
        let table = self.written_table(table)?;
        let element = self.instance.elements[ElementIndex::from_u32(element)];
        let (destination, source, count) = self.pop3();
        let count = self.code.widen(count);
        let source = self.code.widen(source);
        let length = self.code.element_length(element);
        let source = self.code.check_range(source, count, length, Trap::TableOutOfBounds);
        let destination = self.checked_elements(table, destination, count)?;
        if let Some(element) = element {
            let segment = self.code.segment_pointer(element)?;
            let source = self.element_at(segment, source);
            self.copy_elements(destination, source, count);
        }
        Ok(())
    }

    pub(super) fn elem_drop(&mut self, element: u32) {
        if let Some(element) = self.instance.elements[ElementIndex::from_u32(element)] {
            let none = self.code.i64(0);
            self.code.store_slab(none, self.code.context.plan.slab.element_length(element), Region::SegmentLengths);
        }
    }
}

// What `call_indirect` shares.
impl Body<'_, '_, '_> {
    /// The table with this index of the module.
    pub(super) fn table(&self, index: u32) -> Result<TableId> {
        let index = TableIndex::from_u32(index);
        Ok(self.instance.tables[index])
    }

    /// An index as 64 bits, which is in bounds, also where the processor guesses.
    pub(super) fn checked_index(&mut self, table: TableId, index: Value, trap: Trap) -> Value {
        let index = self.code.widen(index);
        let length = self.code.table_length(table);
        let beyond = self.code.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
        self.code.trap_if(beyond, trap);
        self.code.guard_index(beyond, index)
    }

    /// The element at an index that is in bounds.
    pub(super) fn load_element(&mut self, table: TableId, index: Value) -> Result<Value> {
        let address = self.element_pointer(table, index)?;
        let flags = self.element_flags(table);
        Ok(self.code.ins().load(REFERENCE, flags, address, 0))
    }
}

impl Body<'_, '_, '_> {
    /// A table that the plan has put where it can be changed.
    fn written_table(&self, index: u32) -> Result<TableId> {
        let table = self.table(index)?;
        match self.code.context.plan.tables[table].place {
            TablePlace::Slab { .. } => Ok(table),
            _ => Err(defect(format!("the plan made {table} read-only, which is changed"))),
        }
    }

    fn element_flags(&mut self, table: TableId) -> MemFlagsData {
        match self.code.context.plan.tables[table].place {
            TablePlace::ReadOnly { .. } => self.code.read_only(Region::Table(table)),
            _ => self.code.trusted(Region::Table(table)).with_aligned(),
        }
    }

    fn element_pointer(&mut self, table: TableId, index: Value) -> Result<Value> {
        let base = self.code.table_pointer(table)?;
        Ok(self.element_at(base, index))
    }

    fn element_at(&mut self, base: Value, index: Value) -> Value {
        let offset = self.code.ins().ishl_imm_u(index, ELEMENT_LOG2);
        self.code.ins().iadd(base, offset)
    }

    /// The address of `count` elements at `index`, which are in bounds.
    fn checked_elements(&mut self, table: TableId, index: Value, count: Value) -> Result<Value> {
        let index = self.code.widen(index);
        let length = self.code.table_length(table);
        let index = self.code.check_range(index, count, length, Trap::TableOutOfBounds);
        self.element_pointer(table, index)
    }

    fn copy_elements(&mut self, destination: Value, source: Value, count: Value) {
        let bytes = self.code.ins().ishl_imm_u(count, ELEMENT_LOG2);
        self.code.call_libcall(&MEMORY_COPY, &[destination, source, bytes]);
    }
}
