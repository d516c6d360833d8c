//! JavaScript through Node-API: values, and exceptions as errors of Rust.

use core::ffi::{c_char, c_void};
use core::ptr::null_mut;

use crate::api::{self, CallInfo, Callback, Finalizer, RawEnv, RawValue, kind};

/// An exception of JavaScript, which is pending: nothing but the return to JavaScript is left to do.
#[derive(Debug)]
pub struct Thrown;

/// The environment during a call from JavaScript.
#[derive(Clone, Copy)]
pub struct Env(RawEnv);

/// A value of JavaScript, during a call from it.
#[derive(Clone, Copy)]
pub struct Value(pub RawValue);

/// Classes of errors that every environment has.
#[derive(Clone, Copy)]
pub enum ErrorClass {
    /// A value of another type.
    Type,
    /// A value outside what the type has.
    Range,
    /// Any other.
    Error,
}

/// A call from JavaScript.
pub struct Call {
    /// The arguments; what the caller leaves out is `undefined`.
    pub arguments: [Value; ARGUMENTS_MAX],
    /// The data of the function.
    pub data: *mut c_void,
}

/// The most arguments that a call passes on.
pub const ARGUMENTS_MAX: usize = 16;

impl Env {
    /// The environment that Node.js passes to a function of the addon.
    ///
    /// # Safety
    ///
    /// Node.js passed it, and the value isn't used after the return to it.
    pub unsafe fn new(raw: RawEnv) -> Env {
        Env(raw)
    }

    /// Performs a function of Node-API that gives a value.
    fn value(self, get: impl FnOnce(RawEnv, *mut RawValue) -> api::Status) -> Result<Value, Thrown> {
        let mut result = null_mut();
        self.check(get(self.0, &raw mut result))?;
        Ok(Value(result))
    }

    /// Turns the outcome of a function of Node-API into an exception, which may be one that JavaScript has thrown.
    fn check(self, status: api::Status) -> Result<(), Thrown> {
        match status {
            api::OK => Ok(()),
            api::PENDING_EXCEPTION => Err(Thrown),
            _ => Err(self.throw(ErrorClass::Error, "SYSTEM", "Node.js refuses a value that this addon needs")),
        }
    }

    /// Returns the facts of a call.
    pub fn call(self, info: CallInfo) -> Result<Call, Thrown> {
        let mut arguments = [null_mut(); ARGUMENTS_MAX];
        let (mut count, mut data) = (ARGUMENTS_MAX, null_mut());
        // SAFETY: the arguments have room for as many as the count says.
        self.check(unsafe {
            api::napi_get_cb_info(self.0, info, &raw mut count, arguments.as_mut_ptr(), null_mut(), &raw mut data)
        })?;
        Ok(Call { arguments: arguments.map(Value), data })
    }

    /// Throws an error with a code.
    pub fn throw(self, class: ErrorClass, code: &str, text: &str) -> Thrown {
        let create = match class {
            ErrorClass::Type => api::napi_create_type_error,
            ErrorClass::Range => api::napi_create_range_error,
            ErrorClass::Error => api::napi_create_error,
        };
        let thrown = || {
            let (code, text) = (self.string(code)?, self.string(text)?);
            // SAFETY: both are strings of this environment.
            let error = self.value(|env, result| unsafe { create(env, code.0, text.0, result) })?;
            self.throw_value(error)
        };
        let _: Result<(), Thrown> = thrown();
        Thrown
    }

    /// Throws a value.
    pub fn throw_value(self, value: Value) -> Result<(), Thrown> {
        // SAFETY: the value is of this environment.
        self.check(unsafe { api::napi_throw(self.0, value.0) })
    }

    /// Makes a string of UTF-8.
    pub fn string(self, text: &str) -> Result<Value, Thrown> {
        // SAFETY: the text has so many bytes.
        self.value(|env, result| unsafe {
            api::napi_create_string_utf8(env, text.as_ptr().cast::<c_char>(), text.len(), result)
        })
    }

    /// Returns `undefined`.
    pub fn undefined(self) -> Result<Value, Thrown> {
        // SAFETY: the address is for a value.
        self.value(|env, result| unsafe { api::napi_get_undefined(env, result) })
    }

    /// Makes a boolean.
    pub fn boolean(self, value: bool) -> Result<Value, Thrown> {
        // SAFETY: the address is for a value.
        self.value(|env, result| unsafe { api::napi_get_boolean(env, value, result) })
    }

    /// Makes a number.
    pub fn number(self, value: f64) -> Result<Value, Thrown> {
        // SAFETY: the address is for a value.
        self.value(|env, result| unsafe { api::napi_create_double(env, value, result) })
    }

    /// Makes a `BigInt` of a signed number.
    pub fn bigint_signed(self, value: i64) -> Result<Value, Thrown> {
        // SAFETY: the address is for a value.
        self.value(|env, result| unsafe { api::napi_create_bigint_int64(env, value, result) })
    }

    /// Makes a `BigInt` of an unsigned number.
    pub fn bigint_unsigned(self, value: u64) -> Result<Value, Thrown> {
        // SAFETY: the address is for a value.
        self.value(|env, result| unsafe { api::napi_create_bigint_uint64(env, value, result) })
    }

    /// Makes an object without properties.
    pub fn object(self) -> Result<Value, Thrown> {
        // SAFETY: the address is for a value.
        self.value(|env, result| unsafe { api::napi_create_object(env, result) })
    }

    /// Makes a function with data.
    pub fn function(self, name: &str, callback: Callback, data: *mut c_void) -> Result<Value, Thrown> {
        let text = name.as_ptr().cast::<c_char>();
        // SAFETY: the name has so many bytes; what the data must be is the callback's matter.
        self.value(|env, result| unsafe { api::napi_create_function(env, text, name.len(), callback, data, result) })
    }

    /// Sets a property.
    pub fn set(self, object: Value, name: &str, value: Value) -> Result<(), Thrown> {
        let name = self.string(name)?;
        // SAFETY: all are values of this environment.
        self.check(unsafe { api::napi_set_property(self.0, object.0, name.0, value.0) })
    }

    /// Reads a property; `undefined` if there is none.
    pub fn get(self, object: Value, name: &str) -> Result<Value, Thrown> {
        let name = self.string(name)?;
        // SAFETY: all are values of this environment.
        self.value(|env, result| unsafe { api::napi_get_property(env, object.0, name.0, result) })
    }

    /// Returns the global object.
    pub fn global(self) -> Result<Value, Thrown> {
        // SAFETY: the address is for a value.
        self.value(|env, result| unsafe { api::napi_get_global(env, result) })
    }

    /// Makes an object by a constructor with one argument.
    pub fn construct(self, constructor: Value, argument: Value) -> Result<Value, Thrown> {
        // SAFETY: all are values of this environment.
        self.value(|env, result| unsafe {
            api::napi_new_instance(env, constructor.0, 1, &raw const argument.0, result)
        })
    }

    /// Lets a function be called with data when an object is gone.
    ///
    /// # Safety
    ///
    /// The function may be called with the data once, on the thread of this environment.
    pub unsafe fn at_end_of(self, object: Value, data: *mut c_void, finalizer: Finalizer) -> Result<(), Thrown> {
        // SAFETY: the caller's promise.
        self.check(unsafe { api::napi_add_finalizer(self.0, object.0, data, finalizer, null_mut(), null_mut()) })
    }

    /// Returns the kind of a value, one of [`kind`].
    pub fn kind(self, value: Value) -> Result<i32, Thrown> {
        if value.0.is_null() {
            return Ok(kind::UNDEFINED);
        }
        let mut result = kind::UNDEFINED;
        // SAFETY: the value is of this environment.
        self.check(unsafe { api::napi_typeof(self.0, value.0, &raw mut result) })?;
        Ok(result)
    }

    /// Returns the value of a boolean; none if it isn't one.
    pub fn as_boolean(self, value: Value) -> Result<Option<bool>, Thrown> {
        let mut result = false;
        // SAFETY: the value is a boolean of this environment.
        self.known(value, kind::BOOLEAN, || unsafe { api::napi_get_value_bool(self.0, value.0, &raw mut result) })
            .map(|known| known.then_some(result))
    }

    /// Returns the value of a number; none if it isn't one.
    pub fn as_number(self, value: Value) -> Result<Option<f64>, Thrown> {
        let mut result = 0.0;
        // SAFETY: the value is a number of this environment.
        self.known(value, kind::NUMBER, || unsafe { api::napi_get_value_double(self.0, value.0, &raw mut result) })
            .map(|known| known.then_some(result))
    }

    /// Returns the bits of a `BigInt`, and true if a signed number of 64 bits has its value; none if it isn't one.
    pub fn as_signed(self, value: Value) -> Result<Option<(i64, bool)>, Thrown> {
        let (mut result, mut fits) = (0, false);
        // SAFETY: the value is a `BigInt` of this environment.
        self.known(value, kind::BIGINT, || unsafe {
            api::napi_get_value_bigint_int64(self.0, value.0, &raw mut result, &raw mut fits)
        })
        .map(|known| known.then_some((result, fits)))
    }

    /// Returns the bits of a `BigInt`, and true if an unsigned number of 64 bits has its value; none if it isn't one.
    pub fn as_unsigned(self, value: Value) -> Result<Option<(u64, bool)>, Thrown> {
        let (mut result, mut fits) = (0, false);
        // SAFETY: the value is a `BigInt` of this environment.
        self.known(value, kind::BIGINT, || unsafe {
            api::napi_get_value_bigint_uint64(self.0, value.0, &raw mut result, &raw mut fits)
        })
        .map(|known| known.then_some((result, fits)))
    }

    /// Returns the first code units of a string, as many as there is room for but one; none if it isn't a string.
    pub fn as_units(self, value: Value, units: &mut [u16]) -> Result<Option<usize>, Thrown> {
        let mut length = 0;
        let room = units.len();
        // SAFETY: the value is a string of this environment, and there is so much room.
        self.known(value, kind::STRING, || unsafe {
            api::napi_get_value_string_utf16(self.0, value.0, units.as_mut_ptr(), room, &raw mut length)
        })
        .map(|known| known.then_some(length))
    }

    /// Performs a function of Node-API for a value if it is of a kind; returns true then.
    fn known(self, value: Value, wanted: i32, get: impl FnOnce() -> api::Status) -> Result<bool, Thrown> {
        if self.kind(value)? != wanted {
            return Ok(false);
        }
        self.check(get())?;
        Ok(true)
    }
}
