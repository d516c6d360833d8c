//! Functions that the component model makes between components: trampolines to the runtime's functions, as the rows of
//! `aot_abi::component` say, and the traps of adapters.

use super::code::{Callee, Code, build};
use super::context::{Context, Scratch, defect};
use super::names::Name;
use super::region::Region;
use super::trampoline::{from_bits, leave, raise_returned, slot};
use super::types::{POINTER, builtin_signature, value_type};
use crate::decode::{BuiltinCall, ValType, adapter_traps};
use crate::error::Result;
use crate::plan::{FuncId, MemoryId, OptionsId};
use aot_abi::component::{Param, Results};
use aot_abi::exception::{CATCH_ALL, catch};
use aot_abi::host::VALUE_SLOT_BYTES;
use aot_abi::slab::HEADER_CONTEXT;
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, InstBuilder, StackSlotData, StackSlotKind, Value, types};
use cranelift_entity::EntityRef;

/// The trampoline to a function of the runtime, as its row says.
///
/// ```text
/// value = builtin(slab, constants and parameters…)
/// if the row has a destructor, and the value says so: destructor(representation)
/// return the results in the value
/// ```
pub(super) fn builtin(
    context: &Context<'_>,
    func: FuncId,
    call: &BuiltinCall<MemoryId, FuncId, OptionsId>,
    scratch: &mut Scratch,
) -> Result<Function> {
    build_trampoline(context, func, scratch, |code| {
        let args = arguments(code, call)?;
        let value = call_runtime(code, func, &args);
        let results = match call.builtin.results {
            Results::None => Vec::new(),
            Results::One => vec![result(code, func, 0, value)],
            Results::Two => {
                let [low, high] = [code.ins().band_imm_u(value, i64::from(u32::MAX)), code.ins().ushr_imm_u(value, 32)];
                vec![result(code, func, 0, low), result(code, func, 1, high)]
            }
            Results::Bits => bits(code, func, value)?,
            Results::Destroy => {
                destroy(code, call.destructor, value);
                Vec::new()
            }
        };
        code.ins().return_(&results);
        Ok(())
    })
}

/// The arguments behind the slab, in the order of the row.
fn arguments(code: &mut Code<'_, '_>, call: &BuiltinCall<MemoryId, FuncId, OptionsId>) -> Result<Vec<Value>> {
    let mut constants = call.constants.iter();
    let mut memories = call.memories.iter();
    let mut references = call.references.iter();
    #[allow(clippy::unnecessary_to_owned, reason = "the code grows meanwhile")]
    let mut values = code.params[1..].to_vec().into_iter();
    let mut args = Vec::new();
    for param in call.builtin.params {
        let arg = match param {
            Param::Constant => constants.next().map(|constant| code.i64(*constant)),
            Param::Value => values.next().map(|value| wide(code, value)),
            Param::Pointer => values.next().zip(memories.next()).map(|(value, memory)| {
                let value = wide(code, value);
                address(code, *memory, value)
            }),
            Param::Reference => references.next().map(|func| reference(code, *func)).transpose()?,
            Param::Options => call.options.map(|options| code.symbol(Name::Options(options), 0)),
            Param::Rest => {
                let rest: Vec<Value> = values.by_ref().collect();
                args.push(in_slots(code, &rest));
                Some(code.i64(rest.len() as u64))
            }
        };
        args.push(arg.ok_or_else(|| defect(format!("{} lacks an argument", call.builtin.symbol)))?);
    }
    if values.next().is_some() {
        return Err(defect(format!("{} has too many arguments", call.builtin.symbol)));
    }
    Ok(args)
}

/// The reference of a function, or 0.
fn reference(code: &mut Code<'_, '_>, func: Option<FuncId>) -> Result<Value> {
    let Some(func) = func else { return Ok(code.i64(0)) };
    let mut records = code.context.plan.records.iter();
    let record = records.find(|(_, of)| **of == Some(func)).map(|(record, _)| record);
    let record = record.ok_or_else(|| defect(format!("{func} has no reference")))?;
    Ok(code.i64(record.index() as u64))
}

/// Stores values in slots of the frame, and returns the address of the first.
fn in_slots(code: &mut Code<'_, '_>, values: &[Value]) -> Value {
    let bytes = VALUE_SLOT_BYTES * values.len() as u32;
    let slots = code.builder.create_sized_stack_slot(StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 4));
    let flags = code.trusted(Region::Values);
    let address = code.ins().stack_addr(POINTER, slots, 0);
    for (index, value) in values.iter().enumerate() {
        // What reads a slot as a number of 64 bits finds zeros above one of 32.
        let value = match code.type_of(*value) {
            types::I32 => code.ins().uextend(types::I64, *value),
            types::F32 => {
                let bits = code.bits_as(*value, types::I32);
                code.ins().uextend(types::I64, bits)
            }
            _ => *value,
        };
        code.ins().store(flags, value, address, slot(index));
    }
    address
}

/// The result of the trampoline, of whatever type, from its bits.
fn bits(code: &mut Code<'_, '_>, func: FuncId, value: Value) -> Result<Vec<Value>> {
    let ty = code.context.program.types.func(code.context.plan.functions[func].ty);
    ty.results.iter().map(|ty| from_bits(code, value_type(*ty), value)).collect()
}

/// Makes the function that reads or writes a slot of the running task's context.
pub(super) fn context_slot(
    context: &Context<'_>,
    func: FuncId,
    slot: u32,
    is_set: bool,
    scratch: &mut Scratch,
) -> Result<Function> {
    let place = HEADER_CONTEXT + 8 * u64::from(slot);
    build_trampoline(context, func, scratch, |code| {
        if is_set {
            let value = code.params[1];
            code.store_slab(value, place, Region::Header);
            code.ins().return_(&[]);
        } else {
            let value = code.load_slab(types::I32, place, Region::Header);
            code.ins().return_(&[value]);
        }
        Ok(())
    })
}

/// A parameter of 64 bits: it may be of a memory with 32 or 64.
fn wide(code: &mut Code<'_, '_>, value: Value) -> Value {
    match code.builder.func.dfg.value_type(value) {
        types::I64 => value,
        _ => code.ins().uextend(types::I64, value),
    }
}

/// A result of the trampoline, as wide as its type says.
fn result(code: &mut Code<'_, '_>, func: FuncId, index: usize, value: Value) -> Value {
    let ty = code.context.program.types.func(code.context.plan.functions[func].ty);
    match ty.results[index] {
        ValType::I64 => value,
        _ => code.ins().ireduce(types::I32, value),
    }
}

/// Runs the destructor of a resource, if the handle that ended owned it.
fn destroy(code: &mut Code<'_, '_>, destructor: Option<FuncId>, value: Value) {
    let Some(destructor) = destructor else { return };
    let [owned, representation] = halves(code, value);
    let run = code.builder.create_block();
    let done = code.builder.create_block();
    code.ins().brif(owned, run, &[], done, &[]);
    code.builder.switch_to_block(run);
    code.builder.seal_block(run);
    call_destructor(code, destructor, representation);
    code.ins().jump(done, &[]);
    code.builder.switch_to_block(done);
    code.builder.seal_block(done);
}

/// Calls a destructor: an exception that leaves it is a trap, because another component may have dropped the handle.
fn call_destructor(code: &mut Code<'_, '_>, destructor: FuncId, representation: Value) {
    if code.context.plan.exceptions.is_none() {
        code.call(destructor, &[representation]);
        return;
    }
    let escaped = code.builder.create_block();
    code.builder.append_block_param(escaped, types::I64);
    code.builder.set_cold_block(escaped);
    let (function, args) = code.call_parts(destructor, &[representation]);
    code.try_call(Callee::Function(function), &args, &[(catch(CATCH_ALL, false), escaped)]);
    let next = code.builder.create_block();
    code.ins().jump(next, &[]);
    code.builder.switch_to_block(escaped);
    code.builder.seal_block(escaped);
    code.trap(Trap::UncaughtException);
    code.builder.switch_to_block(next);
    code.builder.seal_block(next);
}

/// The trap of an adapter: one instruction for each code, so that the trap table tells them apart.
pub(super) fn adapter_trap(context: &Context<'_>, func: FuncId, scratch: &mut Scratch) -> Result<Function> {
    build_trampoline(context, func, scratch, |code| {
        let given = code.params[1];
        for (number, trap) in adapter_traps() {
            let same = code.ins().icmp_imm_u(IntCC::Equal, given, i64::from(number));
            code.trap_if(same, trap);
        }
        code.trap(Trap::Other);
        Ok(())
    })
}

fn build_trampoline(
    context: &Context<'_>,
    func: FuncId,
    scratch: &mut Scratch,
    body: impl FnOnce(&mut Code<'_, '_>) -> Result<()>,
) -> Result<Function> {
    let plan = &context.plan.functions[func];
    let ty = context.program.types.func(plan.ty);
    let vmctx_offset = context.plan.groups[plan.group].vmctx;
    build(context, Name::Func(func), context.signature(ty), vmctx_offset, scratch, body)
}

/// Leaves to the runtime's function behind `func`; its value.
fn call_runtime(code: &mut Code<'_, '_>, func: FuncId, args: &[Value]) -> Value {
    let slab = code.slab();
    leave(code);
    let function = code.named_function(Name::Host(func), || builtin_signature(args.len()));
    let call = code.ins().call(function, &[&[slab], args].concat());
    raise_returned(code, slab, call)
}

/// The low and the high half of a value.
fn halves(code: &mut Code<'_, '_>, value: Value) -> [Value; 2] {
    let low = code.ins().ireduce(types::I32, value);
    let high = code.ins().ushr_imm_u(value, 32);
    [low, code.ins().ireduce(types::I32, high)]
}

/// The address of a guest's pointer that an adapter has checked.
fn address(code: &mut Code<'_, '_>, memory: MemoryId, pointer: Value) -> Value {
    let base = code.slab_pointer(code.context.plan.memories[memory].base);
    code.ins().iadd(base, pointer)
}
