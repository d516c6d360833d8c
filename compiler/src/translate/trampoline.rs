//! Trampolines between the calling conventions of guest code and C.
//!
//! Out of guest code, to host functions and libcalls:
//!
//! ```text
//! if stack pointer < slab.stack_limit: trap StackOverflow
//! slab.exit_frame = frame pointer                    (backtraces go on from here)
//! trap, value = host_function(slab, &options, params…)
//! if trap ≠ 0: aot_raise(slab, trap)                 (never returns)
//! return value
//! ```
//!
//! Into guest code, an entry trampoline reads parameters from slots, calls, and writes the results to the slots.

use super::code::{Code, build};
use super::context::{Context, Scratch};
use super::item::{START_VMCTX, libcall_index};
use super::names::Name;
use super::region::Region;
use super::types::{entry_signature, host_signature, libcall_signature, libcall_trampoline_signature};
use super::types::{start_signature, value_type};
use crate::error::{Error, Result, Stage};
use crate::plan::{Entered, FuncId, GlobalId, GlobalPlace, OptionsId};
use aot_abi::component::{FLAG_ENTERED, FLAG_MAY_LEAVE};
use aot_abi::host::VALUE_SLOT_BYTES;
use aot_abi::libcalls::{ALL, Libcall, LibcallType, MISSING_IMPORT, RAISE};
use aot_abi::slab::{HEADER_EXIT_FRAME, HEADER_STACK_LIMIT};
use aot_abi::trap::Trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Function, Inst, InstBuilder, MemFlagsData, Type, Value, types};
use cranelift_entity::EntityRef;

/// Makes the trampoline to a host function.
pub(super) fn host(context: &Context<'_>, func: FuncId, options: OptionsId, scratch: &mut Scratch) -> Result<Function> {
    let plan = &context.plan.functions[func];
    let ty = context.program.types.func(plan.ty);
    let vmctx_offset = context.plan.groups[plan.group].vmctx;
    build(context, Name::Func(func), context.signature(ty), vmctx_offset, scratch, |code| {
        let slab = code.slab();
        leave(code);
        let options = code.symbol(Name::Options(options), 0);
        let function = code.named_function(Name::Host(func), || host_signature(ty));
        let args = [&[slab, options], &code.params[1..]].concat();
        let call = code.ins().call(function, &args);
        let value = raise_returned(code, slab, call);
        match *ty.results {
            [] => code.ins().return_(&[]),
            [result] => {
                let value = from_bits(code, value_type(result), value)?;
                code.ins().return_(&[value])
            }
            _ => return Err(several_results(func)),
        };
        Ok(())
    })
}

/// Makes the function of a missing import: a trap whose message has its name.
pub(super) fn missing(context: &Context<'_>, func: FuncId, name: &str, scratch: &mut Scratch) -> Result<Function> {
    let plan = &context.plan.functions[func];
    let ty = context.program.types.func(plan.ty);
    let vmctx_offset = context.plan.groups[plan.group].vmctx;
    build(context, Name::Func(func), context.signature(ty), vmctx_offset, scratch, |code| {
        let slab = code.slab();
        leave(code);
        let address = code.symbol(Name::MissingName(func), 0);
        let length = code.i64(name.len() as u64);
        let call = call_runtime(code, &MISSING_IMPORT, &[slab, address, length]);
        raise_returned(code, slab, call);
        code.trap(Trap::Other);
        Ok(())
    })
}

/// Makes the trampoline to a libcall. It takes the slab in place of `vmctx`, because all groups share it.
pub(super) fn libcall(context: &Context<'_>, index: u32, scratch: &mut Scratch) -> Result<Function> {
    let libcall = &ALL[index as usize];
    let signature = libcall_trampoline_signature(libcall);
    build(context, Name::LibcallTrampoline(index), signature, START_VMCTX, scratch, |code| {
        leave(code);
        let args = libcall_args(libcall, &code.params);
        let call = call_runtime(code, libcall, &args);
        let results = match libcall.result {
            Some(LibcallType::I32 | LibcallType::I64) => vec![code.result(call)],
            _ => Vec::new(),
        };
        code.ins().return_(&results);
        Ok(())
    })
}

/// Returns the arguments of a libcall from the parameters of its trampoline.
fn libcall_args(libcall: &Libcall, params: &[Value]) -> Vec<Value> {
    let mut others = params[1..].iter().copied();
    let arg = |ty: &LibcallType| match ty {
        LibcallType::Slab => Some(params[0]),
        _ => others.next(),
    };
    libcall.params.iter().filter_map(arg).collect()
}

/// Makes the entry trampoline of a function of the plan.
pub(super) fn entry(context: &Context<'_>, func: FuncId, scratch: &mut Scratch) -> Result<Function> {
    let plan = &context.plan.functions[func];
    let ty = context.program.types.func(plan.ty);
    let vmctx_offset = context.plan.groups[plan.group].vmctx;
    build(context, Name::Entry(func), entry_signature(), vmctx_offset, scratch, |code| {
        let values = code.params[1];
        let flags = code.trusted(Region::Values);
        let mut args = Vec::new();
        for (index, &ty) in ty.params.iter().enumerate() {
            args.push(code.ins().load(value_type(ty), flags, values, slot(index)));
        }
        let call = code.call(func, &args);
        for index in 0..ty.results.len() {
            let result = code.builder.inst_results(call)[index];
            code.ins().store(flags, result, values, slot(index));
        }
        code.ins().return_(&[]);
        Ok(())
    })
}

/// Makes the entry trampoline of a start-up function.
pub(super) fn start_entry(context: &Context<'_>, start: u32, scratch: &mut Scratch) -> Result<Function> {
    build(context, Name::StartEntry(start), entry_signature(), START_VMCTX, scratch, |code| {
        let function = code.named_function(Name::Start(start), start_signature);
        let vmctx = code.vmctx();
        code.ins().call(function, &[vmctx]);
        code.ins().return_(&[]);
        Ok(())
    })
}

/// Makes the function that enters a part of the program: it lets the part start up before, the first time. The component
/// instance may call imports meanwhile.
pub(super) fn enter(context: &Context<'_>, func: FuncId, entered: &Entered, scratch: &mut Scratch) -> Result<Function> {
    let plan = &context.plan.functions[func];
    let ty = context.program.types.func(plan.ty);
    let vmctx_offset = context.plan.groups[plan.group].vmctx;
    let (part, flags) = (flags_at(context, entered.part)?, flags_at(context, entered.flags)?);
    build(context, Name::Func(func), context.signature(ty), vmctx_offset, scratch, |code| {
        let [start, go_on] = [code.builder.create_block(), code.builder.create_block()];
        let of_part = code.load_slab(types::I32, part, Region::InstanceFlags);
        let is_entered = code.ins().band_imm_u(of_part, i64::from(FLAG_ENTERED));
        code.ins().brif(is_entered, go_on, &[], start, &[]);
        code.builder.set_cold_block(start);
        code.builder.switch_to_block(start);
        code.builder.seal_block(start);
        let of_part = code.ins().bor_imm_u(of_part, i64::from(FLAG_ENTERED));
        code.store_slab(of_part, part, Region::InstanceFlags);
        let before = code.load_slab(types::I32, flags, Region::InstanceFlags);
        let leaving = code.ins().bor_imm_u(before, i64::from(FLAG_MAY_LEAVE));
        code.store_slab(leaving, flags, Region::InstanceFlags);
        let function = code.named_function(Name::Start(entered.start), start_signature);
        let slab = code.slab();
        code.ins().call(function, &[slab]);
        code.store_slab(before, flags, Region::InstanceFlags);
        code.ins().jump(go_on, &[]);
        code.builder.switch_to_block(go_on);
        code.builder.seal_block(go_on);
        let args = code.params[1..].to_vec();
        let call = code.call(entered.func, &args);
        let results = code.builder.inst_results(call).to_vec();
        code.ins().return_(&results);
        Ok(())
    })
}

/// The slab offset of the flags of a component instance.
fn flags_at(context: &Context<'_>, flags: GlobalId) -> Result<u64> {
    match context.plan.globals[flags].place {
        GlobalPlace::InstanceFlags { offset } => Ok(offset),
        _ => Err(Error::defect(Stage::Translate, format!("{flags} isn't the flags of a component instance"))),
    }
}

/// Leaves guest code: checks the stack limit and records the frame.
pub(super) fn leave(code: &mut Code<'_, '_>) {
    let limit = code.load_slab(types::I64, HEADER_STACK_LIMIT, Region::Header);
    let stack = code.ins().get_stack_pointer(types::I64);
    let overflow = code.ins().icmp(IntCC::UnsignedLessThan, stack, limit);
    code.trap_if(overflow, Trap::StackOverflow);
    let frame = code.ins().get_frame_pointer(types::I64);
    code.store_slab(frame, HEADER_EXIT_FRAME, Region::Header);
}

/// Calls the runtime's symbol of a libcall.
fn call_runtime(code: &mut Code<'_, '_>, libcall: &Libcall, args: &[Value]) -> Inst {
    let name = Name::Libcall(libcall_index(libcall));
    let function = code.named_function(name, || libcall_signature(libcall));
    code.ins().call(function, args)
}

/// Raises the trap of a `HostReturn`, if it has one; otherwise returns its value.
pub(super) fn raise_returned(code: &mut Code<'_, '_>, slab: Value, call: Inst) -> Value {
    let &[trap, value] = code.builder.inst_results(call) else { unreachable!("a HostReturn is two values") };
    let raise = code.builder.create_block();
    let go_on = code.builder.create_block();
    code.ins().brif(trap, raise, &[], go_on, &[]);
    code.builder.set_cold_block(raise);
    code.builder.switch_to_block(raise);
    code.builder.seal_block(raise);
    call_runtime(code, &RAISE, &[slab, trap]);
    code.trap(Trap::Other);
    code.builder.switch_to_block(go_on);
    code.builder.seal_block(go_on);
    value
}

/// Converts the bits of a `HostReturn` to a value of type `ty`.
pub(super) fn from_bits(code: &mut Code<'_, '_>, ty: Type, bits: Value) -> Result<Value> {
    let flags = MemFlagsData::new();
    Ok(match ty {
        types::I64 => bits,
        types::I32 => code.ins().ireduce(types::I32, bits),
        types::F64 => code.ins().bitcast(types::F64, flags, bits),
        types::F32 => {
            let bits = code.ins().ireduce(types::I32, bits);
            code.ins().bitcast(types::F32, flags, bits)
        }
        _ => {
            return Err(Error::defect(Stage::Translate, "a host function can't return a vector"));
        }
    })
}

fn several_results(func: FuncId) -> Error {
    Error::defect(Stage::Translate, format!("the host function {} can't return several values", func.index()))
}

/// Returns the offset of a value's slot, in bytes.
pub(super) fn slot(index: usize) -> i32 {
    (index * VALUE_SLOT_BYTES as usize) as i32
}
