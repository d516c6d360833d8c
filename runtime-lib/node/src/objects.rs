//! Objects of classes: handles of resources that JavaScript owns.

use alloc::boxed::Box;
use alloc::string::String;
use core::ffi::c_void;
use core::ptr::null_mut;

use aot_foundation::program::addon;

use crate::api::{RawEnv, Tag};
use crate::instance::Shared;
use crate::js::{Env, ErrorClass, Thrown, Value};

/// A resource of an instance that an object of JavaScript owns.
pub struct Resource {
    /// The instance.
    pub shared: *const Shared,
    /// The handle.
    pub handle: u64,
    /// The number of the class.
    pub class: u32,
}

/// The mark of objects of a class of this addon: its address is no other addon's.
pub fn tag(class: u32) -> Tag {
    static MARK: u8 = 0;
    Tag { lower: (&raw const MARK).addr() as u64, upper: u64::from(class) }
}

/// Makes an object that of a resource.
pub fn adopt(env: Env, object: Value, resource: Resource) -> Result<(), Thrown> {
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
    // SAFETY: the caller's promise.
    unsafe {
        let resource = Box::from_raw(resource.cast::<Resource>());
        (*resource.shared).drop_resource(resource.handle, resource.class);
        Shared::release(resource.shared);
    }
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
    let object = env.construct(constructor, &[]);
    shared.adopted.set(None);
    object
}

/// Returns the name of a class, for errors.
pub fn wanted(class: u32) -> String {
    let addon = addon();
    let name = addon.classes.get(class as usize).map_or("a class", |class| addon.text(class.name));
    ["an object of ", name].concat()
}
