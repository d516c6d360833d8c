//! Functions that the component model makes between components: trampolines to the runtime's built-ins, transcoders,
//! drops of resources, and the traps of adapters.

use super::code::{Callee, Code, build};
use super::context::{Context, Scratch};
use super::names::Name;
use super::trampoline::{leave, raise_returned};
use super::types::{builtin_signature, guest_signature};
use crate::decode::adapter_traps;
use crate::error::Result;
use crate::plan::{FuncId, MemoryId};
use aot_abi::component::{Builtin, RESOURCE_DROP, Results};
use aot_abi::exception::{CATCH_ALL, catch};
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, InstBuilder, Value, types};

/// The trampoline to a built-in: slab, constants, the caller's parameters.
pub(super) fn builtin(
    context: &Context<'_>,
    func: FuncId,
    builtin: Builtin,
    constants: &[u64],
    scratch: &mut Scratch,
) -> Result<Function> {
    build_trampoline(context, func, scratch, |code| {
        let mut args: Vec<Value> = constants.iter().map(|constant| code.i64(*constant)).collect();
        for param in code.params[1..].to_vec() {
            args.push(code.ins().uextend(types::I64, param));
        }
        let value = call(code, func, &args);
        return_value(code, builtin, value);
        Ok(())
    })
}

/// The trampoline to a transcoder: its first and third parameter become addresses.
pub(super) fn transcode(
    context: &Context<'_>,
    func: FuncId,
    builtin: Builtin,
    [from, to]: [MemoryId; 2],
    scratch: &mut Scratch,
) -> Result<Function> {
    build_trampoline(context, func, scratch, |code| {
        let mut args = Vec::new();
        for (index, param) in code.params[1..].to_vec().into_iter().enumerate() {
            let value = code.ins().uextend(types::I64, param);
            args.push(match index {
                0 => address(code, from, value),
                2 => address(code, to, value),
                _ => value,
            });
        }
        let value = call(code, func, &args);
        return_value(code, builtin, value);
        Ok(())
    })
}

/// The drop of a handle of a resource that a component defines.
///
/// ```text
/// owned, representation = aot_resource_drop(slab, instance, type, handle)
/// if owned: destructor(representation)
/// ```
pub(super) fn resource_drop(
    context: &Context<'_>,
    func: FuncId,
    constants: [u32; 2],
    destructor: Option<FuncId>,
    scratch: &mut Scratch,
) -> Result<Function> {
    build_trampoline(context, func, scratch, |code| {
        let mut args: Vec<Value> = constants.iter().map(|constant| code.i64(u64::from(*constant))).collect();
        let handle = code.params[1];
        args.push(code.ins().uextend(types::I64, handle));
        let value = call(code, func, &args);
        if let Some(destructor) = destructor {
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
        code.ins().return_(&[]);
        Ok(())
    })
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
    build(context, Name::Func(func), guest_signature(ty), vmctx_offset, scratch, body)
}

/// Leaves to the runtime's function behind `func`; its value.
fn call(code: &mut Code<'_, '_>, func: FuncId, args: &[Value]) -> Value {
    let slab = code.slab();
    leave(code);
    let function = code.named_function(Name::Host(func), || builtin_signature(args.len()));
    let call = code.ins().call(function, &[&[slab], args].concat());
    raise_returned(code, slab, call)
}

fn return_value(code: &mut Code<'_, '_>, builtin: Builtin, value: Value) {
    match builtin.results {
        Results::None => code.ins().return_(&[]),
        Results::One => {
            let result = code.ins().ireduce(types::I32, value);
            code.ins().return_(&[result])
        }
        Results::Two => {
            let results = halves(code, value);
            code.ins().return_(&results)
        }
    };
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

const _: () = assert!(matches!(RESOURCE_DROP.results, Results::Two));
