//! Exported globals, which are objects with a `value` for JavaScript, as those of `WebAssembly.Global` are.

use core::ptr::null_mut;

use aot_abi::javascript::Global;
use aot_foundation::program::addon;
use aot_library::c;

use crate::api::{CallInfo, Callback, RawEnv, RawValue};
use crate::instance::{Callee, Shared};
use crate::js::{Env, ErrorClass, Thrown, Value};
use crate::numbers::{self, ARGUMENT};

/// Makes the object of a global, whose functions are users of the instance.
///
/// # Safety
///
/// The instance lives.
pub unsafe fn create(env: Env, shared: *const Shared, number: u32) -> Result<Value, Thrown> {
    // SAFETY: the caller's promise; a function's data lives as long as the function.
    let function = |callback: Callback| unsafe {
        let callee = Callee::create(shared, Some(number), None);
        Callee::attach(env, callee, env.function("value", callback, callee.cast()))
    };
    let object = env.object()?;
    env.accessors(object, "value", function(on_get)?, function(on_set)?)?;
    Ok(object)
}

/// Reads a global.
///
/// # Safety
///
/// Node.js calls it, with data that [`create`] made.
unsafe extern "C" fn on_get(env: RawEnv, info: CallInfo) -> RawValue {
    // SAFETY: the caller's promise.
    let env = unsafe { Env::new(env) };
    // SAFETY: as above.
    let get = || unsafe {
        let (_, instance, global) = of_call(env, info)?;
        let mut bits = 0_u64;
        c::aot_library_global_get(instance, (&raw mut bits).cast(), global.offset, bytes(global));
        numbers::to_js(env, global.kind, bits)
    };
    get().map_or(null_mut(), |value| value.0)
}

/// Writes a global, if it is mutable.
///
/// # Safety
///
/// As for [`on_get`].
unsafe extern "C" fn on_set(env: RawEnv, info: CallInfo) -> RawValue {
    // SAFETY: the caller's promise.
    let env = unsafe { Env::new(env) };
    // SAFETY: as above.
    let set = || unsafe {
        let (value, instance, global) = of_call(env, info)?;
        if global.is_mutable == 0 {
            return Err(env.throw(ErrorClass::Type, ARGUMENT, "the global is immutable"));
        }
        let mut bits = numbers::from_js(env, global.kind, value, &"value")?;
        c::aot_library_global_set(instance, (&raw mut bits).cast(), global.offset, bytes(global));
        env.undefined()
    };
    set().map_or(null_mut(), |value| value.0)
}

/// The argument, the instance and the global of a call.
///
/// # Safety
///
/// As for [`on_get`].
unsafe fn of_call(env: Env, info: CallInfo) -> Result<(Value, *mut c::Handle, &'static Global), Thrown> {
    let call = env.call(info)?;
    // SAFETY: the caller's promise.
    let callee = unsafe { &*call.data.cast::<Callee>() };
    let global = addon().globals.get(callee.number.unwrap_or(u32::MAX) as usize);
    let global = global.ok_or_else(|| env.throw(ErrorClass::Error, "SYSTEM", "this addon lacks a global"))?;
    // SAFETY: the instance lives as long as the callee.
    let instance = unsafe { (*callee.shared).instance.get() };
    Ok((call.arguments().next().unwrap_or(Value(null_mut())), instance, global))
}

fn bytes(global: &Global) -> u32 {
    use aot_abi::exports::{TYPE_F64, TYPE_S64};
    if matches!(global.kind, TYPE_S64 | TYPE_F64) { 8 } else { 4 }
}
