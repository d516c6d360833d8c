//! Calls of exported functions from JavaScript.

use alloc::vec::Vec;
use core::ptr::null_mut;

use aot_abi::exports::NO_TYPE;
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

/// # Safety
///
/// Nothing runs in the callee's instance.
unsafe fn perform(env: Env, callee: &Callee, call: &Call) -> Result<Value, Thrown> {
    let types = Types::read();
    let Some(function) = program::value_functions().get(callee.number as usize) else { return env.undefined() };
    let mut arguments = Arguments::new(env, types);
    let mut words: Vec<u64> = Vec::with_capacity(function.count as usize + 2);
    for (index, param) in types.members(function.first, function.count).iter().enumerate() {
        let value = call.arguments.get(index).copied().unwrap_or(Value(null_mut()));
        let word = argument(&mut arguments, types, param, value, path(callee.number, index))?;
        words.push(word);
    }
    let returned = returned(types, function);
    let mut places = [null_mut(); 2];
    for (place, number) in places.iter_mut().zip(returned) {
        if let Some(ty) = number.and_then(|number| types.get(number).ok()) {
            *place = arguments.allocate((ty.host_bytes as usize).max(1))?;
            words.push(place.addr() as u64);
        }
    }
    arguments.take_views()?;
    // SAFETY: the caller's promise; the arguments are those of the function, as are the places for its result.
    unsafe {
        let status = callee.call(env, &words)?;
        let result = result(env, types, function, status, places);
        let stored = usize::from(status == Status::Err);
        if let (Some(number), Status::Ok | Status::Err) = (returned[stored], status) {
            c::aot_library_value_free(places[stored], number);
        }
        result
    }
}

/// The name of a parameter for errors.
fn path(function: u32, index: usize) -> Path<'static> {
    let addon = addon();
    let first = addon.functions.get(function as usize).map_or(0, |function| function.first);
    match addon.name(first as usize + index) {
        "" => Path::Argument(index + 1),
        name => Path::Name(name),
    }
}

/// The bits of an argument, which may be an address of its value.
fn argument(
    arguments: &mut Arguments,
    types: Types,
    param: &Member,
    value: Value,
    path: Path<'_>,
) -> Result<u64, Thrown> {
    let ty = types.get(param.ty).ok();
    let place = arguments.allocate(ty.map_or(0, |ty| ty.host_bytes as usize).max(size_of::<u64>()))?;
    // SAFETY: there is room for a value of the type, and for a word.
    unsafe {
        arguments.write(param.ty, value, place, path)?;
        Ok(match param.form {
            FORM_VALUE => place.cast::<u64>().read(),
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
unsafe fn result(
    env: Env,
    types: Types,
    function: &Function,
    status: Status,
    places: [*mut u8; 2],
) -> Result<Value, Thrown> {
    let results = Results::new(env, types);
    let [good, bad] = returned(types, function);
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
