//! Options of new instances, as JavaScript gives them.

use alloc::ffi::CString;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::c_char;
use core::ptr::null;

use aot_abi::exports::TYPE_U64;
use aot_abi::javascript::{INTERRUPT_KEY, camel_case};
use aot_abi::library::{OPTIONS, Options, SETTINGS, TIMES};

use crate::api::kind;
use crate::js::{Env, ErrorClass, Thrown, Value};
use crate::numbers::{self, ARGUMENT};

/// The fields of [`Options`] in their order.
type Fields = [u64; OPTIONS.len() + 1 + TIMES.len()];

const _: () = assert!(size_of::<Fields>() == size_of::<Options>());

/// The options of a new instance, and what they point to.
pub struct Chosen {
    fields: Fields,
    /// The key by which other threads know the instance, if it has one.
    pub key: Option<u64>,
    /// The settings as C has them.
    texts: Vec<CString>,
    /// Addresses of the settings, and a null.
    addresses: Vec<*const c_char>,
}

impl Chosen {
    /// No options.
    pub fn nothing() -> Chosen {
        let mut fields = Fields::default();
        fields[0] = size_of::<Options>() as u64;
        Chosen { fields, key: None, texts: Vec::new(), addresses: Vec::new() }
    }

    /// Reads the limits that an object has as numbers or as `BigInt`s, and the settings; what it lacks is what the addon was built
    /// with.
    pub fn read(env: Env, object: Value) -> Result<Chosen, Thrown> {
        let mut chosen = Chosen::nothing();
        if env.is_nothing(object)? {
            return Ok(chosen);
        }
        let names = OPTIONS.iter().chain(&[SETTINGS]).chain(TIMES);
        let is_number = |(name, _): &(&str, &str)| *name != SETTINGS.0;
        for (field, (name, _)) in chosen.fields.iter_mut().zip(names).skip(1).filter(|(_, row)| is_number(row)) {
            let name: String = camel_case(name).collect();
            *field = number(env, env.get(object, &name)?, &name)?.unwrap_or(0);
        }
        chosen.key = number(env, env.get(object, INTERRUPT_KEY)?, INTERRUPT_KEY)?;
        let (name, _) = SETTINGS;
        let settings = env.get(object, name)?;
        if env.kind(settings)? != kind::UNDEFINED {
            chosen.fields[OPTIONS.len()] = chosen.settings(env, settings, name)?;
        }
        Ok(chosen)
    }

    /// The structure of the options.
    pub fn structure(&self) -> *const Options {
        self.fields.as_ptr().cast()
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

/// Reads an unsigned number, which may be a `BigInt`; none of `undefined`.
pub fn number(env: Env, value: Value, name: &str) -> Result<Option<u64>, Thrown> {
    Ok(match env.kind(value)? {
        kind::UNDEFINED => None,
        kind::BIGINT => Some(numbers::from_js(env, TYPE_U64, value, &name)?),
        _ => Some(numbers::count(env, value, &name)?),
    })
}

/// An error of the library about options, which begins with the name of one, with the name that JavaScript has for it.
pub fn in_javascript(text: &str) -> String {
    let names = OPTIONS.iter().chain(TIMES).map(|(name, _)| *name);
    let behind = |name: &'static str| Some((name, text.strip_prefix(name)?)).filter(|(_, rest)| rest.starts_with(' '));
    match names.filter_map(behind).next() {
        Some((name, rest)) => camel_case(name).chain(rest.chars()).collect(),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_have_their_names_in_javascript() {
        assert_eq!(in_javascript("max_memory is 1, less than 2"), "maxMemory is 1, less than 2");
        assert_eq!(in_javascript("max_memoryless"), "max_memoryless");
        assert_eq!(in_javascript("no memory"), "no memory");
    }
}
