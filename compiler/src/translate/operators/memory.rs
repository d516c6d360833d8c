//! Memory: loads, stores, sizes.
//!
//! An access to a 32-bit memory is `[base + index + offset]` without a check: the reservation and the guard behind it
//! take up every index, unless the offset reaches past the guard. An index of a 64-bit memory, or of one whose reservation
//! is small, is compared with the reservation, a constant, whatever the offset: so accesses with one index share the check.

use crate::decode::MemoryIndex;
use crate::error::Result;
use crate::plan::{MemoryId, MemoryPlan};
use crate::translate::body::Body;
use crate::translate::code::Address;
use crate::translate::region::Region;
use aot_abi::libcalls::MEMORY_GROW;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlags, Opcode, Type, Value, types};
use cranelift_entity::EntityRef;
use wasmparser::MemArg;

/// The number of indices of a 32-bit memory.
const INDICES: u64 = 1 << 32;

impl Body<'_, '_, '_> {
    /// A load whose result has type `ty`.
    pub(super) fn load(&mut self, memarg: &MemArg, opcode: Opcode, ty: Type) -> Result<()> {
        let memory = self.memory(memarg.memory)?;
        let index = self.pop();
        let address = self.memory_address(memory, index, memarg.offset, access_bytes(opcode, ty));
        let flags = self.memory_flags(memory);
        let (inst, dfg) = self.code.ins().Load(opcode, ty, flags, address.offset.into(), address.base);
        let result = dfg.first_result(inst);
        self.push(result);
        Ok(())
    }

    pub(super) fn store(&mut self, memarg: &MemArg, opcode: Opcode) -> Result<()> {
        let memory = self.memory(memarg.memory)?;
        let (index, value) = self.pop2();
        let ty = self.code.type_of(value);
        let address = self.memory_address(memory, index, memarg.offset, access_bytes(opcode, ty));
        let flags = self.memory_flags(memory);
        if ty.is_vector() {
            self.touch_last(&address, ty, flags);
        }
        self.code.ins().Store(opcode, ty, flags, address.offset.into(), value, address.base);
        Ok(())
    }

    /// Reads the last byte of what is to be written, so that a vector that doesn't fit traps before its first part is in
    /// memory, also if the store itself would write that part and trap then.
    fn touch_last(&mut self, address: &Address, ty: Type, flags: MemFlags) {
        if !self.code.context.isa_facts.quirks.vector_stores_tear {
            return;
        }
        let last = i64::from(address.offset) + i64::from(ty.bytes()) - 1;
        let (base, offset) = match i32::try_from(last) {
            Ok(offset) => (address.base, offset),
            Err(_) => (self.code.add(address.base, last), 0),
        };
        self.code.ins().Load(Opcode::Load, types::I8, flags, offset.into(), base);
    }

    pub(super) fn memory_size(&mut self, index: u32) -> Result<()> {
        let memory = self.memory(index)?;
        let plan = &self.code.context.plan.memories[memory];
        let length = self.code.memory_length(memory);
        let pages = self.code.ins().ushr_imm_u(length, i64::from(plan.page_log2));
        self.push_index(pages, plan.index64);
        Ok(())
    }

    pub(super) fn memory_grow(&mut self, index: u32) -> Result<()> {
        let memory = self.memory(index)?;
        let pages = self.pop();
        let pages = self.code.widen(pages);
        let index64 = self.code.context.plan.memories[memory].index64;
        let memory = self.code.i32(memory.index() as u32);
        let call = self.code.call_libcall(&MEMORY_GROW, &[memory, pages]);
        let previous = self.code.result(call);
        self.push_index(previous, index64);
        Ok(())
    }

    /// Pushes 64 bits as an index of a memory or table.
    pub(super) fn push_index(&mut self, value: Value, index64: bool) {
        let value = if index64 { value } else { self.code.ins().ireduce(types::I32, value) };
        self.push(value);
    }

    /// The memory with this index of the module.
    pub(super) fn memory(&self, index: u32) -> Result<MemoryId> {
        Ok(self.instance.memories[MemoryIndex::from_u32(index)])
    }

    /// The address of `bytes` bytes at `index + offset`, checked as far as the guard doesn't.
    pub(super) fn memory_address(&mut self, memory: MemoryId, index: Value, offset: u64, bytes: u64) -> Address {
        let plan = &self.code.context.plan.memories[memory];
        let end = offset.saturating_add(bytes);
        let (index, beyond) = match check_of(plan, end) {
            Check::None => (index, None),
            Check::Reservation => (self.checked_by_reservation(plan.reserved_bytes, index), None),
            Check::Length => (index, Some(self.check_access(memory, index, end))),
        };
        let base = self.code.memory_pointer(memory);
        let least_end = self.code.constant(index).unwrap_or(0).saturating_add(end);
        if least_end > plan.reserved_bytes + plan.guard_bytes {
            // The check always traps, and what follows must not name a place outside of the memory.
            return Address { base, offset: 0 };
        }
        if let Some(beyond) = beyond.filter(|_| self.code.context.spectre_guards) {
            let index = self.code.widen(index);
            let address = self.code.ins().iadd(base, index);
            let address = self.code.add(address, offset as i64);
            return Address { base: self.code.guard_address(beyond, base, address), offset: 0 };
        }
        if let Some(Ok(offset)) = self.code.constant(index).map(|index| i32::try_from(index.saturating_add(offset))) {
            return Address { base, offset };
        }
        let index = self.code.widen(index);
        let address = self.code.ins().iadd(base, index);
        match i32::try_from(offset) {
            Ok(offset) => Address { base: address, offset },
            Err(_) => Address { base: self.code.add(address, offset as i64), offset: 0 },
        }
    }

    /// Traps if `index` is past the reservation: the guard takes up the rest. Returns the index, guarded against
    /// speculation.
    fn checked_by_reservation(&mut self, reserved_bytes: u64, index: Value) -> Value {
        let beyond = self.code.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, index, reserved_bytes as i64);
        self.code.trap_if(beyond, Trap::MemoryOutOfBounds);
        self.code.guard_index(beyond, index)
    }

    /// Traps if `index + end` is past the current length. Returns the value that says so.
    fn check_access(&mut self, memory: MemoryId, index: Value, end: u64) -> Value {
        let index64 = self.code.context.plan.memories[memory].index64;
        let index = self.code.widen(index);
        // Neither an index of 32 bits nor the offset of one has more than 33 bits.
        let (end, overflow) = match index64 {
            false => (self.code.add(index, end as i64), None),
            true => self.end_of_access(index, end),
        };
        let length = self.code.memory_length(memory);
        let beyond = self.code.ins().icmp(IntCC::UnsignedGreaterThan, end, length);
        let beyond = overflow.map_or(beyond, |overflow| self.code.ins().bor(beyond, overflow));
        self.code.trap_if(beyond, Trap::MemoryOutOfBounds);
        beyond
    }

    /// Adds an index of 64 bits and an end. An overflow is a trap; with guards against speculation, it is a value,
    /// because a wrong guess about a trap would make the sum small.
    fn end_of_access(&mut self, index: Value, end: u64) -> (Value, Option<Value>) {
        let end = self.code.i64(end);
        if self.code.context.spectre_guards {
            let (sum, overflow) = self.code.ins().uadd_overflow(index, end);
            return (sum, Some(overflow));
        }
        (self.code.checked_sum(index, end, Trap::MemoryOutOfBounds), None)
    }

    fn memory_flags(&mut self, memory: MemoryId) -> MemFlags {
        let flags = self.code.guarded(Region::Memory(memory));
        self.code.builder.func.dfg.mem_flags.insert_unchecked(flags)
    }
}

/// The check that an access needs before it happens.
enum Check {
    /// Nothing: the reservation and the guard take up every index.
    None,
    /// The index must lie in the reservation: the guard takes up the rest.
    Reservation,
    /// The access must end within the current length.
    Length,
}

/// The check for an access that ends `end` bytes past its index. With pages smaller than those of the target, not
/// everything beyond the length is inaccessible.
fn check_of(plan: &MemoryPlan, end: u64) -> Check {
    let reaches_all = || !plan.index64 && INDICES.saturating_add(end) <= plan.reserved_bytes + plan.guard_bytes + 1;
    match plan.page_log2 {
        16 if reaches_all() => Check::None,
        16 if end <= plan.guard_bytes => Check::Reservation,
        _ => Check::Length,
    }
}

/// Returns the number of bytes that a load or store touches, whose value has type `ty`.
fn access_bytes(opcode: Opcode, ty: Type) -> u64 {
    match opcode {
        Opcode::Uload8 | Opcode::Sload8 | Opcode::Istore8 => 1,
        Opcode::Uload16 | Opcode::Sload16 | Opcode::Istore16 => 2,
        Opcode::Uload32 | Opcode::Sload32 | Opcode::Istore32 => 4,
        Opcode::Sload8x8 | Opcode::Uload8x8 | Opcode::Sload16x4 => 8,
        Opcode::Uload16x4 | Opcode::Sload32x2 | Opcode::Uload32x2 => 8,
        _ => u64::from(ty.bytes()),
    }
}
