//! Node-API as its header declares it: the types and functions of `aot_abi::library::NODE_API_VERSION` that an addon uses. Node.js
//! defines them.

use core::ffi::{c_char, c_void};

/// The environment of an addon, one for each thread of JavaScript that loads it.
pub type RawEnv = *mut c_void;
/// A value of JavaScript, which lives as long as the call from JavaScript.
pub type RawValue = *mut c_void;
/// The facts of a call from JavaScript.
pub type CallInfo = *mut c_void;
/// The outcome of a function of Node-API.
pub type Status = i32;
/// A function that JavaScript calls. Null stands for an exception that it has thrown.
pub type Callback = unsafe extern "C" fn(RawEnv, CallInfo) -> RawValue;
/// A function that Node.js calls when an object is gone: its data, and the hint.
pub type Finalizer = unsafe extern "C" fn(RawEnv, *mut c_void, *mut c_void);

/// A mark of objects, by which an addon knows its own.
#[repr(C)]
pub struct Tag {
    /// The lower half.
    pub lower: u64,
    /// The upper half.
    pub upper: u64,
}

/// A property of an object.
#[repr(C)]
pub struct Property {
    pub utf8_name: *const c_char,
    pub name: RawValue,
    pub method: Option<Callback>,
    pub getter: Option<Callback>,
    pub setter: Option<Callback>,
    pub value: RawValue,
    pub attributes: i32,
    pub data: *mut c_void,
}

/// Attributes of methods: a property that isn't enumerable.
pub const WRITABLE_CONFIGURABLE: i32 = 1 | 4;
/// The attribute of an enumerable property.
pub const ENUMERABLE: i32 = 2;

/// Outcome of a function that did what it is for.
pub const OK: Status = 0;
/// Outcome of a function that JavaScript's exception prevents.
pub const PENDING_EXCEPTION: Status = 10;

/// Kinds of values, as `napi_typeof` tells them.
pub mod kind {
    /// A boolean.
    pub const BOOLEAN: i32 = 2;
    /// A number.
    pub const NUMBER: i32 = 3;
    /// A string.
    pub const STRING: i32 = 4;
    /// A `BigInt`.
    pub const BIGINT: i32 = 9;
    /// No value.
    pub const UNDEFINED: i32 = 0;
    /// No object.
    pub const NULL: i32 = 1;
    /// A symbol.
    pub const SYMBOL: i32 = 5;
    /// An object, which an array is too.
    pub const OBJECT: i32 = 6;
    /// A function, which a class is too.
    pub const FUNCTION: i32 = 7;
}

unsafe extern "C" {
    pub fn napi_add_finalizer(
        env: RawEnv,
        object: RawValue,
        data: *mut c_void,
        finalizer: Finalizer,
        hint: *mut c_void,
        reference: *mut *mut c_void,
    ) -> Status;
    pub fn napi_call_function(
        env: RawEnv,
        this: RawValue,
        function: RawValue,
        count: usize,
        arguments: *const RawValue,
        result: *mut RawValue,
    ) -> Status;
    pub fn napi_check_object_type_tag(env: RawEnv, object: RawValue, tag: *const Tag, result: *mut bool) -> Status;
    pub fn napi_close_handle_scope(env: RawEnv, scope: *mut c_void) -> Status;
    pub fn napi_create_array_with_length(env: RawEnv, length: usize, result: *mut RawValue) -> Status;
    pub fn napi_create_arraybuffer(env: RawEnv, bytes: usize, data: *mut *mut u8, result: *mut RawValue) -> Status;
    pub fn napi_create_bigint_int64(env: RawEnv, value: i64, result: *mut RawValue) -> Status;
    pub fn napi_create_bigint_uint64(env: RawEnv, value: u64, result: *mut RawValue) -> Status;
    pub fn napi_create_double(env: RawEnv, value: f64, result: *mut RawValue) -> Status;
    pub fn napi_create_error(env: RawEnv, code: RawValue, text: RawValue, result: *mut RawValue) -> Status;
    pub fn napi_create_function(
        env: RawEnv,
        name: *const c_char,
        bytes: usize,
        callback: Callback,
        data: *mut c_void,
        result: *mut RawValue,
    ) -> Status;
    pub fn napi_create_object(env: RawEnv, result: *mut RawValue) -> Status;
    pub fn napi_create_range_error(env: RawEnv, code: RawValue, text: RawValue, result: *mut RawValue) -> Status;
    pub fn napi_create_string_utf8(env: RawEnv, text: *const c_char, bytes: usize, result: *mut RawValue) -> Status;
    pub fn napi_create_type_error(env: RawEnv, code: RawValue, text: RawValue, result: *mut RawValue) -> Status;
    pub fn napi_create_typedarray(
        env: RawEnv,
        element: i32,
        length: usize,
        buffer: RawValue,
        offset: usize,
        result: *mut RawValue,
    ) -> Status;
    pub fn napi_create_reference(env: RawEnv, value: RawValue, count: u32, result: *mut *mut c_void) -> Status;
    pub fn napi_define_properties(env: RawEnv, object: RawValue, count: usize, properties: *const Property) -> Status;
    pub fn napi_delete_reference(env: RawEnv, reference: *mut c_void) -> Status;
    pub fn napi_get_and_clear_last_exception(env: RawEnv, result: *mut RawValue) -> Status;
    pub fn napi_get_array_length(env: RawEnv, array: RawValue, result: *mut u32) -> Status;
    pub fn napi_get_boolean(env: RawEnv, value: bool, result: *mut RawValue) -> Status;
    pub fn napi_get_cb_info(
        env: RawEnv,
        info: CallInfo,
        count: *mut usize,
        arguments: *mut RawValue,
        this: *mut RawValue,
        data: *mut *mut c_void,
    ) -> Status;
    pub fn napi_get_element(env: RawEnv, array: RawValue, index: u32, result: *mut RawValue) -> Status;
    pub fn napi_get_global(env: RawEnv, result: *mut RawValue) -> Status;
    pub fn napi_get_new_target(env: RawEnv, info: CallInfo, result: *mut RawValue) -> Status;
    pub fn napi_get_property_names(env: RawEnv, object: RawValue, result: *mut RawValue) -> Status;
    pub fn napi_get_reference_value(env: RawEnv, reference: *mut c_void, result: *mut RawValue) -> Status;
    pub fn napi_get_property(env: RawEnv, object: RawValue, key: RawValue, result: *mut RawValue) -> Status;
    pub fn napi_get_typedarray_info(
        env: RawEnv,
        array: RawValue,
        element: *mut i32,
        length: *mut usize,
        data: *mut *mut u8,
        buffer: *mut RawValue,
        offset: *mut usize,
    ) -> Status;
    pub fn napi_get_undefined(env: RawEnv, result: *mut RawValue) -> Status;
    pub fn napi_get_value_bigint_int64(env: RawEnv, value: RawValue, result: *mut i64, lossless: *mut bool) -> Status;
    pub fn napi_get_value_bigint_uint64(env: RawEnv, value: RawValue, result: *mut u64, lossless: *mut bool) -> Status;
    pub fn napi_get_value_bool(env: RawEnv, value: RawValue, result: *mut bool) -> Status;
    pub fn napi_get_value_double(env: RawEnv, value: RawValue, result: *mut f64) -> Status;
    pub fn napi_get_value_string_utf16(
        env: RawEnv,
        value: RawValue,
        units: *mut u16,
        capacity: usize,
        length: *mut usize,
    ) -> Status;
    pub fn napi_get_value_string_utf8(
        env: RawEnv,
        value: RawValue,
        text: *mut u8,
        capacity: usize,
        length: *mut usize,
    ) -> Status;
    pub fn napi_has_own_property(env: RawEnv, object: RawValue, key: RawValue, result: *mut bool) -> Status;
    pub fn napi_instanceof(env: RawEnv, object: RawValue, class: RawValue, result: *mut bool) -> Status;
    pub fn napi_is_array(env: RawEnv, value: RawValue, result: *mut bool) -> Status;
    pub fn napi_is_error(env: RawEnv, value: RawValue, result: *mut bool) -> Status;
    pub fn napi_is_typedarray(env: RawEnv, value: RawValue, result: *mut bool) -> Status;
    pub fn napi_new_instance(
        env: RawEnv,
        constructor: RawValue,
        count: usize,
        arguments: *const RawValue,
        result: *mut RawValue,
    ) -> Status;
    pub fn napi_open_handle_scope(env: RawEnv, scope: *mut *mut c_void) -> Status;
    pub fn napi_set_element(env: RawEnv, array: RawValue, index: u32, value: RawValue) -> Status;
    pub fn napi_set_property(env: RawEnv, object: RawValue, key: RawValue, value: RawValue) -> Status;
    pub fn napi_throw(env: RawEnv, error: RawValue) -> Status;
    pub fn napi_type_tag_object(env: RawEnv, object: RawValue, tag: *const Tag) -> Status;
    pub fn napi_unwrap(env: RawEnv, object: RawValue, data: *mut *mut c_void) -> Status;
    pub fn napi_wrap(
        env: RawEnv,
        object: RawValue,
        data: *mut c_void,
        finalizer: Finalizer,
        hint: *mut c_void,
        reference: *mut *mut c_void,
    ) -> Status;
    pub fn napi_typeof(env: RawEnv, value: RawValue, result: *mut i32) -> Status;
}
