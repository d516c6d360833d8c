//! Calls of exported functions from JavaScript.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::ptr::null_mut;

use aot_abi::exports::NO_TYPE;
use aot_foundation::program;

use crate::api::{CallInfo, RawEnv, RawValue};
use crate::instance::Function;
use crate::js::{Call, Env, Thrown, Value};
use crate::numbers;

/// Calls the exported function that the callee's data says.
///
/// # Safety
///
/// Node.js calls it, with data that [`Function::create`] made.
pub unsafe extern "C" fn on_call(env: RawEnv, info: CallInfo) -> RawValue {
    // SAFETY: the caller's promise.
    let env = unsafe { Env::new(env) };
    let call = || {
        let call = env.call(info)?;
        // SAFETY: the caller's promise; the data lives as long as the function.
        let function = unsafe { &*call.data.cast::<Function>() };
        // SAFETY: JavaScript runs on one thread, and nothing runs in an instance while JavaScript does.
        unsafe { perform(env, function, &call) }
    };
    call().map_or(null_mut(), |value: Value| value.0)
}

/// # Safety
///
/// Nothing runs in the function's instance.
unsafe fn perform(env: Env, function: &Function, call: &Call) -> Result<Value, Thrown> {
    let description = program::exports();
    let Some(exported) = description.functions.get(function.number as usize) else { return env.undefined() };
    let kind = |ty: u32| description.types.get(ty as usize).map_or(NO_TYPE, |ty| ty.kind);
    let mut arguments: Vec<u64> = Vec::with_capacity(exported.count as usize + 1);
    for (index, (name, ty)) in description.fields(exported.first, exported.count).enumerate() {
        let name = if name.is_empty() { format!("argument {}", index + 1) } else { name.to_string() };
        let argument = call.arguments.get(index).copied().unwrap_or(Value(null_mut()));
        arguments.push(numbers::from_js(env, kind(ty), argument, &name)?);
    }
    let mut result = 0_u64;
    if exported.result != NO_TYPE {
        arguments.push((&raw mut result).addr() as u64);
    }
    // SAFETY: the caller's promise; the arguments are those of the function, and the result has room for any.
    unsafe { function.call(env, &arguments) }?;
    if exported.result == NO_TYPE { env.undefined() } else { numbers::to_js(env, kind(exported.result), result) }
}
