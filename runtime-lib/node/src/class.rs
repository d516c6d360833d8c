//! Classes, which resource types are for JavaScript, and their objects, which are handles.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::ffi::c_void;
use core::ptr::null_mut;

use aot_foundation::program::addon;
use aot_library::c;

use crate::api::{CallInfo, RawEnv, RawValue, Tag};
use crate::call;
use crate::instance::{Callee, Shared};
use crate::js::{Env, ErrorClass, Thrown, Value};
use crate::numbers::ARGUMENT;

/// A resource of an instance that an object of JavaScript owns.
struct Resource {
    shared: *const Shared,
    handle: u64,
    class: u32,
}

/// The mark of objects of a class of this addon: its address is no other addon's.
fn tag(class: u32) -> Tag {
    static MARK: u8 = 0;
    Tag { lower: (&raw const MARK).addr() as u64, upper: u64::from(class) }
}

/// Makes a class of an instance; `constructor` is the number of the exported function that makes its resources.
///
/// # Safety
///
/// The instance lives.
pub unsafe fn create(env: Env, shared: *const Shared, class: u32, constructor: Option<u32>) -> Result<Value, Thrown> {
    let addon = addon();
    let name = addon.classes.get(class as usize).map_or("", |class| addon.text(class.name));
    // SAFETY: the caller's promise.
    unsafe {
        let callee = Callee::create(shared, constructor, Some(class));
        Callee::attach(env, callee, env.class(name, on_construct, callee.cast()))
    }
}

/// Makes an object of a class: a resource that a result has, or that the constructor's function makes.
///
/// # Safety
///
/// Node.js calls it, with data that [`create`] made.
unsafe extern "C" fn on_construct(env: RawEnv, info: CallInfo) -> RawValue {
    // SAFETY: the caller's promise.
    let env = unsafe { Env::new(env) };
    let construct = || {
        let facts = env.call(info)?;
        // SAFETY: the caller's promise; the data lives as long as the class.
        let callee = unsafe { &*facts.data.cast::<Callee>() };
        // SAFETY: as above; the instance lives as long.
        let shared = unsafe { &*callee.shared };
        let class = callee.class.unwrap_or_default();
        let handle = match (shared.adopted.take(), callee.number) {
            (Some(handle), _) => handle,
            (None, Some(_)) if env.is_new(info)? => {
                // SAFETY: nothing runs in the instance while JavaScript does.
                unsafe { call::perform_for_handle(env, callee, &facts) }?
            }
            (None, number) => {
                let text = if number.is_some() { "the constructor needs new" } else { "the class has no constructor" };
                return Err(env.throw(ErrorClass::Type, ARGUMENT, text));
            }
        };
        adopt(env, facts.this, Resource { shared: callee.shared, handle, class })?;
        Ok::<_, Thrown>(facts.this)
    };
    construct().map_or(null_mut(), |value| value.0)
}

fn adopt(env: Env, object: Value, resource: Resource) -> Result<(), Thrown> {
    let class = resource.class;
    // SAFETY: the resource's maker is a user of the instance.
    unsafe { Shared::retain(resource.shared) };
    let data: *mut c_void = Box::into_raw(Box::new(resource)).cast();
    // SAFETY: the data is used until then, on this thread.
    let result = unsafe { env.wrap(object, &tag(class), data, on_gone) };
    if result.is_err() {
        // SAFETY: JavaScript didn't get it.
        unsafe { on_gone(null_mut(), data, null_mut()) };
    }
    result
}

/// Drops a resource that JavaScript can't reach any more. One that was given away, or dropped, is none.
///
/// # Safety
///
/// Node.js calls it once, with what [`adopt`] made.
unsafe extern "C" fn on_gone(_: RawEnv, resource: *mut c_void, _: *mut c_void) {
    // SAFETY: the caller's promise; nothing runs in the instance while JavaScript does.
    unsafe {
        let resource = Box::from_raw(resource.cast::<Resource>());
        c::aot_library_resource_drop((*resource.shared).instance, resource.handle, resource.class);
        Shared::release(resource.shared);
    }
}

/// Drops the resource of an object at once: its method `[Symbol.dispose]`.
///
/// # Safety
///
/// Node.js calls it, with data that [`Callee::create`] made.
pub unsafe extern "C" fn on_dispose(env: RawEnv, info: CallInfo) -> RawValue {
    // SAFETY: the caller's promise.
    let env = unsafe { Env::new(env) };
    let dispose = || {
        let call = env.call(info)?;
        // SAFETY: the caller's promise; the data lives as long as the function.
        let callee = unsafe { &*call.data.cast::<Callee>() };
        let class = callee.class.unwrap_or_default();
        if let Some(resource) = env.unwrap(call.this, &tag(class))? {
            // SAFETY: objects with the mark have such data, and nothing runs in the instance.
            let resource = unsafe { &*resource.cast::<Resource>() };
            // SAFETY: as above.
            let status =
                unsafe { c::aot_library_resource_drop((*resource.shared).instance, resource.handle, resource.class) };
            // SAFETY: as above.
            unsafe { callee.dropped(env, status) }?;
        }
        env.undefined()
    };
    dispose().map_or(null_mut(), |value| value.0)
}

/// Returns the handle that an object of a class is; none for what isn't one.
pub fn handle_of(env: Env, value: Value, class: u32) -> Result<Option<u64>, Thrown> {
    let resource = env.unwrap(value, &tag(class))?;
    // SAFETY: objects with the mark have such data.
    Ok(resource.map(|resource| unsafe { (*resource.cast::<Resource>()).handle }))
}

/// Makes an object of a handle that a result has.
pub fn object_of(env: Env, shared: &Shared, class: u32, handle: u64) -> Result<Value, Thrown> {
    let gone = || env.throw(ErrorClass::Error, "SYSTEM", "the class of a result is gone");
    let constructor = match shared.classes.borrow().get(class as usize) {
        Some(Some(reference)) => reference.value(env)?,
        _ => None,
    };
    let constructor = constructor.ok_or_else(gone)?;
    shared.adopted.set(Some(handle));
    let object = env.construct(constructor, env.undefined()?);
    shared.adopted.set(None);
    object
}

/// Returns the name of a class, for errors.
pub fn wanted(class: u32) -> String {
    let addon = addon();
    format!("an object of {}", addon.classes.get(class as usize).map_or("a class", |class| addon.text(class.name)))
}
