//! The module that `require` returns: the exported functions of an instance, and a function that makes further instances.

use alloc::ffi::CString;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::c_char;
use core::ptr::{null, null_mut};

use aot_abi::exports::TYPE_U64;
use aot_abi::javascript::{
    Function, INSTANTIATE, INSTANTIATE_EXPORT, ROLE_CONSTRUCTOR, ROLE_FUNCTION, ROLE_METHOD, camel_case, interface_word,
};
use aot_abi::library::{OPTIONS, Options, SETTINGS, TIMES};
use aot_abi::symbols;
use aot_foundation::program;

use crate::api::{CallInfo, RawEnv, RawValue, kind};
use crate::call::on_call;
use crate::class::{self, on_dispose};
use crate::global;
use crate::import;
use crate::imports::Imports;
use crate::instance::{Callee, Shared};
use crate::js::{Env, ErrorClass, Thrown, Value};
use crate::numbers::{self, ARGUMENT};

const _: () = assert!(aot_foundation::same_name("aot_node_register", symbols::NODE_REGISTER));

/// The fields of [`Options`] in their order.
type Fields = [u64; OPTIONS.len() + 1 + TIMES.len()];

const _: () = assert!(size_of::<Fields>() == size_of::<Options>());

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
    env.export(exports, INSTANTIATE, env.function(INSTANTIATE, on_instantiate, null_mut())?)
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

/// The options of a new instance, and what they point to.
struct Chosen {
    fields: Fields,
    /// The settings as C has them.
    texts: Vec<CString>,
    /// Addresses of the settings, and a null.
    addresses: Vec<*const c_char>,
}

impl Chosen {
    /// No options.
    fn nothing() -> Chosen {
        let mut fields = Fields::default();
        fields[0] = size_of::<Options>() as u64;
        Chosen { fields, texts: Vec::new(), addresses: Vec::new() }
    }

    /// Reads the limits that an object has as numbers or as `BigInt`s, and the settings; what it lacks is what the addon was built
    /// with.
    fn read(env: Env, object: Value) -> Result<Chosen, Thrown> {
        let mut chosen = Chosen::nothing();
        if env.is_nothing(object)? {
            return Ok(chosen);
        }
        let names = OPTIONS.iter().chain(&[SETTINGS]).chain(TIMES);
        let is_number = |(name, _): &(&str, &str)| *name != SETTINGS.0;
        for (field, (name, _)) in chosen.fields.iter_mut().zip(names).skip(1).filter(|(_, row)| is_number(row)) {
            let name: String = camel_case(name).collect();
            let value = env.get(object, &name)?;
            *field = match env.kind(value)? {
                kind::UNDEFINED => 0,
                kind::BIGINT => numbers::from_js(env, TYPE_U64, value, &name)?,
                _ => numbers::count(env, value, &name)?,
            };
        }
        let (name, _) = SETTINGS;
        let settings = env.get(object, name)?;
        if env.kind(settings)? != kind::UNDEFINED {
            chosen.fields[OPTIONS.len()] = chosen.settings(env, settings, name)?;
        }
        Ok(chosen)
    }

    /// Makes a list of `NAME=VALUE` of an object's properties, and returns its address.
    fn settings(&mut self, env: Env, object: Value, path: &str) -> Result<u64, Thrown> {
        let wrong = |wanted| env.throw(ErrorClass::Type, ARGUMENT, &[path, " must be ", wanted].concat());
        if env.kind(object)? != kind::OBJECT {
            return Err(wrong("an object of strings"));
        }
        let names = env.property_names(object)?;
        for index in 0..env.as_array(names)?.unwrap_or(0) {
            let name = env.as_owned_text(env.element(names, index)?)?.unwrap_or_default();
            let value = env.as_owned_text(env.get(object, &name)?)?.ok_or_else(|| wrong("an object of strings"))?;
            let setting = CString::new([&*name, "=", &value].concat()).map_err(|_| wrong("without zeros"))?;
            self.texts.push(setting);
        }
        self.addresses = self.texts.iter().map(|text| text.as_ptr()).chain([null()]).collect();
        Ok(self.addresses.as_ptr().addr() as u64)
    }
}

/// Sets the functions and classes of a new instance as properties of an object. Those of an interface are in an object of their
/// own, with the interface's whole name and, if no other has it before, its last word.
fn fill(env: Env, object: Value, imports: Option<Value>, chosen: &Chosen) -> Result<(), Thrown> {
    let imports = imports.map_or_else(|| Ok(Imports::none()), |imports| Imports::read(env, imports))?;
    // SAFETY: the fields are those of the structure, and what they point to is there still.
    let shared = unsafe { Shared::create(env, chosen.fields.as_ptr().cast(), (imports, import::structure)) }?;
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
            self.env.export(self.object, &camel_case(word).collect::<String>(), place)?;
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
            let is_taken = interface.is_empty() && function.role == ROLE_FUNCTION && name == INSTANTIATE;
            let name = if is_taken { INSTANTIATE_EXPORT } else { name };
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
            self.env.export(self.object, addon.text(described.name), value)?;
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
