//! The module that `require` returns: the exported functions of an instance, and a function that makes further instances.

use alloc::string::String;
use alloc::vec::Vec;
use core::ptr::null_mut;

use aot_abi::exports::TYPE_U32;
use aot_abi::javascript::{
    Function, INSTANTIATE, INTERRUPT, INTERRUPT_KEY, POOL, ROLE_CONSTRUCTOR, ROLE_FUNCTION, ROLE_METHOD, camel_case,
    export_name, interface_word,
};
use aot_abi::symbols;
use aot_foundation::program;
use aot_library::c;

use crate::api::{CallInfo, Callback, RawEnv, RawValue, kind};
use crate::call::on_call;
use crate::class::{self, on_dispose};
use crate::global;
use crate::import;
use crate::imports::Imports;
use crate::instance::{Callee, Shared};
use crate::interrupts;
use crate::js::{Env, ErrorClass, Thrown, Value};
use crate::numbers;
use crate::options::{self, Chosen};

const _: () = assert!(aot_foundation::same_name("aot_node_register", symbols::NODE_REGISTER));

/// Fills the module of an environment.
///
/// # Safety
///
/// Node.js calls it when the addon is loaded, with the module's object.
#[unsafe(no_mangle)]
unsafe extern "C" fn aot_node_register(env: RawEnv, exports: RawValue, _version: *const u32) -> RawValue {
    // SAFETY: the caller's promise.
    let env = unsafe { Env::new(env) };
    match fill_module(env, Value(exports)) {
        Ok(()) => exports,
        Err(Thrown) => null_mut(),
    }
}

fn fill_module(env: Env, exports: Value) -> Result<(), Thrown> {
    // An instance that imports something can't be made without it.
    if program::value_imports().is_empty() {
        fill(env, exports, None, &Chosen::nothing())?;
    }
    let functions: [(&str, Callback); 3] = [(INSTANTIATE, on_instantiate), (INTERRUPT, on_interrupt), (POOL, on_pool)];
    let mut functions = functions.into_iter();
    functions.try_for_each(|(name, function)| env.export(exports, name, env.function(name, function, null_mut())?))
}

/// Makes an instance, with the imports of an object if the program has some, and the limits of another; returns its functions.
///
/// # Safety
///
/// Node.js calls it.
unsafe extern "C" fn on_instantiate(env: RawEnv, info: CallInfo) -> RawValue {
    // SAFETY: the caller's promise.
    let env = unsafe { Env::new(env) };
    let instantiate = || {
        let call = env.call(info)?;
        let mut arguments = call.arguments();
        let mut next = || arguments.next().unwrap_or(Value(null_mut()));
        let imports = (!program::value_imports().is_empty()).then(&mut next);
        let options = Chosen::read(env, next())?;
        let object = env.object()?;
        fill(env, object, imports, &options)?;
        Ok::<_, Thrown>(object.0)
    };
    instantiate().unwrap_or(null_mut())
}

/// Ends the calls that run in the instances with a key, on other threads. Returns false if none does.
///
/// # Safety
///
/// Node.js calls it.
unsafe extern "C" fn on_interrupt(env: RawEnv, info: CallInfo) -> RawValue {
    // SAFETY: the caller's promise.
    let env = unsafe { Env::new(env) };
    let interrupt = || {
        let key = options::number(env, argument(env, info)?, INTERRUPT_KEY)?;
        Ok::<_, Thrown>(env.boolean(key.is_some_and(interrupts::interrupt))?.0)
    };
    interrupt().unwrap_or(null_mut())
}

/// Sets how many freed instances the addon keeps the memory of.
///
/// # Safety
///
/// Node.js calls it.
unsafe extern "C" fn on_pool(env: RawEnv, info: CallInfo) -> RawValue {
    // SAFETY: the caller's promise.
    let env = unsafe { Env::new(env) };
    let pool = || {
        let instances = numbers::from_js(env, TYPE_U32, argument(env, info)?, &"instances")?;
        c::aot_library_pool(instances as u32);
        Ok::<_, Thrown>(env.undefined()?.0)
    };
    pool().unwrap_or(null_mut())
}

/// The first argument of a call.
fn argument(env: Env, info: CallInfo) -> Result<Value, Thrown> {
    let first = env.call(info)?.arguments().next();
    first.map_or_else(|| env.undefined(), Ok)
}

/// Sets the functions and classes of a new instance as properties of an object. Those of an interface are in an object of their
/// own, with the interface's whole name and, if no other has it before, its last word.
fn fill(env: Env, object: Value, imports: Option<Value>, chosen: &Chosen) -> Result<(), Thrown> {
    let imports = imports.map_or_else(|| Ok(Imports::none()), |imports| Imports::read(env, imports))?;
    // SAFETY: the fields are those of the structure, and what they point to is there still.
    let shared = unsafe { Shared::create(env, chosen.structure(), (imports, import::structure)) }?;
    if let Some(key) = chosen.key {
        // SAFETY: it was just made.
        interrupts::add(key, unsafe { (*shared).instance.get() });
    }
    let mut module = Module { env, object, shared, interfaces: Vec::new() };
    // SAFETY: this is the first user of the instance.
    let result = unsafe { module.set_classes() }.and_then(|()| {
        // SAFETY: as above.
        unsafe { module.set_functions() }?;
        // SAFETY: as above.
        unsafe { module.set_globals() }
    });
    // SAFETY: as above.
    unsafe { Shared::release(shared) };
    result
}

/// The functions of an instance, while they are set.
struct Module {
    env: Env,
    object: Value,
    shared: *const Shared,
    /// The objects of interfaces.
    interfaces: Vec<(&'static str, Value)>,
}

impl Module {
    /// The object for what belongs to an interface, or to the program itself.
    fn place(&mut self, interface: &'static str) -> Result<Value, Thrown> {
        if interface.is_empty() {
            return Ok(self.object);
        }
        if let Some((_, place)) = self.interfaces.iter().find(|(known, _)| *known == interface) {
            return Ok(*place);
        }
        let place = self.env.object()?;
        self.env.export(self.object, interface, place)?;
        let word = interface_word(interface);
        if !self.interfaces.iter().any(|(other, _)| interface_word(other) == word) {
            self.env.export(self.object, export_name(&camel_case(word).collect::<String>()), place)?;
        }
        self.interfaces.push((interface, place));
        Ok(place)
    }

    /// # Safety
    ///
    /// The instance lives.
    unsafe fn set_classes(&mut self) -> Result<(), Thrown> {
        let (env, addon) = (self.env, program::addon());
        for (class, described) in (0..).zip(addon.classes) {
            if is_imported(class) {
                // SAFETY: the caller's promise.
                unsafe { (*self.shared).classes.borrow_mut().push(None) };
                continue;
            }
            let makes = |function: &Function| function.role == ROLE_CONSTRUCTOR && function.class == class;
            let constructor = addon.functions.iter().position(makes).map(|number| number as u32);
            // SAFETY: the caller's promise.
            let value = unsafe { class::create(env, self.shared, class, constructor) }?;
            self.keep_imports(value)?;
            let place = self.place(addon.text(described.interface))?;
            env.export(place, addon.text(described.name), value)?;
            // SAFETY: as above.
            unsafe { self.set_dispose(class, value) }?;
            // SAFETY: as above.
            unsafe { (*self.shared).classes.borrow_mut().push(Some(env.reference(value)?)) };
        }
        Ok(())
    }

    /// Sets the method that ends a resource at once, where JavaScript has a name for it.
    ///
    /// # Safety
    ///
    /// The instance lives.
    unsafe fn set_dispose(&self, class: u32, value: Value) -> Result<(), Thrown> {
        let env = self.env;
        let symbol = env.get(env.get(env.global()?, "Symbol")?, "dispose")?;
        if env.kind(symbol)? != kind::SYMBOL {
            return Ok(());
        }
        // SAFETY: the caller's promise.
        unsafe {
            let callee = Callee::create(self.shared, None, Some(class));
            let dispose = Callee::attach(env, callee, env.function("dispose", on_dispose, callee.cast()))?;
            env.define(env.get(value, "prototype")?, symbol, dispose)
        }
    }

    /// # Safety
    ///
    /// The instance lives.
    unsafe fn set_functions(&mut self) -> Result<(), Thrown> {
        let (env, addon) = (self.env, program::addon());
        for (number, function) in (0..).zip(addon.functions) {
            let (interface, name) = (addon.text(function.interface), addon.text(function.name));
            let is_own = interface.is_empty() && function.role == ROLE_FUNCTION;
            let name = if is_own { export_name(name) } else { name };
            let place = self.place(interface)?;
            if function.role == ROLE_CONSTRUCTOR {
                continue;
            }
            // SAFETY: the caller's promise.
            let value = unsafe {
                let callee = Callee::create(self.shared, Some(number), None);
                Callee::attach(env, callee, env.function(name, on_call, callee.cast()))
            }?;
            self.keep_classes(value)?;
            self.keep_imports(value)?;
            match function.role {
                ROLE_FUNCTION => env.export(place, name, value)?,
                role => {
                    let class = self.class(function.class)?;
                    let owner = if role == ROLE_METHOD { env.get(class, "prototype")? } else { class };
                    env.define(owner, env.string(name)?, value)?;
                }
            }
        }
        Ok(())
    }

    /// # Safety
    ///
    /// The instance lives.
    unsafe fn set_globals(&mut self) -> Result<(), Thrown> {
        let addon = program::addon();
        for (number, described) in (0..).zip(addon.globals) {
            // SAFETY: the caller's promise.
            let value = unsafe { global::create(self.env, self.shared, number) }?;
            self.env.export(self.object, export_name(addon.text(described.name)), value)?;
        }
        Ok(())
    }

    /// Lets a function keep the classes of its instance, since it may return objects of them.
    fn keep_classes(&self, function: Value) -> Result<(), Thrown> {
        // SAFETY: the instance lives.
        let count = unsafe { (*self.shared).classes.borrow().len() };
        if count == 0 {
            return Ok(());
        }
        let classes = self.env.array(count)?;
        for class in (0..count as u32).filter(|class| !is_imported(*class)) {
            self.env.set_element(classes, class, self.class(class)?)?;
        }
        self.env.define(function, self.env.string("classes")?, classes)
    }

    /// Lets a function or a class keep what its instance imports, which it may call.
    fn keep_imports(&self, function: Value) -> Result<(), Thrown> {
        // SAFETY: the instance lives.
        match unsafe { (*self.shared).imports.table(self.env) }? {
            Some(table) => self.env.define(function, self.env.string("imports")?, table),
            None => Ok(()),
        }
    }

    fn class(&self, class: u32) -> Result<Value, Thrown> {
        // SAFETY: the instance lives.
        let classes = unsafe { (*self.shared).classes.borrow() };
        let value = match classes.get(class as usize) {
            Some(Some(reference)) => reference.value(self.env)?,
            _ => None,
        };
        value.ok_or_else(|| self.env.throw(ErrorClass::Error, "SYSTEM", "a class is gone"))
    }
}

/// Returns true for a class that JavaScript gives.
fn is_imported(class: u32) -> bool {
    program::value_resources().get(class as usize).is_some_and(|resource| resource.is_imported != 0)
}
