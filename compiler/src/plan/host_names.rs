//! The names of functions that the host program of a library has, and the symbols by which guest code calls them.

use std::fmt;

/// The beginning of the symbols of functions that a host program satisfies; the import's name follows.
pub const HOST_IMPORT: &str = "import#";

/// The name of a function that a program imports from its host program.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostName {
    /// The module or the interface; empty for a function that a component imports by itself.
    pub place: String,
    /// The name there.
    pub name: String,
    of_component: bool,
}

impl HostName {
    /// The name of a core module's import.
    pub fn of_module(module: &str, name: &str) -> Self {
        Self { place: module.to_string(), name: name.to_string(), of_component: false }
    }

    /// The name of a component's import, in an interface or, with an empty one, by itself.
    pub fn of_component(interface: &str, name: &str) -> Self {
        Self { place: interface.to_string(), name: name.to_string(), of_component: true }
    }

    /// The symbol, which no other name has.
    pub fn symbol(&self) -> String {
        match self.place.as_str() {
            "" if self.of_component => format!("{HOST_IMPORT}{}", self.escaped(&self.name)),
            place => format!("{HOST_IMPORT}{}{}{}", self.escaped(place), self.separator(), self.name),
        }
    }

    /// The name whose symbol this is, if it is one.
    pub fn of_symbol(symbol: &str, of_component: bool) -> Option<Self> {
        let symbol = symbol.strip_prefix(HOST_IMPORT)?;
        let empty = Self { place: String::new(), name: String::new(), of_component };
        Some(match symbol.split_once(empty.separator()) {
            Some((place, name)) => Self { place: empty.unescaped(place), name: name.to_string(), of_component },
            None => Self { name: empty.unescaped(symbol), ..empty },
        })
    }

    /// The characters between the place and the name.
    fn separator(&self) -> &'static str {
        if self.of_component { "#" } else { "::" }
    }

    /// The characters that a place has in another form in symbols, so that none has the separator.
    fn escapes(&self) -> [(&'static str, &'static str); 2] {
        [("%", "%25"), if self.of_component { ("#", "%23") } else { (":", "%3A") }]
    }

    fn escaped(&self, text: &str) -> String {
        self.escapes().iter().fold(text.to_string(), |text, (plain, escape)| text.replace(plain, escape))
    }

    fn unescaped(&self, text: &str) -> String {
        self.escapes().iter().rev().fold(text.to_string(), |text, (plain, escape)| text.replace(escape, plain))
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" if self.of_component => f.write_str(&self.name),
            place => write!(f, "{place}{}{}", self.separator(), self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_has_a_symbol_of_its_own() {
        let of_modules =
            [("env", "log"), ("a::b", "c"), ("a", "b::c"), ("a:", ":b"), ("a%3A", "b"), ("", "::"), ("", "")];
        let of_components =
            [("acme:shop/prices", "price"), ("", "log"), ("url=<a#b>", "c"), ("", "url=<a#b>"), ("a%23", "b")];
        let names = of_modules.map(|(module, name)| HostName::of_module(module, name)).into_iter();
        let names = names.chain(of_components.map(|(interface, name)| HostName::of_component(interface, name)));
        for name in names {
            assert_eq!(HostName::of_symbol(&name.symbol(), name.of_component), Some(name));
        }
        assert_eq!(HostName::of_module("env", "log").symbol(), "import#env::log");
        assert_eq!(HostName::of_symbol("memory.grow", false), None);
    }
}
