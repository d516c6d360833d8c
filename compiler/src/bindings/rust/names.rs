//! Names in Rust, and the form of its texts.

use crate::bindings::names::{core_name as c_name, snake_case, upper_camel_case};
use crate::error::{Error, Result, Stage};
use std::fmt::{self, Write};

/// Keywords, which get an underscore as names.
const KEYWORDS: &str = " abstract as async await become box break const continue crate do dyn else enum extern false final fn for \
    gen if impl in let loop macro match mod move mut override priv pub ref return self static struct super trait true try type \
    typeof unsafe unsized use virtual where while yield Self _ ";

/// The names of the crate's own modules and of what instances have besides the exports.
const OWN: &str = " convert ffi runtime new ";

/// The types that every crate has.
const OWN_TYPES: &str = " Error Global Imports Instance Interrupter Memory MutableGlobal Options ";

/// The name of a function, a parameter, a field or a module.
pub fn name(of: &str) -> String {
    unreserved(snake_case(of))
}

/// The name of a core module's function or memory.
pub fn core_name(of: &str) -> String {
    let name = c_name(of);
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return format!("_{name}_");
    }
    unreserved(name)
}

/// The name of a type, in the crate's top or in the module of an interface.
pub fn type_name(of: &str, is_of_world: bool) -> String {
    let name = upper_camel_case(of);
    let is_taken = is_of_world && OWN_TYPES.contains(&format!(" {name} "));
    if is_taken { name + "_" } else { unreserved(name) }
}

/// The name of the field of an imported function, given that in C.
pub fn import_name(of: &str) -> String {
    unreserved(of.to_string())
}

/// The name of a constant.
pub fn constant(of: &str) -> String {
    snake_case(of).to_ascii_uppercase()
}

/// Returns the name of a crate as it is.
///
/// # Errors
/// Rust has no such names, or another meaning of them.
pub fn checked_crate(name: &str) -> Result<()> {
    let is_of_rust = ["alloc", "core", "std", "test", "proc_macro"].contains(&name);
    if unreserved(name.to_string()) == name && !is_of_rust {
        return Ok(());
    }
    let message = format!("a crate can't be called {name}");
    Err(Error::input(Stage::Plan, message, "give another name with -o"))
}

/// The name of an export in a comment.
pub fn doc(name: &str) -> String {
    let shown = |character: char| if character.is_ascii_graphic() && character != '`' { character } else { '?' };
    name.chars().map(shown).collect()
}

/// Writes what is in a block, without empty lines at its end.
pub fn write_indented(text: &mut String, body: &str) -> fmt::Result {
    body.trim_end().lines().try_for_each(|line| match line {
        "" => writeln!(text),
        line => writeln!(text, "    {line}"),
    })
}

fn unreserved(name: String) -> String {
    let word = format!(" {name} ");
    if KEYWORDS.contains(&word) || OWN.contains(&word) { name + "_" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_rust_has_them() {
        assert_eq!([name("to-URL"), name("match"), name("new")], ["to_url", "match_", "new_"]);
        assert_eq!([core_name("sum.of"), core_name("7up"), core_name("_start")], ["sum_of", "_7up_", "_start"]);
        assert_eq!([type_name("to-URL", true), type_name("self", true)], ["ToUrl", "Self_"]);
        assert_eq!([type_name("error", true), type_name("error", false)], ["Error_", "Error"]);
    }
}
