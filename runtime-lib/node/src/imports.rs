//! Functions and classes that JavaScript gives an instance, and the objects of those classes that the program has.
//!
//! All of it is in an array of JavaScript, the *table*, which the functions of the instance keep and to which we refer weakly: the
//! collector has to see that a function which is given may refer to the instance. The first element is the last exception, then
//! come the functions and classes in the order of the imports, and then objects, whose places are their handles.

use alloc::ffi::CString;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

use aot_abi::javascript::{Function, ROLE_FUNCTION, camel_case};
use aot_foundation::program::{self, addon};

use crate::api::kind;
use crate::js::{Env, ErrorClass, Reference, Thrown, Value};
use crate::numbers::ARGUMENT;
use crate::room::Room;

/// The place of the last exception.
const THROWN: u32 = 0;
/// The place of the first import.
const FIRST: u32 = 1;

/// The imports of an instance.
pub struct Imports {
    table: Option<Reference>,
    /// Places of objects that are free.
    free: RefCell<Vec<u32>>,
    /// The first place behind all.
    end: Cell<u32>,
    /// The memory of the last result, which the library reads after the function has returned it.
    pub result: RefCell<Room>,
    /// The text of the last failure, which the library reads so too.
    pub failure: RefCell<CString>,
}

impl Imports {
    /// The imports of a program that has none.
    pub fn none() -> Imports {
        Imports {
            table: None,
            free: RefCell::default(),
            end: Cell::new(FIRST),
            result: RefCell::default(),
            failure: RefCell::default(),
        }
    }

    /// Reads the functions and classes of an object.
    pub fn read(env: Env, object: Value) -> Result<Imports, Thrown> {
        let imports = program::value_imports();
        let table = env.array(imports.len() + FIRST as usize)?;
        for (place, (import, names)) in (FIRST..).zip(imports.iter().zip(addon().imports)) {
            env.set_element(table, place, find(env, object, import.drops != 0, names)?)?;
        }
        let end = Cell::new(FIRST + imports.len() as u32);
        Ok(Imports { table: Some(env.reference(table)?), end, ..Imports::none() })
    }

    /// The table; none if there is none, or nothing keeps it any more.
    pub fn table(&self, env: Env) -> Result<Option<Value>, Thrown> {
        self.table.as_ref().map_or(Ok(None), |table| table.value(env))
    }

    fn kept(&self, env: Env) -> Result<Value, Thrown> {
        self.table(env)?.ok_or_else(|| env.throw(ErrorClass::Error, "SYSTEM", "what the program imports is gone"))
    }

    /// The function or class of an import.
    pub fn import(&self, env: Env, number: u32) -> Result<Value, Thrown> {
        env.element(self.kept(env)?, FIRST + number)
    }

    /// Adds an object of the class that a resource type is: its handle; none if it is no such object.
    pub fn give(&self, env: Env, resource: u32, object: Value) -> Result<Option<u64>, Thrown> {
        let class = program::value_imports().iter().position(|import| import.drops == resource);
        let class = self.import(env, class.map_or(u32::MAX - FIRST, |number| number as u32))?;
        if !env.is_instance(object, class)? {
            return Ok(None);
        }
        let place = self.free.borrow_mut().pop().unwrap_or_else(|| self.end.replace(self.end.get() + 1));
        env.set_element(self.kept(env)?, place, object)?;
        Ok(Some(place.into()))
    }

    /// The object of a handle, which the program has no more if it is taken.
    pub fn object(&self, env: Env, handle: u64, is_taken: bool) -> Result<Value, Thrown> {
        let object = env.element(self.kept(env)?, handle as u32)?;
        if is_taken {
            self.remove(env, handle);
        }
        Ok(object)
    }

    /// Removes the object of a handle.
    pub fn remove(&self, env: Env, handle: u64) {
        let place = handle as u32;
        if let Ok(Some(table)) = self.table(env) {
            // With an exception pending the object stays until another takes its place.
            _ = env.undefined().and_then(|undefined| env.set_element(table, place, undefined));
        }
        self.free.borrow_mut().push(place);
    }

    /// Takes the last exception.
    pub fn thrown(&self, env: Env) -> Result<Option<Value>, Thrown> {
        let Some(table) = self.table(env)? else { return Ok(None) };
        let thrown = env.element(table, THROWN)?;
        let undefined = env.undefined()?;
        env.set_element(table, THROWN, undefined)?;
        Ok((env.kind(thrown)? != kind::UNDEFINED).then_some(thrown))
    }

    /// Takes the exception that is pending, and keeps it and its text.
    pub fn fail(&self, env: Env) {
        let mut text = String::from("it threw an exception");
        let described = env.scoped(|| {
            let Some(thrown) = env.caught() else { return Ok(()) };
            if let Some(table) = self.table(env)? {
                env.set_element(table, THROWN, thrown)?;
            }
            let message = if env.is_error(thrown)? { env.get(thrown, "message")? } else { thrown };
            if let Some(message) = env.as_owned_text(message)? {
                text = message;
            }
            Ok(())
        });
        if described.is_err() {
            env.caught();
        }
        text.retain(|character| character != '\0');
        *self.failure.borrow_mut() = CString::new(text).unwrap_or_default();
    }
}

/// Finds the function or the class of an import. An interface can be named without its version.
fn find(env: Env, imports: Value, is_drop: bool, names: &Function) -> Result<Value, Thrown> {
    let addon = addon();
    let (interface, name) = (addon.text(names.interface), addon.text(names.name));
    let is_class = is_drop || names.role != ROLE_FUNCTION;
    let name = match is_class {
        true => addon.classes.get(names.class as usize).map_or("", |class| addon.text(class.name)),
        false => name,
    };
    let wrong = |path: &str| {
        let wanted = if is_class { " must be a class" } else { " must be a function" };
        env.throw(ErrorClass::Type, ARGUMENT, &[path, wanted].concat())
    };
    if env.is_nothing(imports)? {
        return Err(env.throw(ErrorClass::Type, ARGUMENT, "the imports must be an object"));
    }
    let (mut place, mut path) = (imports, String::from("imports"));
    let is_of_component = program::program().component_instances != 0;
    // A core module's name may be empty, and has no version.
    if !interface.is_empty() || !is_of_component {
        path = ["imports['", interface, "']"].concat();
        place = if is_of_component { property(env, imports, interface)? } else { env.get(imports, interface)? };
    }
    if env.is_nothing(place)? {
        return Err(wrong(&[&path, ".", name].concat()));
    }
    let is_itself = is_of_component && name == "default" && env.kind(place)? == kind::FUNCTION;
    let value = if is_itself { place } else { env.get(place, name)? };
    if env.kind(value)? == kind::FUNCTION { Ok(value) } else { Err(wrong(&[&path, ".", name].concat())) }
}

/// The property of an interface: of its whole name, of that without the version, or of a function's name in camel case.
fn property(env: Env, imports: Value, interface: &str) -> Result<Value, Thrown> {
    let value = env.get(imports, interface)?;
    if !env.is_nothing(value)? {
        return Ok(value);
    }
    match interface.split_once('@') {
        Some((unversioned, _)) => env.get(imports, unversioned),
        None => env.get(imports, &camel_case(interface).collect::<String>()),
    }
}
