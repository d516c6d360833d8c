//! Arrays: a type's number, the length, and then the elements.

use crate::decode::{DataIndex, ElementIndex, StorageType, TypeId, ValType};
use crate::error::Result;
use crate::plan::ELEMENTS_OFFSET;
use crate::translate::body::Body;
use crate::translate::names::Name;
use crate::translate::region::Region;
use aot_abi::gc::{ARRAY_LENGTH, GRANULE_BYTES};
use aot_abi::libcalls::{MEMORY_COPY, MEMORY_FILL};
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value, types};

/// The most elements of a constant number that are stored one by one.
const UNROLLED_MAX: u64 = 16;

// Making arrays.
impl Body<'_, '_, '_> {
    pub(super) fn array_new(&mut self, ty: TypeId) -> Result<()> {
        let element = self.element(ty);
        let (value, length) = self.pop2();
        let (reference, elements) = self.new_array(ty, length)?;
        self.fill(elements, element, value, length);
        self.push(reference);
        Ok(())
    }

    pub(super) fn array_new_default(&mut self, ty: TypeId) -> Result<()> {
        let element = self.element(ty);
        let length = self.pop();
        let (reference, elements) = self.new_array(ty, length)?;
        match self.code.constant(length) {
            Some(count) if count <= UNROLLED_MAX => {
                let zero = self.zero_field(element);
                self.fill(elements, element, zero, length);
            }
            _ => {
                let zero = self.code.i32(0);
                let bytes = self.element_bytes(element, length);
                self.code.call_libcall(&MEMORY_FILL, &[elements, zero, bytes]);
            }
        }
        self.push(reference);
        Ok(())
    }

    pub(super) fn array_new_fixed(&mut self, ty: TypeId, count: u32) -> Result<()> {
        let element = self.element(ty);
        let values = self.pop_many(count as usize);
        let length = self.code.i32(count);
        let (reference, elements) = self.new_array(ty, length)?;
        for (index, value) in values.into_iter().enumerate() {
            // A body isn't long enough for an offset of more than 31 bits.
            self.store_field((elements, (index * element.bytes() as usize) as i32), element, value, None);
        }
        self.push(reference);
        Ok(())
    }

    pub(super) fn array_new_data(&mut self, ty: u32, data: u32) -> Result<()> {
        let ty = self.type_id(ty);
        let (start, length) = self.pop2();
        let (source, bytes) = self.checked_data(data, self.element(ty), start, length);
        let (reference, elements) = self.new_array(ty, length)?;
        self.copy_from(elements, source, bytes);
        self.push(reference);
        Ok(())
    }

    pub(super) fn array_new_elem(&mut self, ty: u32, segment: u32) -> Result<()> {
        let ty = self.type_id(ty);
        let (start, length) = self.pop2();
        let (source, bytes) = self.checked_segment(segment, self.element(ty), start, length)?;
        let (reference, elements) = self.new_array(ty, length)?;
        self.copy_from(elements, source, bytes);
        self.push(reference);
        Ok(())
    }

    /// A new array with this many elements: the reference, and the address of the first.
    fn new_array(&mut self, ty: TypeId, length: Value) -> Result<(Value, Value)> {
        let element = self.element(ty);
        let bytes = match self.code.constant(length) {
            Some(length) => {
                let bytes = u64::from(ELEMENTS_OFFSET) + length * u64::from(element.bytes());
                self.code.i64(bytes.next_multiple_of(GRANULE_BYTES))
            }
            None => {
                let bytes = self.element_bytes(element, length);
                let granule = GRANULE_BYTES as i64;
                let bytes = self.code.ins().iadd_imm_s(bytes, i64::from(ELEMENTS_OFFSET) + granule - 1);
                self.code.ins().band_imm_s(bytes, -granule)
            }
        };
        let (reference, object) = self.allocate(ty, bytes, Some(length))?;
        Ok((reference, self.code.add(object, i64::from(ELEMENTS_OFFSET))))
    }
}

// Elements.
impl Body<'_, '_, '_> {
    pub(super) fn array_get(&mut self, ty: u32, sign: bool) -> Result<()> {
        let element = self.element(self.type_id(ty));
        let (reference, index) = self.pop2();
        let address = self.checked_element(reference, element, index)?;
        let value = self.load_field((address, ELEMENTS_OFFSET as i32), element, sign, None);
        self.push(value);
        Ok(())
    }

    pub(super) fn array_set(&mut self, ty: u32) -> Result<()> {
        let element = self.element(self.type_id(ty));
        let (reference, index, value) = self.pop3();
        let address = self.checked_element(reference, element, index)?;
        self.store_field((address, ELEMENTS_OFFSET as i32), element, value, None);
        Ok(())
    }

    pub(super) fn array_len(&mut self) -> Result<()> {
        let reference = self.pop();
        let object = self.object(reference)?;
        let length = self.length(object);
        self.push(length);
        Ok(())
    }

    pub(super) fn array_fill(&mut self, ty: u32) -> Result<()> {
        let element = self.element(self.type_id(ty));
        let count = self.pop();
        let (reference, index, value) = self.pop3();
        let elements = self.checked_elements_of(reference, element, index, count)?;
        self.fill(elements, element, value, count);
        Ok(())
    }

    pub(super) fn array_copy(&mut self, ty: u32) -> Result<()> {
        let element = self.element(self.type_id(ty));
        let (source, source_index, count) = self.pop3();
        let (reference, index) = self.pop2();
        let to = self.checked_elements_of(reference, element, index, count)?;
        let from = self.checked_elements_of(source, element, source_index, count)?;
        let bytes = self.element_bytes(element, count);
        self.code.call_libcall(&MEMORY_COPY, &[to, from, bytes]);
        Ok(())
    }

    pub(super) fn array_init_data(&mut self, ty: u32, data: u32) -> Result<()> {
        let element = self.element(self.type_id(ty));
        let (start, count) = self.pop2();
        let (reference, index) = self.pop2();
        let to = self.checked_elements_of(reference, element, index, count)?;
        let (source, bytes) = self.checked_data(data, element, start, count);
        self.copy_from(to, source, bytes);
        Ok(())
    }

    pub(super) fn array_init_elem(&mut self, segment: u32) -> Result<()> {
        let element = StorageType::Value(ValType::Ref(crate::decode::RefType::FUNCREF));
        let (start, count) = self.pop2();
        let (reference, index) = self.pop2();
        let to = self.checked_elements_of(reference, element, index, count)?;
        let (source, bytes) = self.checked_segment(segment, element, start, count)?;
        self.copy_from(to, source, bytes);
        Ok(())
    }
}

// What they share.
impl Body<'_, '_, '_> {
    /// Returns the type of the elements of an array type.
    fn element(&self, ty: TypeId) -> StorageType {
        self.code.context.program.types.element(ty)
    }

    /// The length of an array; a trap if it is null.
    fn length(&mut self, object: Value) -> Value {
        let flags = self.object_flags(Region::ObjectHeaders, Some(Trap::NullReference)).with_aligned();
        self.code.ins().load(types::I32, flags, object, ARRAY_LENGTH as i32)
    }

    /// Bytes of `count` elements, as 64 bits.
    fn element_bytes(&mut self, element: StorageType, count: Value) -> Value {
        let count = self.code.widen(count);
        self.code.ins().ishl_imm_u(count, i64::from(element.bytes().ilog2()))
    }

    /// Checks that an element is in bounds, and returns its address without `ELEMENTS_OFFSET`.
    fn checked_element(&mut self, reference: Value, element: StorageType, index: Value) -> Result<Value> {
        let object = self.object(reference)?;
        let length = self.length(object);
        let beyond = self.code.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
        self.code.trap_if(beyond, Trap::ArrayOutOfBounds);
        let index = self.code.guard_index(beyond, index);
        let offset = self.element_bytes(element, index);
        Ok(self.code.ins().iadd(object, offset))
    }

    /// The address of `count` elements, which are in bounds.
    fn checked_elements_of(
        &mut self,
        reference: Value,
        element: StorageType,
        index: Value,
        count: Value,
    ) -> Result<Value> {
        let object = self.object(reference)?;
        let length = self.length(object);
        let [index, count, length] = [index, count, length].map(|value| self.code.widen(value));
        let index = self.code.check_range(index, count, length, Trap::ArrayOutOfBounds);
        let offset = self.element_bytes(element, index);
        let elements = self.code.add(object, i64::from(ELEMENTS_OFFSET));
        Ok(self.code.ins().iadd(elements, offset))
    }

    /// The address of the bytes of `count` elements in a data segment, which are in bounds, and their number. `None`
    /// if the segment is always empty.
    fn checked_data(&mut self, data: u32, element: StorageType, start: Value, count: Value) -> (Option<Value>, Value) {
        let data = self.instance.data[DataIndex::from_u32(data)];
        let bytes = self.element_bytes(element, count);
        let start = self.code.widen(start);
        let length = self.code.data_length(data);
        let start = self.code.check_range(start, bytes, length, Trap::MemoryOutOfBounds);
        let source = data.map(|data| {
            let segment = self.code.symbol(Name::Data, self.code.context.plan.data[data].offset);
            self.code.ins().iadd(segment, start)
        });
        (source, bytes)
    }

    /// Checks a range of an element segment as [`Self::checked_data`] checks one of a data segment.
    fn checked_segment(
        &mut self,
        segment: u32,
        element: StorageType,
        start: Value,
        count: Value,
    ) -> Result<(Option<Value>, Value)> {
        let segment = self.instance.elements[ElementIndex::from_u32(segment)];
        let [start, count] = [start, count].map(|value| self.code.widen(value));
        let length = self.code.element_length(segment);
        let start = self.code.check_range(start, count, length, Trap::TableOutOfBounds);
        let bytes = self.element_bytes(element, count);
        let Some(segment) = segment else {
            return Ok((None, bytes));
        };
        let offset = self.element_bytes(element, start);
        let segment = self.code.segment_pointer(segment)?;
        Ok((Some(self.code.ins().iadd(segment, offset)), bytes))
    }

    /// Copies bytes to elements; there are none if there is no source.
    fn copy_from(&mut self, elements: Value, source: Option<Value>, bytes: Value) {
        if let Some(source) = source {
            self.code.call_libcall(&MEMORY_COPY, &[elements, source, bytes]);
        }
    }

    /// Fills elements that are in bounds.
    fn fill(&mut self, elements: Value, element: StorageType, value: Value, count: Value) {
        match self.code.constant(count) {
            Some(count) if count <= UNROLLED_MAX => {
                for index in 0..count as i32 {
                    self.store_field((elements, index * element.bytes() as i32), element, value, None);
                }
            }
            _ if element == StorageType::I8 => {
                let count = self.code.widen(count);
                self.code.call_libcall(&MEMORY_FILL, &[elements, value, count]);
            }
            _ => self.fill_in_loop(elements, element, value, count),
        }
    }

    fn fill_in_loop(&mut self, elements: Value, element: StorageType, value: Value, count: Value) {
        let bytes = self.element_bytes(element, count);
        let [header, store, done] = [(); 3].map(|()| self.code.builder.create_block());
        let offset = self.code.builder.append_block_param(header, types::I64);
        let none = self.code.i64(0);
        self.code.ins().jump(header, &[BlockArg::Value(none)]);

        self.code.builder.switch_to_block(header);
        let more = self.code.ins().icmp(IntCC::UnsignedLessThan, offset, bytes);
        self.code.ins().brif(more, store, &[], done, &[]);

        self.enter(store);
        let at = self.code.ins().iadd(elements, offset);
        self.store_field((at, 0), element, value, None);
        let next = self.code.add(offset, i64::from(element.bytes()));
        self.code.ins().jump(header, &[BlockArg::Value(next)]);
        self.code.builder.seal_block(header);

        self.enter(done);
    }
}
