//! Names that a library has for JavaScript: the compiler declares them, and the runtime makes objects with them.

/// Function of an addon that makes a further instance.
pub const INSTANTIATE: &str = "instantiate";
/// Name of an export that would be called [`INSTANTIATE`].
pub const INSTANTIATE_EXPORT: &str = "instantiate_";

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
