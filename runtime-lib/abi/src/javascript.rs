//! Addons of Node.js: how JavaScript has the types and functions of a library, which [`crate::values`] describes for C. The
//! compiler declares them for TypeScript too.

use crate::exports::Text;
use crate::record::records;

records! {
    /// The head of the tables, at [`crate::symbols::ADDON`]. There are as many types and functions as
    /// [`crate::values::Values`] says.
    pub struct Addon: 12 {
        /// Number of entries at [`crate::symbols::ADDON_TEXTS`].
        texts: u32,
        /// Number of bytes at [`crate::symbols::ADDON_NAMES`].
        names: u32,
        /// Number of entries at [`crate::symbols::ADDON_GLOBALS`].
        globals: u32,
    }

    /// An exported global of numbers.
    pub struct Global: 24 {
        /// Slab offset of the value.
        offset: u64,
        /// Name of the property.
        name: Text,
        /// Kind of the value, one of [`crate::exports`]'s `TYPE_…`.
        kind: u32,
        /// 1 for a mutable global, else 0.
        is_mutable: u32,
    }

    /// A type as JavaScript has it.
    pub struct Type: 8 {
        /// One of `FORM_…`.
        form: u32,
        /// Index in the list of texts of the first name of a field, a case or a flag; the number of a handle's class.
        first: u32,
    }

    /// An exported or imported function as JavaScript has it.
    pub struct Function: 28 {
        /// Interface that the function is in; empty if it is exported itself. Of a function that is imported itself, its name.
        interface: Text,
        /// Name of the property.
        name: Text,
        /// Index in the list of texts of the first parameter's name.
        first: u32,
        /// One of `ROLE_…`.
        role: u32,
        /// Number of the class that has the function, if one does.
        class: u32,
    }

    /// A class, which a resource type is for JavaScript, in the order of [`crate::values::Resource`].
    pub struct Class: 16 {
        /// Interface that defines the resource type; empty for one of the program itself.
        interface: Text,
        /// Name of the class.
        name: Text,
    }
}

/// Numbers, booleans, strings and lists have the form of their kind.
pub const FORM_OF_KIND: u32 = 0;
/// An object with a property for each field.
pub const FORM_RECORD: u32 = 1;
/// An array with an element for each field.
pub const FORM_TUPLE: u32 = 2;
/// An object with a `tag`, and with `val` if the case has a payload.
pub const FORM_VARIANT: u32 = 3;
/// The string that is the case's name.
pub const FORM_ENUM: u32 = 4;
/// An object with a boolean for each flag.
pub const FORM_FLAGS: u32 = 5;
/// `undefined`, or the payload.
pub const FORM_OPTION: u32 = 6;

/// An object of the class of the handle's resource type.
pub const FORM_HANDLE: u32 = 7;

/// A function that belongs to no class.
pub const ROLE_FUNCTION: u32 = 0;
/// The constructor of a class.
pub const ROLE_CONSTRUCTOR: u32 = 1;
/// A method, whose first parameter is `this`.
pub const ROLE_METHOD: u32 = 2;
/// A static function of a class.
pub const ROLE_STATIC: u32 = 3;

/// Function of an addon that makes a further instance.
pub const INSTANTIATE: &str = "instantiate";
/// Function of an addon that ends calls on other threads, of instances with a key.
pub const INTERRUPT: &str = "interrupt";
/// Option of a new instance that is its key for [`INTERRUPT`].
pub const INTERRUPT_KEY: &str = "interruptKey";
/// Function of an addon that sets how many freed instances it keeps the memory of.
pub const POOL: &str = "pool";

/// Returns the name under which an addon shows an export, in camel case or as a core module has it: what would be called like one of
/// the addon's own functions gets an underscore.
pub fn export_name(name: &str) -> &str {
    match name {
        INSTANTIATE => "instantiate_",
        INTERRUPT => "interrupt_",
        POOL => "pool_",
        name => name,
    }
}

/// Returns a name of words with hyphens or underscores between them in camel case: `to-percent` is `toPercent`.
pub fn camel_case(name: &str) -> impl Iterator<Item = char> {
    let mut begins_word = false;
    name.chars().filter_map(move |character| match character {
        '-' | '_' => {
            begins_word = true;
            None
        }
        _ if core::mem::take(&mut begins_word) => Some(character.to_ascii_uppercase()),
        _ => Some(character.to_ascii_lowercase()),
    })
}

/// Returns the last word of an interface's name, without package and version: `prices` of `acme:shop/prices@1.0.0`.
pub fn interface_word(name: &str) -> &str {
    let word = name.rsplit('/').next().unwrap_or(name);
    word.split('@').next().unwrap_or(word)
}
