//! The module that `require` returns: the exported functions of an instance, and a function that makes further instances.

use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::c_void;
use core::ptr::null_mut;

use aot_abi::exports::TYPE_U64;
use aot_abi::javascript::{INSTANTIATE, INSTANTIATE_EXPORT, camel_case, interface_word};
use aot_abi::library::{OPTIONS, Options};
use aot_abi::symbols;
use aot_foundation::program;

use crate::api::{CallInfo, RawEnv, RawValue, kind};
use crate::call::on_call;
use crate::instance::{self, Callee, Shared};
use crate::js::{Env, Thrown, Value};
use crate::numbers;

const _: () = assert!(aot_foundation::same_name("aot_node_register", symbols::NODE_REGISTER));

/// The fields of [`Options`] that are numbers, in their order: all but the settings, as an older header would have them.
type Fields = [u64; OPTIONS.len()];

const _: () = assert!(size_of::<Fields>() < size_of::<Options>());

/// Fills the module of an environment.
///
/// # Safety
///
/// Node.js calls it when the addon is loaded, with the module's object.
#[unsafe(no_mangle)]
unsafe extern "C" fn aot_node_register(env: RawEnv, exports: RawValue, _version: *const u32) -> RawValue {
    // SAFETY: the caller's promise.
    let env = unsafe { Env::new(env) };
    match fill_module(env, Value(exports)) {
        Ok(()) => exports,
        Err(Thrown) => null_mut(),
    }
}

fn fill_module(env: Env, exports: Value) -> Result<(), Thrown> {
    fill(env, exports, &no_options())?;
    env.set(exports, INSTANTIATE, env.function(INSTANTIATE, on_instantiate, null_mut())?)
}

/// Makes an instance with the limits of an object, and returns its functions.
///
/// # Safety
///
/// Node.js calls it.
unsafe extern "C" fn on_instantiate(env: RawEnv, info: CallInfo) -> RawValue {
    // SAFETY: the caller's promise.
    let env = unsafe { Env::new(env) };
    let instantiate = || {
        let call = env.call(info)?;
        let options = read_options(env, call.arguments[0])?;
        let object = env.object()?;
        fill(env, object, &options)?;
        Ok::<_, Thrown>(object.0)
    };
    instantiate().unwrap_or(null_mut())
}

fn no_options() -> Fields {
    let mut fields = [0; OPTIONS.len()];
    fields[0] = size_of::<Fields>() as u64;
    fields
}

/// Reads the limits that an object has as numbers or as `BigInt`s; what it lacks is what the addon was built with.
fn read_options(env: Env, object: Value) -> Result<Fields, Thrown> {
    let mut fields = no_options();
    if env.kind(object)? == kind::UNDEFINED {
        return Ok(fields);
    }
    for (field, (name, _)) in fields.iter_mut().zip(OPTIONS).skip(1) {
        let name: String = camel_case(name).collect();
        let value = env.get(object, &name)?;
        *field = match env.kind(value)? {
            kind::UNDEFINED => 0,
            kind::BIGINT => numbers::from_js(env, TYPE_U64, value, &name)?,
            _ => numbers::count(env, value, &name)?,
        };
    }
    Ok(fields)
}

/// Sets the functions of a new instance as properties of an object. Those of an interface are in an object of their own,
/// with the interface's whole name and, if no other has it before, its last word.
fn fill(env: Env, object: Value, options: &Fields) -> Result<(), Thrown> {
    let shared = Shared::create(env, options.as_ptr().cast())?;
    // SAFETY: this is the first user of the instance.
    let result = unsafe { set_functions(env, object, shared) };
    // SAFETY: as above.
    unsafe { Shared::release(shared) };
    result
}

/// # Safety
///
/// The instance lives.
unsafe fn set_functions(env: Env, object: Value, shared: *const Shared) -> Result<(), Thrown> {
    let addon = program::addon();
    let mut interfaces: Vec<(&str, Value)> = Vec::new();
    for (number, function) in addon.functions.iter().enumerate() {
        let (interface, name) = (addon.text(function.interface), addon.text(function.name));
        let name = if interface.is_empty() && name == INSTANTIATE { INSTANTIATE_EXPORT } else { name };
        let place = match interfaces.iter().find(|(known, _)| *known == interface) {
            _ if interface.is_empty() => object,
            Some((_, place)) => *place,
            None => {
                let place = interface_object(env, object, interface, &interfaces)?;
                interfaces.push((interface, place));
                place
            }
        };
        // SAFETY: the caller's promise.
        let value = unsafe { function_value(env, shared, number as u32, name) }?;
        env.set(place, name, value)?;
    }
    Ok(())
}

/// Makes the object of an interface.
fn interface_object(env: Env, object: Value, interface: &str, others: &[(&str, Value)]) -> Result<Value, Thrown> {
    let place = env.object()?;
    env.set(object, interface, place)?;
    let word = interface_word(interface);
    if !others.iter().any(|(other, _)| interface_word(other) == word) {
        env.set(object, &camel_case(word).collect::<String>(), place)?;
    }
    Ok(place)
}

/// # Safety
///
/// The instance lives.
unsafe fn function_value(env: Env, shared: *const Shared, number: u32, name: &str) -> Result<Value, Thrown> {
    // SAFETY: the caller's promise.
    let data: *mut c_void = unsafe { Callee::create(shared, number) }.cast();
    let value = env.function(name, on_call, data).and_then(|value| {
        // SAFETY: the function's data is used until then, on this thread.
        unsafe { env.at_end_of(value, data, instance::end) }?;
        Ok(value)
    });
    if value.is_err() {
        // SAFETY: JavaScript didn't get it.
        unsafe { instance::end(null_mut(), data, null_mut()) };
    }
    value
}
