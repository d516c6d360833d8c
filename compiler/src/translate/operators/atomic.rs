//! Atomic operators, of the proposal "threads": accesses that are sequentially consistent, and trap where they aren't
//! aligned; waiting and notifying.
//!
//! All that is true of the bounds of other accesses is true of these (`memory`): what the guard takes up isn't checked.

use crate::error::Result;
use crate::plan::MemoryId;
use crate::translate::body::Body;
use crate::translate::region::Region;
use aot_abi::libcalls::{MEMORY_NOTIFY, MEMORY_WAIT32, MEMORY_WAIT64};
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I16, I32, I64};
use cranelift_codegen::ir::{AtomicRmwOp as Rmw, InstBuilder, Type, Value};
use cranelift_entity::EntityRef;
use wasmparser::{MemArg, Operator as Op};

/// Translates an operator of this family; whether it was one.
pub(super) fn translate(body: &mut Body<'_, '_, '_>, operator: &Op<'_>) -> Result<bool> {
    match *operator {
        Op::AtomicFence => _ = body.code.ins().fence(),
        Op::MemoryAtomicNotify { memarg } => body.atomic_notify(&memarg)?,
        Op::MemoryAtomicWait32 { memarg } => body.atomic_wait(&memarg, I32)?,
        Op::MemoryAtomicWait64 { memarg } => body.atomic_wait(&memarg, I64)?,

        Op::I32AtomicLoad { memarg } => body.atomic_load(&memarg, I32, I32)?,
        Op::I32AtomicLoad8U { memarg } => body.atomic_load(&memarg, I8, I32)?,
        Op::I32AtomicLoad16U { memarg } => body.atomic_load(&memarg, I16, I32)?,
        Op::I64AtomicLoad { memarg } => body.atomic_load(&memarg, I64, I64)?,
        Op::I64AtomicLoad8U { memarg } => body.atomic_load(&memarg, I8, I64)?,
        Op::I64AtomicLoad16U { memarg } => body.atomic_load(&memarg, I16, I64)?,
        Op::I64AtomicLoad32U { memarg } => body.atomic_load(&memarg, I32, I64)?,

        Op::I32AtomicStore { memarg } | Op::I64AtomicStore32 { memarg } => body.atomic_store(&memarg, I32)?,
        Op::I32AtomicStore8 { memarg } | Op::I64AtomicStore8 { memarg } => body.atomic_store(&memarg, I8)?,
        Op::I32AtomicStore16 { memarg } | Op::I64AtomicStore16 { memarg } => body.atomic_store(&memarg, I16)?,
        Op::I64AtomicStore { memarg } => body.atomic_store(&memarg, I64)?,

        Op::I32AtomicRmwAdd { memarg } | Op::I64AtomicRmw32AddU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::Add, I32)?
        }
        Op::I32AtomicRmw8AddU { memarg } | Op::I64AtomicRmw8AddU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::Add, I8)?
        }
        Op::I32AtomicRmw16AddU { memarg } | Op::I64AtomicRmw16AddU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::Add, I16)?;
        }
        Op::I64AtomicRmwAdd { memarg } => body.atomic_rmw(&memarg, Rmw::Add, I64)?,

        Op::I32AtomicRmwSub { memarg } | Op::I64AtomicRmw32SubU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::Sub, I32)?
        }
        Op::I32AtomicRmw8SubU { memarg } | Op::I64AtomicRmw8SubU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::Sub, I8)?
        }
        Op::I32AtomicRmw16SubU { memarg } | Op::I64AtomicRmw16SubU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::Sub, I16)?;
        }
        Op::I64AtomicRmwSub { memarg } => body.atomic_rmw(&memarg, Rmw::Sub, I64)?,

        Op::I32AtomicRmwAnd { memarg } | Op::I64AtomicRmw32AndU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::And, I32)?
        }
        Op::I32AtomicRmw8AndU { memarg } | Op::I64AtomicRmw8AndU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::And, I8)?
        }
        Op::I32AtomicRmw16AndU { memarg } | Op::I64AtomicRmw16AndU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::And, I16)?;
        }
        Op::I64AtomicRmwAnd { memarg } => body.atomic_rmw(&memarg, Rmw::And, I64)?,

        Op::I32AtomicRmwOr { memarg } | Op::I64AtomicRmw32OrU { memarg } => body.atomic_rmw(&memarg, Rmw::Or, I32)?,
        Op::I32AtomicRmw8OrU { memarg } | Op::I64AtomicRmw8OrU { memarg } => body.atomic_rmw(&memarg, Rmw::Or, I8)?,
        Op::I32AtomicRmw16OrU { memarg } | Op::I64AtomicRmw16OrU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::Or, I16)?;
        }
        Op::I64AtomicRmwOr { memarg } => body.atomic_rmw(&memarg, Rmw::Or, I64)?,

        Op::I32AtomicRmwXor { memarg } | Op::I64AtomicRmw32XorU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::Xor, I32)?
        }
        Op::I32AtomicRmw8XorU { memarg } | Op::I64AtomicRmw8XorU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::Xor, I8)?
        }
        Op::I32AtomicRmw16XorU { memarg } | Op::I64AtomicRmw16XorU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::Xor, I16)?;
        }
        Op::I64AtomicRmwXor { memarg } => body.atomic_rmw(&memarg, Rmw::Xor, I64)?,

        Op::I32AtomicRmwXchg { memarg } | Op::I64AtomicRmw32XchgU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::Xchg, I32)?;
        }
        Op::I32AtomicRmw8XchgU { memarg } | Op::I64AtomicRmw8XchgU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::Xchg, I8)?;
        }
        Op::I32AtomicRmw16XchgU { memarg } | Op::I64AtomicRmw16XchgU { memarg } => {
            body.atomic_rmw(&memarg, Rmw::Xchg, I16)?;
        }
        Op::I64AtomicRmwXchg { memarg } => body.atomic_rmw(&memarg, Rmw::Xchg, I64)?,

        Op::I32AtomicRmwCmpxchg { memarg } | Op::I64AtomicRmw32CmpxchgU { memarg } => {
            body.atomic_compare_exchange(&memarg, I32)?;
        }
        Op::I32AtomicRmw8CmpxchgU { memarg } | Op::I64AtomicRmw8CmpxchgU { memarg } => {
            body.atomic_compare_exchange(&memarg, I8)?;
        }
        Op::I32AtomicRmw16CmpxchgU { memarg } | Op::I64AtomicRmw16CmpxchgU { memarg } => {
            body.atomic_compare_exchange(&memarg, I16)?;
        }
        Op::I64AtomicRmwCmpxchg { memarg } => body.atomic_compare_exchange(&memarg, I64)?,
        _ => return Ok(false),
    }
    Ok(true)
}

impl Body<'_, '_, '_> {
    fn atomic_load(&mut self, memarg: &MemArg, ty: Type, result: Type) -> Result<()> {
        let (memory, address) = self.atomic_address(memarg, ty)?;
        let flags = self.code.guarded(Region::Memory(memory));
        let value = self.code.ins().atomic_load(ty, flags, address);
        self.push_extended(value, result);
        Ok(())
    }

    fn atomic_store(&mut self, memarg: &MemArg, ty: Type) -> Result<()> {
        let value = self.pop();
        let value = self.reduced(value, ty);
        let (memory, address) = self.atomic_address(memarg, ty)?;
        let flags = self.code.guarded(Region::Memory(memory));
        self.code.ins().atomic_store(flags, value, address);
        Ok(())
    }

    fn atomic_rmw(&mut self, memarg: &MemArg, op: Rmw, ty: Type) -> Result<()> {
        let operand = self.pop();
        let result = self.code.type_of(operand);
        let operand = self.reduced(operand, ty);
        let (memory, address) = self.atomic_address(memarg, ty)?;
        let flags = self.code.guarded(Region::Memory(memory));
        let before = self.code.ins().atomic_rmw(ty, flags, op, address, operand);
        self.push_extended(before, result);
        Ok(())
    }

    fn atomic_compare_exchange(&mut self, memarg: &MemArg, ty: Type) -> Result<()> {
        let (expected, replacement) = self.pop2();
        let result = self.code.type_of(expected);
        let (expected, replacement) = (self.reduced(expected, ty), self.reduced(replacement, ty));
        let (memory, address) = self.atomic_address(memarg, ty)?;
        let flags = self.code.guarded(Region::Memory(memory));
        let before = self.code.ins().atomic_cas(flags, address, expected, replacement);
        self.push_extended(before, result);
        Ok(())
    }

    /// Waits until another thread notifies. In a memory that no other thread can have, nobody ever would.
    fn atomic_wait(&mut self, memarg: &MemArg, ty: Type) -> Result<()> {
        let (expected, timeout) = self.pop2();
        let (memory, address) = self.touched_address(memarg, ty)?;
        if !self.code.context.plan.memories[memory].shared {
            let always = self.code.i32(1);
            self.code.trap_if(always, Trap::ExpectedShared);
        }
        let libcall = if ty == I32 { &MEMORY_WAIT32 } else { &MEMORY_WAIT64 };
        let memory = self.code.i32(memory.index() as u32);
        let call = self.code.call_libcall(libcall, &[memory, address, expected, timeout]);
        let outcome = self.code.result(call);
        self.push(outcome);
        Ok(())
    }

    fn atomic_notify(&mut self, memarg: &MemArg) -> Result<()> {
        let count = self.pop();
        let (memory, address) = self.touched_address(memarg, I32)?;
        if !self.code.context.plan.memories[memory].shared {
            // Nobody can wait there.
            let none = self.code.i32(0);
            self.push(none);
            return Ok(());
        }
        let memory = self.code.i32(memory.index() as u32);
        let call = self.code.call_libcall(&MEMORY_NOTIFY, &[memory, address, count]);
        let woken = self.code.result(call);
        self.push(woken);
        Ok(())
    }

    /// The address of an access to a value of type `ty`, at the index on the stack: aligned, and within what the guard
    /// takes up.
    fn atomic_address(&mut self, memarg: &MemArg, ty: Type) -> Result<(MemoryId, Value)> {
        let memory = self.memory(memarg.memory)?;
        let index = self.pop();
        if ty != I8 {
            // The low bits alone: whatever carries an address beyond 64 bits doesn't change them.
            let low = u64::from(ty.bytes() - 1);
            let wide = self.code.widen(index);
            let sum = self.code.add(wide, (memarg.offset & low) as i64);
            let rest = self.code.ins().band_imm_u(sum, low as i64);
            let is_odd = self.code.ins().icmp_imm_u(IntCC::NotEqual, rest, 0);
            self.code.trap_if(is_odd, Trap::HeapMisaligned);
        }
        let address = self.memory_address(memory, index, memarg.offset, u64::from(ty.bytes()));
        Ok((memory, self.code.add(address.base, i64::from(address.offset))))
    }

    /// The same, where something is accessed for sure: the runtime must not fault there.
    fn touched_address(&mut self, memarg: &MemArg, ty: Type) -> Result<(MemoryId, Value)> {
        let (memory, address) = self.atomic_address(memarg, ty)?;
        let flags = self.code.guarded(Region::Memory(memory));
        self.code.ins().atomic_load(ty, flags, address);
        Ok((memory, address))
    }

    fn reduced(&mut self, value: Value, ty: Type) -> Value {
        if self.code.type_of(value) == ty { value } else { self.code.ins().ireduce(ty, value) }
    }

    fn push_extended(&mut self, value: Value, ty: Type) {
        let value = if self.code.type_of(value) == ty { value } else { self.code.ins().uextend(ty, value) };
        self.push(value);
    }
}
