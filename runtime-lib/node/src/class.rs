//! Classes, which resource types are for JavaScript: their constructors, and the end of their objects.

use core::ptr::null_mut;

use aot_foundation::program::addon;
use aot_library::c;

use crate::api::{CallInfo, RawEnv, RawValue};
use crate::call;
use crate::instance::{Callee, Shared};
use crate::js::{Env, ErrorClass, Thrown, Value};
use crate::numbers::ARGUMENT;
use crate::objects::{Resource, adopt, tag};

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
        // A function is a class too; Node.js would keep one that is defined as such for ever.
        Callee::attach(env, callee, env.function(name, on_construct, callee.cast()))
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
            let status = unsafe {
                c::aot_library_resource_drop((*resource.shared).instance.get(), resource.handle, resource.class)
            };
            // SAFETY: as above.
            unsafe { callee.dropped(env, status) }?;
        }
        env.undefined()
    };
    dispose().map_or(null_mut(), |value| value.0)
}
