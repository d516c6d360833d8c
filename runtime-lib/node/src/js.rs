//! JavaScript through Node-API: values, and exceptions as errors of Rust.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ffi::{c_char, c_void};
use core::ptr::null_mut;

use crate::api::{
    self, CallInfo, Callback, ENUMERABLE, Finalizer, Property, RawEnv, RawValue, Tag, WRITABLE_CONFIGURABLE, kind,
};

/// An exception of JavaScript, which is pending: nothing but the return to JavaScript is left to do.
#[derive(Debug)]
pub struct Thrown;

/// The environment during a call from JavaScript.
#[derive(Clone, Copy)]
pub struct Env(RawEnv);

/// A value of JavaScript, during a call from it.
#[derive(Clone, Copy)]
#[repr(transparent)]
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
    /// The object on which the function is called.
    pub this: Value,
    /// The first arguments; what the caller leaves out is `undefined`.
    first: [Value; ARGUMENTS_FIRST],
    /// The arguments behind them.
    rest: Vec<Value>,
    /// The data of the function.
    pub data: *mut c_void,
}

/// The arguments for which a call always has room.
const ARGUMENTS_FIRST: usize = 16;

impl Call {
    /// Returns the arguments in their order; those that the caller leaves out are `undefined`, or at the end missing.
    pub fn arguments(&self) -> impl Iterator<Item = Value> {
        self.first.iter().chain(&self.rest).copied()
    }
}

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
        let mut first = [null_mut(); ARGUMENTS_FIRST];
        let (mut count, mut this, mut data) = (ARGUMENTS_FIRST, null_mut(), null_mut());
        // SAFETY: the arguments have room for as many as the count says, which becomes that of all.
        self.check(unsafe {
            api::napi_get_cb_info(self.0, info, &raw mut count, first.as_mut_ptr(), &raw mut this, &raw mut data)
        })?;
        let mut rest = Vec::new();
        if count > ARGUMENTS_FIRST {
            let mut all = vec![null_mut(); count];
            // SAFETY: as above.
            self.check(unsafe {
                api::napi_get_cb_info(self.0, info, &raw mut count, all.as_mut_ptr(), null_mut(), null_mut())
            })?;
            rest.extend(all.into_iter().skip(ARGUMENTS_FIRST).map(Value));
        }
        Ok(Call { this: Value(this), first: first.map(Value), rest, data })
    }

    /// Throws an error with a code.
    pub fn throw(self, class: ErrorClass, code: &str, text: &str) -> Thrown {
        let _: Result<(), Thrown> = self.error(class, code, text).and_then(|error| self.throw_value(error));
        Thrown
    }

    /// Makes an error with a code.
    fn error(self, class: ErrorClass, code: &str, text: &str) -> Result<Value, Thrown> {
        self.error_of(class, code, self.string(text)?)
    }

    /// Makes an error with a code, whose text is a string.
    pub fn error_of(self, class: ErrorClass, code: &str, text: Value) -> Result<Value, Thrown> {
        let create = match class {
            ErrorClass::Type => api::napi_create_type_error,
            ErrorClass::Range => api::napi_create_range_error,
            ErrorClass::Error => api::napi_create_error,
        };
        let code = self.string(code)?;
        // SAFETY: both are strings of this environment.
        self.value(|env, result| unsafe { create(env, code.0, text.0, result) })
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

    /// Makes an object by a constructor.
    pub fn construct(self, constructor: Value, arguments: &[Value]) -> Result<Value, Thrown> {
        // SAFETY: all are values of this environment, and there are as many arguments.
        self.value(|env, result| unsafe {
            api::napi_new_instance(env, constructor.0, arguments.len(), arguments.as_ptr().cast(), result)
        })
    }

    /// Calls a function of JavaScript.
    pub fn perform(self, this: Value, function: Value, arguments: &[Value]) -> Result<Value, Thrown> {
        // SAFETY: all are values of this environment, and there are as many arguments.
        self.value(|env, result| unsafe {
            api::napi_call_function(env, this.0, function.0, arguments.len(), arguments.as_ptr().cast(), result)
        })
    }

    /// Takes the exception that is pending; none if there is none that can be taken.
    pub fn caught(self) -> Option<Value> {
        let mut result = null_mut();
        // SAFETY: the address is for a value.
        let status = unsafe { api::napi_get_and_clear_last_exception(self.0, &raw mut result) };
        (status == api::OK && !result.is_null()).then_some(Value(result))
    }

    /// Returns true for an error of JavaScript.
    pub fn is_error(self, value: Value) -> Result<bool, Thrown> {
        let mut result = false;
        // SAFETY: the value is of this environment.
        self.check(unsafe { api::napi_is_error(self.0, value.0, &raw mut result) })?;
        Ok(result)
    }

    /// Returns true for an object of a class, or of one that extends it.
    pub fn is_instance(self, value: Value, class: Value) -> Result<bool, Thrown> {
        let mut result = false;
        if self.kind(value)? == kind::OBJECT {
            // SAFETY: both are values of this environment.
            self.check(unsafe { api::napi_instanceof(self.0, value.0, class.0, &raw mut result) })?;
        }
        Ok(result)
    }

    /// Returns true for an object that has a property of its own.
    pub fn has_own(self, object: Value, name: &str) -> Result<bool, Thrown> {
        let mut result = false;
        if matches!(self.kind(object)?, kind::OBJECT | kind::FUNCTION) {
            let name = self.string(name)?;
            // SAFETY: both are values of this environment.
            self.check(unsafe { api::napi_has_own_property(self.0, object.0, name.0, &raw mut result) })?;
        }
        Ok(result)
    }

    /// Reads the property of an object that a symbol of JavaScript names; none if JavaScript has no such symbol.
    pub fn get_by_symbol(self, object: Value, symbol: &str) -> Result<Option<Value>, Thrown> {
        let symbol = self.get(self.get(self.global()?, "Symbol")?, symbol)?;
        if self.kind(symbol)? != kind::SYMBOL {
            return Ok(None);
        }
        // SAFETY: both are values of this environment.
        self.value(|env, result| unsafe { api::napi_get_property(env, object.0, symbol.0, result) }).map(Some)
    }

    /// The environment as Node.js has it.
    pub fn raw(self) -> RawEnv {
        self.0
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

    /// Returns the UTF-8 of a string, in whose place what isn't Unicode is a replacement character; none if it isn't a string. The
    /// text is written to room that `allocate` gives, one byte longer than the text.
    pub fn as_text(
        self,
        value: Value,
        allocate: impl FnOnce(usize) -> Result<*mut u8, Thrown>,
    ) -> Result<Option<(*mut u8, usize)>, Thrown> {
        let mut length = 0;
        // SAFETY: the value is a string of this environment, whose length alone is asked for.
        let is_string = self.known(value, kind::STRING, || unsafe {
            api::napi_get_value_string_utf8(self.0, value.0, null_mut(), 0, &raw mut length)
        })?;
        if !is_string {
            return Ok(None);
        }
        let text = allocate(length + 1)?;
        // SAFETY: there is so much room.
        self.check(unsafe { api::napi_get_value_string_utf8(self.0, value.0, text, length + 1, &raw mut length) })?;
        Ok(Some((text, length)))
    }

    /// Returns the text of a string; none if it isn't one.
    pub fn as_owned_text(self, value: Value) -> Result<Option<String>, Thrown> {
        let mut bytes: Vec<u8> = Vec::new();
        let text = self.as_text(value, |room| {
            bytes.resize(room, 0);
            Ok(bytes.as_mut_ptr())
        })?;
        Ok(text.map(|(_, length)| String::from_utf8_lossy(bytes.get(..length).unwrap_or_default()).into_owned()))
    }

    /// Returns the length of an array; none if it isn't one.
    pub fn as_array(self, value: Value) -> Result<Option<u32>, Thrown> {
        let (mut is_array, mut length) = (false, 0);
        if value.0.is_null() {
            return Ok(None);
        }
        // SAFETY: the value is of this environment.
        self.check(unsafe { api::napi_is_array(self.0, value.0, &raw mut is_array) })?;
        if !is_array {
            return Ok(None);
        }
        // SAFETY: as above, and it is an array.
        self.check(unsafe { api::napi_get_array_length(self.0, value.0, &raw mut length) })?;
        Ok(Some(length))
    }

    /// Returns the elements of a typed array: their type's number, the first one's address, and their count; none if it isn't one.
    /// They stay where they are until JavaScript runs again.
    pub fn as_typed_array(self, value: Value) -> Result<Option<(i32, *mut u8, usize)>, Thrown> {
        let mut is_typed_array = false;
        if value.0.is_null() {
            return Ok(None);
        }
        // SAFETY: the value is of this environment.
        self.check(unsafe { api::napi_is_typedarray(self.0, value.0, &raw mut is_typed_array) })?;
        if !is_typed_array {
            return Ok(None);
        }
        let (mut element, mut length, mut data) = (0, 0, null_mut());
        // SAFETY: as above, and it is a typed array.
        self.check(unsafe {
            api::napi_get_typedarray_info(
                self.0,
                value.0,
                &raw mut element,
                &raw mut length,
                &raw mut data,
                null_mut(),
                null_mut(),
            )
        })?;
        Ok(Some((element, data, length)))
    }

    /// Makes a typed array of elements of this type, which has a number, and `fill` writes them.
    pub fn typed_array(
        self,
        element: i32,
        length: usize,
        bytes: usize,
        fill: impl FnOnce(*mut u8),
    ) -> Result<Value, Thrown> {
        let mut data = null_mut();
        // SAFETY: the addresses are for a value and an address.
        let buffer =
            self.value(|env, result| unsafe { api::napi_create_arraybuffer(env, bytes, &raw mut data, result) })?;
        fill(data);
        // SAFETY: the buffer has room for as many elements.
        self.value(|env, result| unsafe { api::napi_create_typedarray(env, element, length, buffer.0, 0, result) })
    }

    /// Makes an array of so many elements.
    pub fn array(self, length: usize) -> Result<Value, Thrown> {
        // SAFETY: the address is for a value.
        self.value(|env, result| unsafe { api::napi_create_array_with_length(env, length, result) })
    }

    /// Reads an element of an array.
    pub fn element(self, array: Value, index: u32) -> Result<Value, Thrown> {
        // SAFETY: the array is of this environment.
        self.value(|env, result| unsafe { api::napi_get_element(env, array.0, index, result) })
    }

    /// Sets an element of an array.
    pub fn set_element(self, array: Value, index: u32, value: Value) -> Result<(), Thrown> {
        // SAFETY: all are values of this environment.
        self.check(unsafe { api::napi_set_element(self.0, array.0, index, value.0) })
    }

    /// Performs something whose values are of no use afterwards, so that they don't pile up.
    pub fn scoped(self, body: impl FnOnce() -> Result<(), Thrown>) -> Result<(), Thrown> {
        let mut scope = null_mut();
        // SAFETY: the address is for a scope, which is closed once.
        self.check(unsafe { api::napi_open_handle_scope(self.0, &raw mut scope) })?;
        let result = body();
        // SAFETY: as above. It works with an exception pending too.
        unsafe { api::napi_close_handle_scope(self.0, scope) };
        result
    }

    /// Returns true for `undefined` and `null`.
    pub fn is_nothing(self, value: Value) -> Result<bool, Thrown> {
        Ok(matches!(self.kind(value)?, kind::UNDEFINED | kind::NULL))
    }

    /// Returns true for a call of a constructor by `new`.
    pub fn is_new(self, info: CallInfo) -> Result<bool, Thrown> {
        // SAFETY: Node.js passed the facts of this call.
        let target = self.value(|env, result| unsafe { api::napi_get_new_target(env, info, result) })?;
        Ok(!target.0.is_null())
    }

    /// Defines a property that isn't enumerable, as methods are.
    pub fn define(self, object: Value, name: Value, value: Value) -> Result<(), Thrown> {
        self.define_with(object, name, value, WRITABLE_CONFIGURABLE)
    }

    /// Defines an enumerable property, whatever it is called: setting `__proto__` would do something else.
    pub fn export(self, object: Value, name: &str, value: Value) -> Result<(), Thrown> {
        self.define_with(object, self.string(name)?, value, WRITABLE_CONFIGURABLE | ENUMERABLE)
    }

    /// Defines an enumerable property that functions of JavaScript read and write.
    pub fn accessors(self, object: Value, name: &str, getter: Value, setter: Value) -> Result<(), Thrown> {
        let class = self.get(self.global()?, "Object")?;
        let property = self.object()?;
        self.set(property, "get", getter)?;
        self.set(property, "set", setter)?;
        self.set(property, "enumerable", self.boolean(true)?)?;
        self.perform(class, self.get(class, "defineProperty")?, &[object, self.string(name)?, property]).map(drop)
    }

    fn define_with(self, object: Value, name: Value, value: Value, attributes: i32) -> Result<(), Thrown> {
        let property = Property {
            utf8_name: core::ptr::null(),
            name: name.0,
            method: None,
            getter: None,
            setter: None,
            value: value.0,
            attributes,
            data: null_mut(),
        };
        // SAFETY: all are values of this environment.
        self.check(unsafe { api::napi_define_properties(self.0, object.0, 1, &raw const property) })
    }

    /// Makes an object that of native data, which is ended by a function when the object is gone, and marks it.
    ///
    /// # Safety
    ///
    /// As for [`Env::at_end_of`].
    pub unsafe fn wrap(self, object: Value, tag: &Tag, data: *mut c_void, finalizer: Finalizer) -> Result<(), Thrown> {
        // Marked first: after an error, nothing ends the data but the caller.
        // SAFETY: the object is of this environment.
        self.check(unsafe { api::napi_type_tag_object(self.0, object.0, tag) })?;
        // SAFETY: the caller's promise.
        self.check(unsafe { api::napi_wrap(self.0, object.0, data, finalizer, null_mut(), null_mut()) })
    }

    /// Returns the native data of an object with this mark; none for what isn't one.
    pub fn unwrap(self, value: Value, tag: &Tag) -> Result<Option<*mut c_void>, Thrown> {
        let (mut is_tagged, mut data) = (false, null_mut());
        if self.kind(value)? != kind::OBJECT {
            return Ok(None);
        }
        // SAFETY: the value is an object of this environment.
        self.check(unsafe { api::napi_check_object_type_tag(self.0, value.0, tag, &raw mut is_tagged) })?;
        if !is_tagged {
            return Ok(None);
        }
        // SAFETY: as above.
        self.check(unsafe { api::napi_unwrap(self.0, value.0, &raw mut data) })?;
        Ok(Some(data))
    }

    /// Makes a reference to a value that doesn't keep it.
    pub fn reference(self, value: Value) -> Result<Reference, Thrown> {
        let mut reference = null_mut();
        // SAFETY: the value is of this environment.
        self.check(unsafe { api::napi_create_reference(self.0, value.0, 0, &raw mut reference) })?;
        Ok(Reference { env: self.0, reference })
    }

    /// Makes an array of the names of an object's properties.
    pub fn property_names(self, object: Value) -> Result<Value, Thrown> {
        // SAFETY: the object is of this environment.
        self.value(|env, result| unsafe { api::napi_get_property_names(env, object.0, result) })
    }
}

/// A reference to a value that doesn't keep it.
pub struct Reference {
    env: RawEnv,
    reference: *mut c_void,
}

impl Reference {
    /// Returns the value if it is there still.
    pub fn value(&self, env: Env) -> Result<Option<Value>, Thrown> {
        // SAFETY: the reference is of this environment.
        let value = env.value(|env, result| unsafe { api::napi_get_reference_value(env, self.reference, result) })?;
        Ok(if value.0.is_null() { None } else { Some(value) })
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        // SAFETY: it is dropped on the thread of its environment, once.
        unsafe { api::napi_delete_reference(self.env, self.reference) };
    }
}
