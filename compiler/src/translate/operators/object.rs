//! Operators that structures and arrays share: the address of an object, and its allocation.
//!
//! ```text
//! allocate: object = heap.next; next = object + bytes
//!           if next > heap.end: object = aot_gc_allocate(bytes, type, length)
//!           else: heap.next = next
//!           object.type = type; object.length = length
//! ```
//!
//! An access through null faults in the inaccessible start of the heap, and that fault is the trap.

use crate::decode::{StorageType, TypeId};
use crate::error::Result;
use crate::plan::HeapPlan;
use crate::translate::body::Body;
use crate::translate::code::Code;
use crate::translate::context::defect;
use crate::translate::region::Region;
use crate::translate::traps::trap_code;
use crate::translate::types::{Kind, REFERENCE, value_type};
use aot_abi::gc::{ARRAY_LENGTH, NULL_BYTES, STATE_END, STATE_NEXT};
use aot_abi::libcalls::GC_ALLOCATE;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, MemFlagsData, Value, types};
use std::ops::Range;

impl Body<'_, '_, '_> {
    /// The address that references count from.
    pub(super) fn heap(&mut self) -> Result<Value> {
        let base = heap_plan(self.code)?.base;
        Ok(self.code.slab_pointer(base))
    }

    /// The address of the object that a reference refers to.
    pub(super) fn object(&mut self, reference: Value) -> Result<Value> {
        let heap = self.heap()?;
        let distance = self.code.ins().uextend(types::I64, reference);
        Ok(self.code.ins().iadd(heap, distance))
    }

    /// The type's number in the header of an object; `trap` if the reference is null.
    pub(super) fn object_type(&mut self, reference: Value, trap: Option<Trap>) -> Result<Value> {
        let object = self.object(reference)?;
        let flags = self.object_flags(Region::ObjectHeaders, trap);
        Ok(self.code.ins().load(types::I32, flags, object, 0))
    }

    /// The flags of accesses to objects, of which those through null are a trap.
    pub(super) fn object_flags(&mut self, region: Region, trap: Option<Trap>) -> MemFlagsData {
        let flags = self.code.trusted(region);
        match trap {
            Some(trap) => flags.with_trap_code(Some(trap_code(trap))),
            None => flags,
        }
    }

    /// Returns the value 1 if `number` is one of `numbers`, and 0 otherwise.
    pub(super) fn is_among(&mut self, number: Value, numbers: Range<u32>) -> Value {
        let (first, count) = (i64::from(numbers.start), numbers.len() as i64);
        if count == 1 {
            return self.code.ins().icmp_imm_u(IntCC::Equal, number, first);
        }
        let distance = self.code.ins().iadd_imm_s(number, -first);
        self.code.ins().icmp_imm_u(IntCC::UnsignedLessThan, distance, count)
    }

    /// Loads a field or element of this type, at an offset from the address of the object.
    pub(super) fn load_field(
        &mut self,
        (object, offset): (Value, i32),
        ty: StorageType,
        sign: bool,
        trap: Option<Trap>,
    ) -> Value {
        let flags = self.object_flags(Region::Objects, trap);
        let ins = self.code.ins();
        match ty {
            StorageType::I8 if sign => ins.sload8(types::I32, flags, object, offset),
            StorageType::I8 => ins.uload8(types::I32, flags, object, offset),
            StorageType::I16 if sign => ins.sload16(types::I32, flags, object, offset),
            StorageType::I16 => ins.uload16(types::I32, flags, object, offset),
            StorageType::Value(ty) => {
                let value = ins.load(value_type(ty), flags, object, offset);
                self.code.trace(value, ty);
                value
            }
        }
    }

    /// Stores to a field or element of this type.
    pub(super) fn store_field(
        &mut self,
        (object, offset): (Value, i32),
        ty: StorageType,
        value: Value,
        trap: Option<Trap>,
    ) {
        let flags = self.object_flags(Region::Objects, trap);
        match ty {
            StorageType::I8 => self.code.ins().istore8(flags, value, object, offset),
            StorageType::I16 => self.code.ins().istore16(flags, value, object, offset),
            StorageType::Value(_) => self.code.ins().store(flags, value, object, offset),
        };
    }

    /// The zero of a field or element.
    pub(super) fn zero_field(&mut self, ty: StorageType) -> Value {
        match ty {
            StorageType::I8 | StorageType::I16 => self.code.i32(0),
            StorageType::Value(ty) => self.zero(value_type(ty)),
        }
    }

    /// Returns the trap of an access through null at an offset of an object, which faults. If the offset is too far for
    /// that, null is checked here, and the access has no trap.
    pub(super) fn null_trap(&mut self, reference: Value, offset: u32) -> Option<Trap> {
        if u64::from(offset) < NULL_BYTES / 2 {
            return Some(Trap::NullReference);
        }
        self.trap_if_null(reference, Trap::NullReference);
        None
    }

    /// A new object of `bytes` bytes, a multiple of the granule: the reference and the address. Its fields are to be
    /// written before the next call.
    pub(super) fn allocate(&mut self, ty: TypeId, bytes: Value, length: Option<Value>) -> Result<(Value, Value)> {
        let heap = self.heap()?;
        let number = i64::from(self.code.context.program.types.number(ty));
        let number = self.code.ins().iconst(types::I32, number);
        let flags = self.code.trusted(Region::HeapState).with_aligned();
        let first = self.code.ins().load(types::I64, flags, heap, STATE_NEXT);
        let end = self.code.ins().load(types::I64, flags, heap, STATE_END);
        let next = self.code.ins().iadd(first, bytes);
        let fits = self.code.ins().icmp(IntCC::UnsignedLessThanOrEqual, next, end);
        let [here, elsewhere, done] = [(); 3].map(|()| self.code.builder.create_block());
        let reference = self.code.block_param(done, Kind { ty: REFERENCE, traced: true });
        self.code.ins().brif(fits, here, &[], elsewhere, &[]);
        self.code.builder.set_cold_block(elsewhere);

        self.enter(elsewhere);
        let known_length = match length {
            Some(length) => length,
            None => self.code.i32(0),
        };
        let call = self.code.call_libcall(&GC_ALLOCATE, &[bytes, number, known_length]);
        let made = self.code.result(call);
        self.code.ins().jump(done, &[BlockArg::Value(made)]);

        self.enter(here);
        self.code.ins().store(flags, next, heap, STATE_NEXT);
        let made = self.code.ins().ireduce(REFERENCE, first);
        self.code.ins().jump(done, &[BlockArg::Value(made)]);

        self.enter(done);
        let object = self.object(reference)?;
        let flags = self.object_flags(Region::ObjectHeaders, None).with_aligned();
        self.code.ins().store(flags, number, object, 0);
        if let Some(length) = length {
            self.code.ins().store(flags, length, object, ARRAY_LENGTH as i32);
        }
        Ok((reference, object))
    }
}

fn heap_plan<'c>(code: &Code<'c, '_>) -> Result<&'c HeapPlan> {
    code.context.plan.heap.as_ref().ok_or_else(|| defect("the plan has no heap, and code needs one"))
}
