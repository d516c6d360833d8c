//! Names in Python.

use crate::bindings::names::{snake_case, upper_camel_case};
use crate::error::{Error, Result, Stage};

/// Keywords, and what the modules themselves call by its name, which get an underscore as other names.
const RESERVED: &str = " False None True and as assert async await break class continue def del elif else except finally for \
    from global if import in is lambda nonlocal not or pass raise return try while with yield bool bytes classmethod cls float \
    int property self str ";

/// Names of modules besides those, with an underscore in front, in the package's modules.
const RESERVED_MODULES: [&str; 6] = ["aot", "bindings", "dataclasses", "enum", "library", "t"];

/// The names that every package has.
const OF_PACKAGES: &str = " Busy Ended Err Error Exit Imports Instance Ok Some StartError Trap interrupt pool ";

/// The class of an interface's functions in an instance.
pub const INTERFACE: &str = "Interface";

/// The name of a function, a parameter or a field.
pub fn name(of: &str) -> String {
    unreserved(snake_case(of))
}

/// The name of a core module's function or memory: none begins with an underscore, as the package's own names do.
pub fn core_name(of: &str) -> String {
    let name = crate::bindings::names::core_name(of);
    let name = match name.trim_start_matches('_') {
        "" => "export".to_string(),
        digits if digits.starts_with(|first: char| first.is_ascii_digit()) => format!("_{digits}"),
        name => name.to_string(),
    };
    if is_of_packages(&name) { name + "_" } else { unreserved(name) }
}

/// The name of a function that a component exports itself.
pub fn world_name(of: &str) -> String {
    let name = name(of);
    if is_of_packages(&name) { name + "_" } else { name }
}

fn is_of_packages(name: &str) -> bool {
    OF_PACKAGES.contains(&format!(" {name} "))
}

/// The name of an imported function, given that in C. Python changes names in classes that begin with two underscores.
pub fn import_name(of: &str) -> String {
    let name = if of.starts_with("__") { format!("_{}", of.trim_start_matches('_')) } else { of.to_string() };
    unreserved(name)
}

/// The name of a class, in the module of the world or of an interface.
pub fn class_name(of: &str, is_of_world: bool) -> String {
    let name = upper_camel_case(of);
    let is_taken = if is_of_world { is_of_packages(&name) } else { name == INTERFACE };
    if is_taken { name + "_" } else { unreserved(name) }
}

/// The name of a member of an enumeration or of flags.
pub fn constant(of: &str) -> String {
    snake_case(of).to_ascii_uppercase()
}

/// The name of the module of an interface with this last word.
pub fn module_name(word: &str) -> String {
    let name = name(word);
    if RESERVED_MODULES.contains(&name.as_str()) { name + "_" } else { name }
}

/// Returns the name of a package as it is.
///
/// # Errors
/// Python has no such names.
pub fn checked_package(package: &str) -> Result<()> {
    if unreserved(package.to_string()) == package {
        return Ok(());
    }
    let message = format!("a package of Python can't be called {package}");
    Err(Error::input(Stage::Plan, message, "give another name with -o"))
}

fn unreserved(name: String) -> String {
    if RESERVED.contains(&format!(" {name} ")) { name + "_" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_python_has_them() {
        assert_eq!([name("to-URL"), name("class"), name("int")], ["to_url", "class_", "int_"]);
        assert_eq!([core_name("sum.of"), core_name("_start"), core_name("7up")], ["sum_of", "start", "_7up"]);
        assert_eq!([core_name("__"), core_name("Instance"), core_name("del")], ["export", "Instance_", "del_"]);
        assert_eq!([class_name("to-URL", true), class_name("none", true)], ["ToUrl", "None_"]);
        assert_eq!([class_name("instance", true), class_name("instance", false)], ["Instance_", "Instance"]);
        assert_eq!([module_name("types"), module_name("enum")], ["types", "enum_"]);
    }
}
