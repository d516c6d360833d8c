//! An instance for the functions of JavaScript that call it, which share it: it is freed when the last of them is gone.

use alloc::boxed::Box;
use alloc::string::String;
use core::cell::Cell;
use core::ffi::{CStr, c_char, c_void};
use core::ptr::null_mut;

use aot_abi::library::{Options, Status};
use aot_library::c;

use crate::api::RawEnv;
use crate::js::{Env, ErrorClass, Thrown};

/// An instance, and the functions that share it.
pub struct Shared {
    instance: *mut c::Instance,
    users: Cell<usize>,
}

/// A function that JavaScript calls.
pub struct Callee {
    shared: *const Shared,
    /// The number of the exported function.
    pub number: u32,
}

impl Shared {
    /// Makes an instance, with one user.
    pub fn create(env: Env, options: *const Options) -> Result<*const Shared, Thrown> {
        let mut error = null_mut();
        // SAFETY: the options are such a structure, and the error is an address for a text.
        let instance = unsafe {
            c::aot_library_new(options, null_mut(), &raw mut error, null_mut(), None, null_mut(), null_mut())
        };
        if instance.is_null() {
            // SAFETY: a text of the library, freed once.
            let text = unsafe { text(error) };
            // SAFETY: as above.
            unsafe { c::aot_library_error_free(error) };
            return Err(env.throw(ErrorClass::Error, "NEW", &text));
        }
        Ok(Box::into_raw(Box::new(Shared { instance, users: Cell::new(1) })))
    }

    /// Ends the use of an instance, which the last frees.
    ///
    /// # Safety
    ///
    /// A user of it, which isn't one any more.
    pub unsafe fn release(shared: *const Shared) {
        // SAFETY: the caller's promise: it lives.
        let users = unsafe { &(*shared).users };
        users.set(users.get() - 1);
        if users.get() == 0 {
            // SAFETY: no function has it any more, and nothing runs in it.
            unsafe {
                let shared = Box::from_raw(shared.cast_mut());
                c::aot_library_free(shared.instance);
            }
        }
    }
}

impl Callee {
    /// Makes a function of an instance, as its user.
    ///
    /// # Safety
    ///
    /// The instance lives.
    pub unsafe fn create(shared: *const Shared, number: u32) -> *mut Callee {
        // SAFETY: the caller's promise.
        let users = unsafe { &(*shared).users };
        users.set(users.get() + 1);
        Box::into_raw(Box::new(Callee { shared, number }))
    }

    /// Calls the exported function, and returns whether it gave a value, nothing or an error.
    ///
    /// # Safety
    ///
    /// As for `aot_library_call_values`.
    pub unsafe fn call(&self, env: Env, arguments: &[u64]) -> Result<Status, Thrown> {
        // SAFETY: the instance lives as long as the function.
        let instance = unsafe { (*self.shared).instance };
        // SAFETY: the caller's promise; JavaScript runs on one thread.
        let status = unsafe { c::aot_library_call_values(instance, self.number, arguments.as_ptr()) };
        match Status::ALL.iter().find(|known| **known as u32 == status) {
            Some(status @ (Status::Ok | Status::None | Status::Err)) => Ok(*status),
            // SAFETY: the instance has no other user at the moment.
            Some(Status::Trap) => Err(trapped(env, &unsafe { text(c::aot_library_error(instance)) })),
            Some(status) => Err(env.throw(ErrorClass::Error, &status.name().to_ascii_uppercase(), status.meaning())),
            None => Err(env.throw(ErrorClass::Error, "SYSTEM", "nothing was called")),
        }
    }
}

/// Frees a function that JavaScript can't call any more.
///
/// # Safety
///
/// Node.js calls it once, with what [`Callee::create`] made.
pub unsafe extern "C" fn end(_: RawEnv, function: *mut c_void, _: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe {
        let function = Box::from_raw(function.cast::<Callee>());
        Shared::release(function.shared);
    }
}

/// Throws what a trap is for JavaScript: a `WebAssembly.RuntimeError`.
fn trapped(env: Env, text: &str) -> Thrown {
    let throw = || {
        let class = env.get(env.get(env.global()?, "WebAssembly")?, "RuntimeError")?;
        let error = env.construct(class, env.string(text)?)?;
        env.set(error, "code", env.string("TRAP")?)?;
        env.throw_value(error)
    };
    let _: Result<(), Thrown> = throw();
    Thrown
}

/// The text at an address, which may be null.
///
/// # Safety
///
/// Null, or a text that ends with a zero.
unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the caller's promise.
    String::from_utf8_lossy(unsafe { CStr::from_ptr(text) }.to_bytes()).into_owned()
}
