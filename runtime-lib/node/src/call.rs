//! Calls of exported functions from JavaScript.

use alloc::vec::Vec;
use core::ptr::null_mut;

use aot_abi::exports::NO_TYPE;
use aot_abi::javascript::ROLE_METHOD;
use aot_abi::library::Status;
use aot_abi::values::{FORM_MAYBE, FORM_VALUE, Function, Member, RETURNS_NOTHING, RETURNS_OPTION, RETURNS_RESULT};
use aot_foundation::program::{self, addon};
use aot_library::c::{self, Types, load, payload};

use crate::api::{CallInfo, RawEnv, RawValue, kind};
use crate::from_c::Results;
use crate::instance::Callee;
use crate::js::{Call, Env, ErrorClass, Thrown, Value};
use crate::path::Path;
use crate::to_c::Arguments;

/// Calls the exported function that the callee's data says.
///
/// # Safety
///
/// Node.js calls it, with data that [`Callee::create`] made.
pub unsafe extern "C" fn on_call(env: RawEnv, info: CallInfo) -> RawValue {
    // SAFETY: the caller's promise.
    let env = unsafe { Env::new(env) };
    let call = || {
        let call = env.call(info)?;
        // SAFETY: the caller's promise; the data lives as long as the function.
        let callee = unsafe { &*call.data.cast::<Callee>() };
        // SAFETY: JavaScript runs on one thread, and nothing runs in an instance while JavaScript does.
        unsafe { perform(env, callee, &call) }
    };
    call().map_or(null_mut(), |value: Value| value.0)
}

/// Calls a function, and makes a value of its result.
///
/// # Safety
///
/// Nothing runs in the callee's instance.
unsafe fn perform(env: Env, callee: &Callee, call: &Call) -> Result<Value, Thrown> {
    // SAFETY: the caller's promise; the instance lives as long as the callee.
    unsafe {
        let results = Results::new(env, Types::read(), &*callee.shared);
        perform_with(env, callee, call, |function, status, places| result(results, function, status, places))
    }
}

/// Calls a constructor's function, and returns the handle that it gives.
///
/// # Safety
///
/// Nothing runs in the callee's instance.
pub unsafe fn perform_for_handle(env: Env, callee: &Callee, call: &Call) -> Result<u64, Thrown> {
    // SAFETY: the caller's promise; such a function returns a handle, or a result of one.
    unsafe {
        let results = Results::new(env, Types::read(), &*callee.shared);
        perform_with(env, callee, call, |function, status, places| match status {
            Status::Ok => Ok(load(places[0], size_of::<u64>())),
            _ => Err(result(results, function, status, places).err().unwrap_or(Thrown)),
        })
    }
}

/// # Safety
///
/// Nothing runs in the callee's instance.
unsafe fn perform_with<T>(
    env: Env,
    callee: &Callee,
    call: &Call,
    lift: impl FnOnce(&Function, Status, Places) -> Result<T, Thrown>,
) -> Result<T, Thrown> {
    let types = Types::read();
    let number = callee.number.unwrap_or(u32::MAX) as usize;
    let missing = || env.throw(ErrorClass::Error, "SYSTEM", "this addon lacks a function");
    let function = program::value_functions().get(number).ok_or_else(missing)?;
    let role = addon().functions.get(number).map_or(0, |function| function.role);
    // The first parameter of a method is `this`.
    let this = (role == ROLE_METHOD).then_some(call.this);
    let mut values = this.into_iter().chain(call.arguments());
    // SAFETY: the instance lives as long as the callee.
    let mut arguments = Arguments::new(env, types, unsafe { &*callee.shared });
    let mut words: Vec<u64> = Vec::with_capacity(function.count as usize + 2);
    for (index, param) in types.members(function.first, function.count).iter().enumerate() {
        let value = values.next().unwrap_or(Value(null_mut()));
        let name = if this.is_some() && index == 0 { Path::Name("this") } else { path(number, index) };
        let word = argument(&mut arguments, types, param, value, name)?;
        words.push(word);
    }
    let returned = returned(types, function);
    // Small results need no room of their own.
    let mut small = [0_u64; 2];
    let mut places = [null_mut(); 2];
    for ((place, word), number) in places.iter_mut().zip(&mut small).zip(returned) {
        if let Some(ty) = number.and_then(|number| types.get(number).ok()) {
            let bytes = ty.host_bytes as usize;
            *place = if bytes <= size_of::<u64>() { (&raw mut *word).cast() } else { arguments.allocate(bytes)? };
            words.push(place.expose_provenance() as u64);
        }
    }
    arguments.take_views()?;
    // SAFETY: the caller's promise; the arguments are those of the function, as are the places for its result.
    unsafe {
        let status = callee.call(&words);
        arguments.end(is_called(status));
        let status = callee.outcome(env, status)?;
        let lifted = lift(function, status, places);
        let stored = usize::from(status == Status::Err);
        if let (Some(number), Status::Ok | Status::Err) = (returned[stored], status) {
            c::aot_library_value_free(places[stored], number);
        }
        lifted
    }
}

/// Returns true for the status of a call that had its arguments.
fn is_called(status: u32) -> bool {
    let refused = [Status::Argument, Status::System, Status::Busy, Status::Ended];
    !refused.iter().any(|refused| *refused as u32 == status)
}

/// The addresses of a result's value and of its error, as far as there are such.
type Places = [*mut u8; 2];

/// The name of a parameter for errors.
fn path(function: usize, index: usize) -> Path<'static> {
    let addon = addon();
    let first = addon.functions.get(function).map_or(0, |function| function.first);
    match addon.name(first as usize + index) {
        "" => Path::Argument(index + 1),
        name => Path::Name(name),
    }
}

/// The bits of an argument, which may be an address of its value.
fn argument(
    arguments: &mut Arguments<'_>,
    types: Types,
    param: &Member,
    value: Value,
    path: Path<'_>,
) -> Result<u64, Thrown> {
    if param.form == FORM_VALUE {
        let mut word = 0_u64;
        // SAFETY: a value that is passed itself has no more bytes than a word, and points to nothing.
        unsafe { arguments.write(param.ty, value, (&raw mut word).cast(), path) }?;
        return Ok(word);
    }
    let ty = types.get(param.ty).ok();
    let place = arguments.allocate(ty.map_or(0, |ty| ty.host_bytes as usize).max(1))?;
    // SAFETY: there is room for a value of the type.
    unsafe {
        arguments.write(param.ty, value, place, path)?;
        Ok(match param.form {
            FORM_MAYBE if load(place, 1) == 0 => 0,
            FORM_MAYBE => {
                let some = ty.and_then(|ty| types.of(ty).get(1));
                place.add(some.map_or(0, |some| some.host_offset as usize)).addr() as u64
            }
            _ => place.addr() as u64,
        })
    }
}

/// The types of the places for a result.
fn returned(types: Types, function: &Function) -> [Option<u32>; 2] {
    if function.returns == RETURNS_NOTHING || function.result == NO_TYPE {
        return [None, None];
    }
    let case = |index: usize| types.get(function.result).ok().and_then(|ty| types.of(ty).get(index)).and_then(payload);
    match function.returns {
        RETURNS_OPTION => [case(1), None],
        RETURNS_RESULT => [case(0), case(1)],
        _ => [Some(function.result), None],
    }
}

/// The value that a call returns to JavaScript, or the exception that it is.
///
/// # Safety
///
/// The places have what a call with this status stored.
unsafe fn result(results: Results<'_>, function: &Function, status: Status, places: Places) -> Result<Value, Thrown> {
    let env = results.env;
    let [good, bad] = returned(results.types, function);
    // SAFETY: the caller's promise.
    unsafe {
        match (function.returns, status) {
            (RETURNS_OPTION, Status::Ok | Status::None) if results.is_tagged(function.result) => {
                results.variant(function.result, usize::from(status == Status::Ok), |ty, _| results.read(ty, places[0]))
            }
            (_, Status::Err) => {
                let payload = bad.map_or_else(|| env.undefined(), |ty| results.read(ty, places[1]))?;
                Err(throw_payload(env, payload))
            }
            (_, Status::Ok) => good.map_or_else(|| env.undefined(), |ty| results.read(ty, places[0])),
            _ => env.undefined(),
        }
    }
}

/// Throws an error with what a function returned as its error, which is the text too if it is one.
fn throw_payload(env: Env, payload: Value) -> Thrown {
    let throw = || {
        let text = match env.kind(payload)? {
            kind::STRING => payload,
            _ => env.string("the function returned an error (see error.payload)")?,
        };
        let error = env.error_of(ErrorClass::Error, "ERR", text)?;
        env.set(error, "payload", payload)?;
        env.throw_value(error)
    };
    let _: Result<(), Thrown> = throw();
    Thrown
}
