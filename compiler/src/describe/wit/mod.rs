//! A component's world as WIT: `aot inspect --world`.
//!
//! Each interface is written once, also if a component imports it under several names, or imports and exports it: with
//! everything that is known of it from any of them. What can't be said in WIT is an error that names it.

mod document;
mod names;
mod print;
mod scope;

use crate::decode;
use crate::error::{Error, Result, Stage};
use wasmparser::Parser;

/// The world of a component in WIT, as a document that has its packages inside it.
///
/// # Errors
/// The file is no valid component, WIT can't say what it imports or exports, or the text would be vast.
pub fn wit(binary: &[u8]) -> Result<String> {
    if !Parser::is_component(binary) {
        let help = "give a component; `aot inspect` without --world lists what a core module imports and exports";
        return Err(Error::input(Stage::Decode, "a core module has no world", help));
    }
    let world = decode::world(binary)?;
    match world.others.first() {
        Some(other) => Err(unsayable(format!("the component {other}"))),
        None => Ok(print::print(&document::document(&world)?)),
    }
}

/// The error for something that WIT can't say.
fn unsayable(message: String) -> Error {
    let help = "that can't be said in WIT; `aot inspect` without --world lists what the component imports and exports";
    Error::input(Stage::Decode, message, help)
}

#[cfg(test)]
mod tests {
    use super::wit;

    fn of(text: &str) -> Result<String, String> {
        wit(&wat::parse_str(text).unwrap()).map_err(|error| error.message().to_string())
    }

    #[test]
    fn what_wit_cannot_say_is_named() {
        let module = r#"(component (import "a" (core module)))"#;
        assert_eq!(of(module).unwrap_err(), "the component imports the module or component a");
        let ty = r#"(component (type $t (record (field "a" u32))) (export "t" (type $t)))"#;
        assert_eq!(of(ty).unwrap_err(), "the component exports the type t");
        let url = r#"(component (import "url=<https://example.org/a>" (instance)))"#;
        assert_eq!(of(url).unwrap_err(), "the component has the interface url=<https://example.org/a>");
        let inner = r#"(component (import "a" (instance (export "b" (instance)))))"#;
        assert_eq!(of(inner).unwrap_err(), "the component has the instance, module or component b in its interface a");
    }

    #[test]
    fn an_interface_is_one() {
        let of_field = |import, export| {
            let ty = |field| format!(r#"(type $t (record (field "{field}" u32))) (export "t" (type (eq $t)))"#);
            of(&format!(
                r#"(component
                    (import "a:b/c" (instance {}))
                    (component $c
                        (type $t (record (field "{export}" u32))) (export "t" (type $t)))
                    (instance $i (instantiate $c))
                    (export "a:b/c" (instance $i)))"#,
                ty(import)
            ))
        };
        let both = "a:b/c has two different items t, one imported and one exported";
        assert_eq!(of_field("x", "y").unwrap_err(), both);
        let text = "package root:component;\n\nworld root {\n  import a:b/c;\n\n  export a:b/c;\n}\n\npackage a:b {\n  \
                    interface c {\n    record t {\n      x: u32,\n    }\n  }\n}\n";
        assert_eq!(of_field("x", "x").unwrap(), text);
    }

    #[test]
    fn types_are_bounded() {
        let nested = |levels: usize, kind: &dyn Fn(String) -> String| {
            let types = (1..=levels).map(|level| format!("(type $t{level} {})", kind(format!("$t{}", level - 1))));
            let types: String = types.collect();
            of(&format!(r#"(component (type $t0 (list u8)) {types} (import "a" (func (param "b" $t{levels}))))"#))
        };
        let list = |inner: String| format!("(list {inner})");
        assert!(nested(90, &list).unwrap().contains("  import a: func(b: list<list<list<"));
        assert_eq!(nested(200, &list).unwrap_err(), "type nesting is too deep");
        let twice = |inner: String| format!("(tuple {inner} {inner})");
        assert!(nested(10, &twice).unwrap().len() > 10_000);
        assert!(nested(30, &twice).unwrap_err().starts_with("effective type size exceeds the limit"));
    }
}
