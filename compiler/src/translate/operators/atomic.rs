//! Atomic operators, of the proposal "threads": accesses that are sequentially consistent, and trap where they aren't
//! aligned; waiting and notifying.
//!
//! All that is true of the bounds of other accesses is true of these (`memory`): what the guard takes up isn't checked.

use super::unsupported::unsupported;
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

/// The action of an access on the value in memory.
#[derive(Clone, Copy)]
enum Access {
    Load,
    Store,
    Modify(Rmw),
    CompareExchange,
}

/// Defines `access_of` by the operators of each access: those of `i32` for 8, 16 and 32 bits in memory, and those of `i64`
/// for 8, 16, 32 and 64.
macro_rules! accesses {
    ($($access:expr => $a8:ident $a16:ident $a32:ident $b8:ident $b16:ident $b32:ident $b64:ident;)*) => {
        /// The access that an operator is, with the types of the value in memory and on the stack.
        fn access_of<'o>(operator: &'o Op<'_>) -> Option<(&'o MemArg, Access, Type, Type)> {
            Some(match operator {
                $(
                    Op::$a8 { memarg } => (memarg, $access, I8, I32),
                    Op::$a16 { memarg } => (memarg, $access, I16, I32),
                    Op::$a32 { memarg } => (memarg, $access, I32, I32),
                    Op::$b8 { memarg } => (memarg, $access, I8, I64),
                    Op::$b16 { memarg } => (memarg, $access, I16, I64),
                    Op::$b32 { memarg } => (memarg, $access, I32, I64),
                    Op::$b64 { memarg } => (memarg, $access, I64, I64),
                )*
                _ => return None,
            })
        }
    };
}

accesses! {
    Access::Load => I32AtomicLoad8U I32AtomicLoad16U I32AtomicLoad
        I64AtomicLoad8U I64AtomicLoad16U I64AtomicLoad32U I64AtomicLoad;
    Access::Store => I32AtomicStore8 I32AtomicStore16 I32AtomicStore
        I64AtomicStore8 I64AtomicStore16 I64AtomicStore32 I64AtomicStore;
    Access::Modify(Rmw::Add) => I32AtomicRmw8AddU I32AtomicRmw16AddU I32AtomicRmwAdd
        I64AtomicRmw8AddU I64AtomicRmw16AddU I64AtomicRmw32AddU I64AtomicRmwAdd;
    Access::Modify(Rmw::Sub) => I32AtomicRmw8SubU I32AtomicRmw16SubU I32AtomicRmwSub
        I64AtomicRmw8SubU I64AtomicRmw16SubU I64AtomicRmw32SubU I64AtomicRmwSub;
    Access::Modify(Rmw::And) => I32AtomicRmw8AndU I32AtomicRmw16AndU I32AtomicRmwAnd
        I64AtomicRmw8AndU I64AtomicRmw16AndU I64AtomicRmw32AndU I64AtomicRmwAnd;
    Access::Modify(Rmw::Or) => I32AtomicRmw8OrU I32AtomicRmw16OrU I32AtomicRmwOr
        I64AtomicRmw8OrU I64AtomicRmw16OrU I64AtomicRmw32OrU I64AtomicRmwOr;
    Access::Modify(Rmw::Xor) => I32AtomicRmw8XorU I32AtomicRmw16XorU I32AtomicRmwXor
        I64AtomicRmw8XorU I64AtomicRmw16XorU I64AtomicRmw32XorU I64AtomicRmwXor;
    Access::Modify(Rmw::Xchg) => I32AtomicRmw8XchgU I32AtomicRmw16XchgU I32AtomicRmwXchg
        I64AtomicRmw8XchgU I64AtomicRmw16XchgU I64AtomicRmw32XchgU I64AtomicRmwXchg;
    Access::CompareExchange => I32AtomicRmw8CmpxchgU I32AtomicRmw16CmpxchgU I32AtomicRmwCmpxchg
        I64AtomicRmw8CmpxchgU I64AtomicRmw16CmpxchgU I64AtomicRmw32CmpxchgU I64AtomicRmwCmpxchg;
}

/// Translates an operator that control can reach.
pub(super) fn translate(body: &mut Body<'_, '_, '_>, operator: &Op<'_>) -> Result<()> {
    match operator {
        Op::AtomicFence => {
            body.code.ins().fence();
            Ok(())
        }
        Op::MemoryAtomicNotify { memarg } => body.atomic_notify(memarg),
        Op::MemoryAtomicWait32 { memarg } => body.atomic_wait(memarg, I32),
        Op::MemoryAtomicWait64 { memarg } => body.atomic_wait(memarg, I64),
        _ => match access_of(operator) {
            Some((memarg, Access::Load, ty, result)) => body.atomic_load(memarg, ty, result),
            Some((memarg, Access::Store, ty, _)) => body.atomic_store(memarg, ty),
            Some((memarg, Access::Modify(op), ty, result)) => body.atomic_rmw(memarg, op, ty, result),
            Some((memarg, Access::CompareExchange, ty, result)) => body.atomic_compare_exchange(memarg, ty, result),
            None => Err(unsupported(operator)),
        },
    }
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

    fn atomic_rmw(&mut self, memarg: &MemArg, op: Rmw, ty: Type, result: Type) -> Result<()> {
        let operand = self.pop();
        let operand = self.reduced(operand, ty);
        let (memory, address) = self.atomic_address(memarg, ty)?;
        let flags = self.code.guarded(Region::Memory(memory));
        let before = self.code.ins().atomic_rmw(ty, flags, op, address, operand);
        self.push_extended(before, result);
        Ok(())
    }

    fn atomic_compare_exchange(&mut self, memarg: &MemArg, ty: Type, result: Type) -> Result<()> {
        let (expected, replacement) = self.pop2();
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

    /// Returns the address of an atomic access that certainly accesses something: it faults here if it must, because
    /// the runtime must not fault there.
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
