//! Names in WIT.

/// The words of WIT, which have a sign in front where they are names.
const KEYWORDS: [&str; 45] = [
    "as",
    "async",
    "bool",
    "borrow",
    "char",
    "constructor",
    "enum",
    "error-context",
    "export",
    "f32",
    "f64",
    "flags",
    "from",
    "func",
    "future",
    "import",
    "include",
    "interface",
    "list",
    "map",
    "option",
    "own",
    "package",
    "record",
    "resource",
    "result",
    "s16",
    "s32",
    "s64",
    "s8",
    "static",
    "stream",
    "string",
    "tuple",
    "type",
    "u16",
    "u32",
    "u64",
    "u8",
    "use",
    "variant",
    "with",
    "world",
    "float32",
    "float64",
];

/// A name that isn't taken for a word of WIT.
pub fn label(name: &str) -> String {
    if KEYWORDS.contains(&name) { format!("%{name}") } else { name.to_string() }
}

/// The name of an interface: `NAMESPACE:PACKAGE/INTERFACE@VERSION`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    namespace: String,
    package: String,
    interface: String,
    version: Option<String>,
}

impl Path {
    /// Takes a name apart; `None` if it is that of a file or of an item that isn't in a package.
    pub fn parse(name: &str) -> Option<Self> {
        let (path, version) = match name.split_once('@') {
            Some((path, version)) => (path, Some(version.to_string())),
            None => (name, None),
        };
        let (namespace, rest) = path.split_once(':')?;
        let (package, interface) = rest.split_once('/')?;
        let is_label = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let parts = [namespace, package, interface];
        parts.into_iter().all(is_label).then(|| {
            let [namespace, package, interface] = parts.map(str::to_string);
            Self { namespace, package, interface, version }
        })
    }

    /// The package with its version.
    pub fn package(&self) -> String {
        format!("{}:{}{}", label(&self.namespace), label(&self.package), self.at_version())
    }

    /// The name in the package.
    pub fn interface(&self) -> String {
        label(&self.interface)
    }

    /// The whole name.
    pub fn full(&self) -> String {
        let [namespace, package, interface] = [&self.namespace, &self.package, &self.interface].map(|name| label(name));
        format!("{namespace}:{package}/{interface}{}", self.at_version())
    }

    fn at_version(&self) -> String {
        self.version.as_ref().map_or_else(String::new, |version| format!("@{version}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart() {
        let path = Path::parse("wasi:keyvalue/static@0.2.0-draft").unwrap();
        assert_eq!(path.package(), "wasi:keyvalue@0.2.0-draft");
        assert_eq!(path.full(), "wasi:keyvalue/%static@0.2.0-draft");
        assert_eq!(Path::parse("a:b/c").unwrap().interface(), "c");
        for name in ["a", "a:b", "unlocked-dep=<a:b/c>", "url=<https://a/b>", "a:b/c/d"] {
            assert_eq!(Path::parse(name), None, "{name}");
        }
    }
}
