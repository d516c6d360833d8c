//! An instance for the functions of JavaScript that call it, which share it: it is freed when the last of them is gone.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::ffi::{CStr, c_char, c_void};
use core::ptr::{null, null_mut};

use aot_abi::exports::FLAT_PARAMS_MAX;
use aot_abi::library::{Options, Status};
use aot_abi::symbols;
use aot_foundation::program;
use aot_library::c;

use crate::api::RawEnv;
use crate::imports::Imports;
use crate::interrupts;
use crate::js::{Env, ErrorClass, Reference, Thrown, Value};
use crate::options;

/// An instance, and what of JavaScript uses it.
pub struct Shared {
    /// The instance; null until it is made.
    pub instance: Cell<*mut c::Handle>,
    /// The environment in which it is called.
    env: RawEnv,
    users: Cell<usize>,
    /// The classes, which their functions keep.
    pub classes: RefCell<Vec<Option<Reference>>>,
    /// The handle that the next object of a class gets.
    pub adopted: Cell<Option<u64>>,
    /// Functions and classes that JavaScript gave it.
    pub imports: Imports,
    /// Handles and classes of resources that JavaScript can't reach any more, which were found while the instance ran.
    gone: RefCell<Vec<(u64, u32)>>,
}

/// A function or a class that JavaScript calls.
pub struct Callee {
    /// The instance.
    pub shared: *const Shared,
    /// The number of the exported function, if one is called.
    pub number: Option<u32>,
    /// The number of the class that it is, or belongs to.
    pub class: Option<u32>,
}

unsafe extern "C" {
    fn aot_node_new(options: *const Options, imports: *const c_void, error: *mut *mut c_char) -> *mut c_void;
}
const _: () = assert!(aot_foundation::same_name("aot_node_new", symbols::NODE_NEW));

/// A function that makes the structure of imports, in words, for an instance; `None` if it has none.
type MakeStructure = fn(*const Shared) -> Option<Box<[u64]>>;

impl Shared {
    /// Makes an instance, with one user. `structure` makes the structure of imports, whose context this is.
    ///
    /// # Safety
    ///
    /// The options are such a structure.
    pub unsafe fn create(
        env: Env,
        options: *const Options,
        (imports, structure): (Imports, MakeStructure),
    ) -> Result<*const Shared, Thrown> {
        let shared = Box::into_raw(Box::new(Shared {
            instance: Cell::new(null_mut()),
            env: env.raw(),
            users: Cell::new(1),
            classes: RefCell::default(),
            adopted: Cell::new(None),
            imports,
            gone: RefCell::default(),
        }));
        let (mut error, structure) = (null_mut(), structure(shared));
        // SAFETY: the caller's promise, and the error is an address for a text. The start-up may call imports.
        unsafe {
            let structure = structure.as_deref().map_or(null(), <[u64]>::as_ptr);
            let instance: *mut c::Handle = aot_node_new(options, structure.cast(), &raw mut error).cast();
            if !instance.is_null() {
                (*shared).instance.set(instance);
                return Ok(shared);
            }
            // A text of the library, freed once.
            let text = options::in_javascript(&text(error));
            c::aot_library_error_free(error);
            let error =
                with_cause(env, &(*shared).imports, env.error_of(ErrorClass::Error, "NEW", env.string(&text)?)?);
            Shared::release(shared);
            env.throw_value(error?)?;
        }
        Err(Thrown)
    }

    /// The environment, while JavaScript calls something of the instance.
    ///
    /// # Safety
    ///
    /// The thread is that of the environment, which isn't gone.
    pub unsafe fn env(&self) -> Env {
        // SAFETY: the caller's promise.
        unsafe { Env::new(self.env) }
    }

    /// Drops a resource that JavaScript can't reach any more. If the instance runs, that is done when it does no more.
    ///
    /// # Safety
    ///
    /// The thread is that of the environment.
    pub unsafe fn drop_resource(&self, handle: u64, class: u32) {
        // SAFETY: the caller's promise: the instance lives.
        let status = unsafe { c::aot_library_resource_drop(self.instance.get(), handle, class) };
        if status == Status::Busy as u32 {
            self.gone.borrow_mut().push((handle, class));
        }
    }

    /// Drops the resources that were found while the instance ran.
    ///
    /// # Safety
    ///
    /// As for [`Shared::drop_resource`].
    unsafe fn drop_gone(&self) {
        if self.gone.borrow().is_empty() {
            return;
        }
        for (handle, class) in self.gone.take() {
            // SAFETY: the caller's promise.
            unsafe { self.drop_resource(handle, class) };
        }
    }

    /// Begins a further use of an instance.
    ///
    /// # Safety
    ///
    /// It lives.
    pub unsafe fn retain(shared: *const Shared) {
        // SAFETY: the caller's promise.
        let users = unsafe { &(*shared).users };
        users.set(users.get() + 1);
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
            // SAFETY: nobody has it any more, and nothing runs in it.
            unsafe {
                let shared = Box::from_raw(shared.cast_mut());
                interrupts::remove(shared.instance.get());
                c::aot_library_free(shared.instance.get());
            }
        }
    }
}

impl Callee {
    /// Makes a function or class of an instance, as its user.
    ///
    /// # Safety
    ///
    /// The instance lives.
    pub unsafe fn create(shared: *const Shared, number: Option<u32>, class: Option<u32>) -> *mut Callee {
        // SAFETY: the caller's promise.
        unsafe { Shared::retain(shared) };
        Box::into_raw(Box::new(Callee { shared, number, class }))
    }

    /// Lets a callee live as long as its function, or frees it if that couldn't be made.
    ///
    /// # Safety
    ///
    /// [`Callee::create`] made it, for this function alone.
    pub unsafe fn attach(env: Env, callee: *mut Callee, function: Result<Value, Thrown>) -> Result<Value, Thrown> {
        let function = function.and_then(|function| {
            // SAFETY: the data is used until then, on this thread.
            unsafe { env.at_end_of(function, callee.cast(), end) }?;
            Ok(function)
        });
        if function.is_err() {
            // SAFETY: JavaScript didn't get it.
            unsafe { end(null_mut(), callee.cast(), null_mut()) };
        }
        function
    }

    /// Turns the status of a handle's end into an exception.
    ///
    /// # Safety
    ///
    /// Nothing runs in the instance.
    pub unsafe fn dropped(&self, env: Env, status: u32) -> Result<(), Thrown> {
        match Status::ALL.iter().find(|known| **known as u32 == status) {
            // One that is gone already needs no end.
            Some(Status::Argument | Status::Ended) => Ok(()),
            // SAFETY: the caller's promise.
            _ => unsafe { self.outcome(env, status) }.map(drop),
        }
    }

    /// Calls the exported function: a [`Status`]. Functions of core modules can be called while the instance runs.
    ///
    /// # Safety
    ///
    /// As for `aot_library_call_values`.
    pub unsafe fn call(&self, arguments: &[u64]) -> u32 {
        let number = self.number.unwrap_or(u32::MAX);
        let params = program::value_functions().get(number as usize).map_or(0, |function| function.count as usize);
        let is_of_module = program::program().component_instances == 0 && params <= FLAT_PARAMS_MAX;
        let call = if is_of_module { c::aot_library_call } else { c::aot_library_call_values };
        // SAFETY: the caller's promise, and the instance lives as long as the function; JavaScript runs on one thread. Functions
        // of core modules are of numbers.
        unsafe {
            let status = call((*self.shared).instance.get(), number, arguments.as_ptr());
            (*self.shared).drop_gone();
            status
        }
    }

    /// Turns the status of a call into what the function gave, a value, nothing or an error, or into an exception.
    ///
    /// # Safety
    ///
    /// Nothing runs in the instance.
    pub unsafe fn outcome(&self, env: Env, status: u32) -> Result<Status, Thrown> {
        // SAFETY: the instance lives as long as the function.
        let (instance, imports) = unsafe { ((*self.shared).instance.get(), &(*self.shared).imports) };
        match Status::ALL.iter().find(|known| **known as u32 == status) {
            Some(status @ (Status::Ok | Status::None | Status::Err)) => Ok(*status),
            // SAFETY: the instance has no other user at the moment.
            Some(Status::Trap) => Err(trapped(env, imports, &unsafe { text(c::aot_library_error(instance)) })),
            // SAFETY: as above.
            Some(Status::Exited) => Err(exited(env, unsafe { c::aot_library_exit_status(instance) })),
            Some(status) => Err(env.throw(ErrorClass::Error, &status.name().to_ascii_uppercase(), status.meaning())),
            None => Err(env.throw(ErrorClass::Error, "SYSTEM", "nothing was called")),
        }
    }
}

/// Throws an error for a guest that has ended itself, with the status of that.
fn exited(env: Env, status: u32) -> Thrown {
    let throw = || {
        let text = env.string(&["the program ended itself with status ", &status.to_string()].concat())?;
        let error = env.error_of(ErrorClass::Error, "EXITED", text)?;
        env.set(error, "status", env.number(status.into())?)?;
        env.throw_value(error)
    };
    let _: Result<(), Thrown> = throw();
    Thrown
}

/// Frees a function that JavaScript can't call any more.
///
/// # Safety
///
/// Node.js calls it once, with what [`Callee::create`] made.
unsafe extern "C" fn end(_: RawEnv, function: *mut c_void, _: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe {
        let function = Box::from_raw(function.cast::<Callee>());
        Shared::release(function.shared);
    }
}

/// Throws what a trap is for JavaScript: a `WebAssembly.RuntimeError`.
fn trapped(env: Env, imports: &Imports, text: &str) -> Thrown {
    let throw = || {
        let class = env.get(env.get(env.global()?, "WebAssembly")?, "RuntimeError")?;
        let error = env.construct(class, &[env.string(text)?])?;
        env.set(error, "code", env.string("TRAP")?)?;
        env.throw_value(with_cause(env, imports, error)?)
    };
    let _: Result<(), Thrown> = throw();
    Thrown
}

/// Gives an error the exception that it comes of, if a function of JavaScript threw one.
fn with_cause(env: Env, imports: &Imports, error: Value) -> Result<Value, Thrown> {
    if let Some(cause) = imports.thrown(env)? {
        env.set(error, "cause", cause)?;
    }
    Ok(error)
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
