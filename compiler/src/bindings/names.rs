//! Names in C.

use crate::error::{Error, Result, Stage};

/// The words that C or C++ keeps for itself, which get an underscore as names of parameters.
const KEYWORDS: &str = " alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t class \
    compl const const_cast constexpr continue decltype default delete do double dynamic_cast else enum explicit export extern \
    false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq \
    private protected public register reinterpret_cast restrict return short signed sizeof static static_assert static_cast \
    struct switch template this thread_local throw true try typedef typeid typename union unsigned using virtual void \
    volatile wchar_t while xor xor_eq ";

/// The parameters that are there besides the export's own.
const OWN_PARAMETERS: [&str; 2] = ["instance", "ret"];

/// The name of a library that is written to files of this name: in snake case, because its symbols begin with it.
///
/// # Errors
/// C has no such names.
pub fn library_name(file: &str) -> Result<String> {
    let name = snake_case(file);
    let is_simple = file.chars().all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character));
    if is_simple && name.starts_with(|first: char| first.is_ascii_alphabetic()) && !is_keyword(&name) {
        return Ok(name);
    }
    Err(Error::input(
        Stage::Plan,
        format!("the functions of a library begin with its name, and {file:?} can't be one in C"),
        "give another name with -o: letters, digits and hyphens, the first a letter",
    ))
}

/// A name of the component model in snake case: its words of letters and digits, with underscores between them.
pub(super) fn snake_case(name: &str) -> String {
    let words = name.split(|character: char| !character.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}

/// The name of an exported interface: namespace, package and interface without the version.
pub(super) fn interface_name(interface: &str) -> String {
    let unversioned = interface.split_once('@').map_or(interface, |(name, _)| name);
    snake_case(unversioned)
}

/// The name of a core module's export: what C doesn't have in names becomes an underscore.
pub(super) fn core_name(name: &str) -> String {
    name.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '_' }).collect()
}

/// The name of a parameter.
pub(super) fn parameter_name(name: &str) -> String {
    let name = snake_case(name);
    let is_taken = is_keyword(&name) || OWN_PARAMETERS.contains(&name.as_str());
    if is_taken { name + "_" } else { name }
}

fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&format!(" {name} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_c_has_them() {
        assert_eq!(interface_name("acme:price-list/the-shop@1.0.0"), "acme_price_list_the_shop");
        assert_eq!(interface_name("plain"), "plain");
        assert_eq!(core_name("_ZN3add.1"), "_ZN3add_1");
        assert_eq!(parameter_name("while"), "while_");
        assert_eq!(parameter_name("ret"), "ret_");
        assert_eq!(parameter_name("to-URL"), "to_url");
    }

    #[test]
    fn a_library_is_named_as_c_can() {
        assert_eq!(library_name("process-data.v2").unwrap(), "process_data_v2");
        assert!(["", "7up", "a b", "int", "naïve"].iter().all(|name| library_name(name).is_err()));
    }
}
