//! Names in C.

use crate::decode::Owner;
use crate::error::{Error, Result, Stage};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// The words that C or C++ keeps for itself, or may, which get an underscore as names of parameters and fields.
const KEYWORDS: &str = " alignas alignof and and_eq asm atomic_cancel atomic_commit atomic_noexcept auto bitand bitor bool \
    break case catch char char8_t char16_t char32_t class co_await co_return co_yield compl concept const const_cast consteval \
    constexpr constinit continue decltype default delete do double dynamic_cast else enum explicit export extern false float \
    for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected \
    public reflexpr register reinterpret_cast requires restrict return short signed sizeof static static_assert static_cast \
    stderr stdin stdout struct switch synchronized template this thread_local throw true try typedef typeid typename union \
    unsigned using virtual void volatile wchar_t while xor xor_eq ";

/// The parameters that are there besides the export's own; `ret` and `err` are special as fields too.
const OWN_PARAMETERS: [&str; 3] = ["instance", "ret", "err"];

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

/// A name of the component model in upper camel case: its words, each with a capital letter at its beginning alone.
pub(super) fn upper_camel_case(name: &str) -> String {
    let capitalised = |word: &str| {
        let mut characters = word.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(characters.map(|other| other.to_ascii_lowercase())).collect::<String>()
    };
    name.split(|character: char| !character.is_ascii_alphanumeric()).map(capitalised).collect()
}

/// The beginnings of the names of what belongs to interfaces.
pub(super) struct Namespaces {
    /// The packages of which there are several versions, whose names have the version.
    ambiguous: BTreeSet<String>,
}

impl Namespaces {
    /// The namespaces of a world with these interfaces.
    pub fn new<'n>(interfaces: impl Iterator<Item = &'n str>) -> Self {
        let (mut versions, mut ambiguous) = (BTreeMap::new(), BTreeSet::new());
        for (package, version) in interfaces.filter_map(|name| Some((package(name)?, version(name)))) {
            if *versions.entry(package).or_insert(version) != version {
                ambiguous.insert(package.to_string());
            }
        }
        Self { ambiguous }
    }

    /// The name of a place behind that of the library, with an underscore in front; empty for the world itself.
    pub fn suffix(&self, owner: &Owner) -> String {
        match owner {
            Owner::World => String::new(),
            Owner::Import(interface) => format!("_{}", self.interface(interface)),
            // Interfaces that the world itself names aren't anybody else's.
            Owner::Export(interface) if package(interface).is_none() => format!("_{}", snake_case(interface)),
            Owner::Export(interface) => format!("_exports_{}", self.interface(interface)),
        }
    }

    /// The name of an interface: namespace, package and interface, with the version if there are others.
    fn interface(&self, interface: &str) -> String {
        let unversioned = interface.split_once('@').map_or(interface, |(name, _)| name);
        match (package(interface), unversioned.rsplit_once('/'), version(interface)) {
            (Some(package), Some((_, name)), Some(version)) if self.ambiguous.contains(package) => {
                format!("{}_{}_{}", snake_case(package), core_name(version), snake_case(name))
            }
            _ => snake_case(unversioned),
        }
    }
}

/// The package of an interface; none for one without a package.
fn package(interface: &str) -> Option<&str> {
    let (package, _) = interface.split_once('/')?;
    Some(package)
}

fn version(interface: &str) -> Option<&str> {
    interface.split_once('@').map(|(_, version)| version)
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

/// The name of a field for an import.
pub(super) fn import_name(name: &str) -> String {
    let is_taken = is_keyword(name) || ["size", "context"].contains(&name);
    format!("{name}{}", if is_taken { "_" } else { "" })
}

/// The name of a field.
pub(super) fn field_name(name: &str) -> String {
    let name = snake_case(name);
    let is_taken = is_keyword(&name) || ["ret", "err"].contains(&name.as_str());
    if is_taken { name + "_" } else { name }
}

fn is_keyword(name: &str) -> bool {
    KEYWORDS.contains(&format!(" {name} "))
}

/// Refuses names of one place that are the same in a language; each comes with what it is a name of.
///
/// # Errors
/// The first two.
pub(super) fn check_unique<M: Display>(language: &str, names: impl IntoIterator<Item = (String, M)>) -> Result<()> {
    let mut taken = BTreeMap::new();
    for (name, meaning) in names {
        let Some(other) = taken.get(&name) else {
            taken.insert(name, meaning);
            continue;
        };
        let message = format!("the exports {other} and {meaning} would both be {name} in {language}");
        return Err(Error::input(Stage::Plan, message, "rename one of them"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_c_has_them() {
        let suffix =
            |interface: &str| Namespaces::new(std::iter::empty()).suffix(&Owner::Export(interface.to_string()));
        assert_eq!(suffix("acme:price-list/the-shop@1.0.0"), "_exports_acme_price_list_the_shop");
        assert_eq!(suffix("plain-name"), "_plain_name");
        assert_eq!(core_name("_ZN3add.1"), "_ZN3add_1");
        assert_eq!(parameter_name("while"), "while_");
        assert_eq!(parameter_name("ret"), "ret_");
        assert_eq!(parameter_name("to-URL"), "to_url");
    }

    #[test]
    fn versions_are_in_names_of_packages_that_have_several() {
        let interfaces = ["a:b/c@1.0.0", "a:b/d@1.1.0-rc", "a:e/f@1.0.0"].map(str::to_string);
        let suffixes = interfaces
            .clone()
            .map(|name| Namespaces::new(interfaces.iter().map(String::as_str)).suffix(&Owner::Import(name)));
        assert_eq!(suffixes, ["_a_b_1_0_0_c", "_a_b_1_1_0_rc_d", "_a_e_f"]);
    }

    #[test]
    fn a_library_is_named_as_c_can() {
        assert_eq!(library_name("process-data.v2").unwrap(), "process_data_v2");
        assert!(["", "7up", "a b", "int", "naïve"].iter().all(|name| library_name(name).is_err()));
    }
}
