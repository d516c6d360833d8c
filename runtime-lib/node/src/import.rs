//! Calls of JavaScript's functions by the program that imports them.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ffi::{c_char, c_void};
use core::ptr::null;

use aot_abi::exports::NO_TYPE;
use aot_abi::javascript::{Function, ROLE_CONSTRUCTOR, ROLE_FUNCTION, ROLE_METHOD};
use aot_abi::values::{FORM_MAYBE, FORM_VALUE, Import, Member, RETURNS_RESULT};
use aot_foundation::program::{self, addon};
use aot_library::c::{Types, store};

use crate::api::kind;
use crate::from_c::Results;
use crate::instance::Shared;
use crate::js::{Env, ErrorClass, Thrown, Value};
use crate::path::Path;
use crate::to_c::Arguments;

/// The structure of imports as the library has it: its size, the context, and a function for each import; none for a program
/// that imports nothing.
pub fn structure(shared: *const Shared) -> Option<Box<[u64]>> {
    let imports = program::value_imports();
    if imports.is_empty() {
        return None;
    }
    let size = (imports.len() + 2) * size_of::<u64>();
    let call: unsafe extern "C" fn(*const Shared, *const c_void, u64, *mut u64) -> *const c_char = on_import;
    let drop: unsafe extern "C" fn(*const Shared, *const c_void, u64) -> *const c_char = on_drop;
    let (call, drop) = ((call as *const ()).expose_provenance(), (drop as *const ()).expose_provenance());
    let functions = imports.iter().map(|import| if import.drops == 0 { call } else { drop });
    let words = [size, shared.expose_provenance()].into_iter().chain(functions);
    Some(words.map(|word| word as u64).collect())
}

/// Calls the function of an import: null, or the text of a trap.
///
/// # Safety
///
/// The library calls it, with the context, an import's number and its arguments.
unsafe extern "C" fn on_import(shared: *const Shared, _: *const c_void, number: u64, frame: *mut u64) -> *const c_char {
    // SAFETY: the caller's promise: JavaScript called the instance, on this thread.
    unsafe {
        let shared = &*shared;
        let env = shared.env();
        let called = env.scoped(|| Call::new(env, shared, number as u32, frame)?.perform());
        outcome(env, shared, called)
    }
}

/// Ends an object of JavaScript that the program owned, by its method `[Symbol.dispose]` if it has one.
///
/// # Safety
///
/// The library calls it, with the context and a handle, also when the instance ends.
unsafe extern "C" fn on_drop(shared: *const Shared, _: *const c_void, handle: u64) -> *const c_char {
    // SAFETY: the caller's promise: the instance isn't freed, and the thread is that of its environment.
    unsafe {
        let shared = &*shared;
        let env = shared.env();
        let dropped = env.scoped(|| {
            if shared.imports.table(env)?.is_none() {
                return Ok(());
            }
            let object = shared.imports.object(env, handle, true)?;
            match env.get_by_symbol(object, "dispose")? {
                Some(dispose) if env.kind(dispose)? == kind::FUNCTION => env.perform(object, dispose, &[]).map(drop),
                _ => Ok(()),
            }
        });
        outcome(env, shared, dropped)
    }
}

fn outcome(env: Env, shared: &Shared, called: Result<(), Thrown>) -> *const c_char {
    match called {
        Ok(()) => null(),
        Err(Thrown) => {
            shared.imports.fail(env);
            shared.imports.failure.borrow().as_ptr()
        }
    }
}

/// A call of an import.
struct Call<'s> {
    env: Env,
    shared: &'s Shared,
    results: Results<'s>,
    number: u32,
    import: &'static Import,
    names: &'static Function,
    frame: *mut u64,
}

impl<'s> Call<'s> {
    /// # Safety
    ///
    /// The frame has the arguments of the import, and behind them the place for a result or its address.
    unsafe fn new(env: Env, shared: &'s Shared, number: u32, frame: *mut u64) -> Result<Call<'s>, Thrown> {
        let index = number as usize;
        let known = program::value_imports().get(index).zip(addon().imports.get(index));
        let (import, names) =
            known.ok_or_else(|| env.throw(ErrorClass::Error, "SYSTEM", "this addon lacks an import"))?;
        let results = Results::new(env, Types::read(), shared);
        Ok(Call { env, shared, results, number, import, names, frame })
    }

    fn perform(&self) -> Result<(), Thrown> {
        let params = self.results.types.members(self.import.first, self.import.count);
        let arguments = params.iter().enumerate().map(|(index, param)| self.argument(index, param));
        let arguments = arguments.collect::<Result<Vec<Value>, Thrown>>()?;
        let called = self.call(&arguments);
        self.store(called)
    }

    /// The value of an argument.
    fn argument(&self, index: usize, param: &Member) -> Result<Value, Thrown> {
        let (results, word) = (self.results, self.frame.wrapping_add(index));
        // SAFETY: the promise of `new`: the frame has a value of the type, or the address of one or of what is in an option.
        unsafe {
            if param.form == FORM_VALUE {
                return results.read(param.ty, word.cast());
            }
            let place: *const u8 = word.cast::<*const u8>().read();
            if param.form != FORM_MAYBE {
                return results.read(param.ty, place);
            }
            let case = usize::from(!place.is_null());
            if results.is_tagged(param.ty) {
                return results.variant(param.ty, case, |inner, _| results.read(inner, place));
            }
            match results.types.get(param.ty).ok().and_then(|ty| results.member(ty, case)) {
                Some((inner, _)) => results.read(inner, place),
                None => self.env.undefined(),
            }
        }
    }

    /// Calls the function, the method of the first argument, the function of a class or its constructor.
    fn call(&self, arguments: &[Value]) -> Result<Value, Thrown> {
        let (env, name) = (self.env, addon().text(self.names.name));
        let import = || self.shared.imports.import(env, self.number);
        match (self.names.role, arguments) {
            (ROLE_FUNCTION, _) => env.perform(env.undefined()?, import()?, arguments),
            (ROLE_CONSTRUCTOR, _) => env.construct(import()?, arguments),
            (ROLE_METHOD, [this, rest @ ..]) => env.perform(*this, env.get(*this, name)?, rest),
            _ => {
                let class = import()?;
                env.perform(class, env.get(class, name)?, arguments)
            }
        }
    }

    /// Stores what the function returned. What it threw is the error of a result.
    fn store(&self, called: Result<Value, Thrown>) -> Result<(), Thrown> {
        if self.import.result == NO_TYPE {
            return called.map(drop);
        }
        let behind = self.frame.wrapping_add(self.import.count as usize);
        let is_of_module = program::program().component_instances == 0;
        // SAFETY: the promise of `new`.
        let place = unsafe { if is_of_module { behind.cast::<u8>() } else { behind.cast::<*mut u8>().read() } };
        let mut written = Arguments::new(self.env, self.results.types, self.shared);
        let path = Path::Result(addon().text(self.names.name));
        // SAFETY: the place has room for a value of the type, and is zeros.
        unsafe {
            if self.import.returns == RETURNS_RESULT {
                let (case, value) = match called {
                    Ok(value) => (0, value),
                    Err(Thrown) => (1, self.payload()?),
                };
                store(place, case, 1);
                let ty = self.results.types.get(self.import.result).ok();
                if let Some((inner, offset)) = ty.and_then(|ty| self.results.member(ty, case as usize)) {
                    written.write(inner, value, place.add(offset), path)?;
                }
            } else {
                written.write(self.import.result, called?, place, path)?;
            }
        }
        written.take_views()?;
        *self.shared.imports.result.borrow_mut() = written.into_room();
        Ok(())
    }

    /// The error that an exception stands for: its `payload`, or what was thrown if it isn't an `Error`.
    fn payload(&self) -> Result<Value, Thrown> {
        let env = self.env;
        let thrown = env.caught().ok_or(Thrown)?;
        if env.has_own(thrown, "payload")? {
            return env.get(thrown, "payload");
        }
        if env.is_error(thrown)? {
            env.throw_value(thrown)?;
            return Err(Thrown);
        }
        Ok(thrown)
    }
}
