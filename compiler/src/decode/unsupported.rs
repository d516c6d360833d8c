//! Valid WebAssembly that isn't compiled: one table of features, and the words that messages have for them.

use crate::error::{Error, Stage};
use wasmparser::{Validator, WasmFeatures};

/// A proposal of core WebAssembly: the help for a program that uses it.
const PROPOSAL: &str = "this version of aot doesn't compile that proposal yet; build the program without it";
/// A part of the component model: the help for a component that uses it.
const PART: &str =
    "this version of aot doesn't compile that part of the component model yet; build the component without it";

/// The help for a component that uses a 64-bit memory where it can't.
pub const MEMORY64_HELP: &str =
    "this version of aot compiles such memories between components only; build the outer component for 32 bits";

/// The features that aren't compiled: the words for what a program uses, and the help.
const FEATURES: &[(WasmFeatures, &str, &str)] = &[
    (WasmFeatures::STACK_SWITCHING, "stack switching (`cont` types)", PROPOSAL),
    (WasmFeatures::SHARED_EVERYTHING_THREADS, "shared types (shared-everything-threads)", PROPOSAL),
    (WasmFeatures::MEMORY_CONTROL, "memory control (`memory.discard`)", PROPOSAL),
    (WasmFeatures::CUSTOM_DESCRIPTORS, "custom descriptors or exact types", PROPOSAL),
    (WasmFeatures::COMPACT_IMPORTS, "the compact import section", PROPOSAL),
    (WasmFeatures::CM_VALUES, "values among the imports, exports or types of a component", PART),
    (WasmFeatures::CM_NESTED_NAMES, "nested namespaces in names", PART),
    (WasmFeatures::CM_THREADING, "threads of the component model", PART),
    (WasmFeatures::CM_ERROR_CONTEXT, "error contexts", PART),
    (WasmFeatures::CM_FIXED_LENGTH_LISTS, "lists of fixed length", PART),
    (WasmFeatures::CM_GC, "garbage-collected values in the canonical ABI", PART),
    (WasmFeatures::CM_MAP, "maps", PART),
    (WasmFeatures::CM_CANON_NAMES, "version suffixes in names", PART),
];

/// The features that the front end refuses although they are valid: a part of its message, and the words for what a
/// program uses.
const REFUSED: &[(&str, &str, &str)] = &[
    ("exporting a component from the root", "an exported component", PART),
    ("root-level component imports", "an imported component", PART),
    ("reexport of an imported function", "an export that is one of its imports", PART),
    ("unsupported type export", "an exported type of components or instances", PART),
    ("values not supported", "values among the imports, exports or types of a component", PART),
    ("custom-descriptors proposal", "custom descriptors or exact types", PROPOSAL),
    ("Support for interface types", "interface types, which came before the component model", PART),
];

/// The error for a feature that isn't compiled.
pub(super) fn error_of_feature(feature: WasmFeatures) -> Error {
    let row = FEATURES.iter().find(|(row, ..)| feature.contains(*row));
    match row {
        Some((_, words, help)) => uses(words, help),
        None => uses(&format!("{feature:?}").to_lowercase().replace('_', " "), PROPOSAL),
    }
}

/// The error for valid input that the front end refuses with this message.
pub(super) fn error_of_message(message: &str) -> Error {
    match REFUSED.iter().find(|(part, ..)| message.contains(part)) {
        Some((_, words, help)) => uses(words, help),
        None => Error::input(Stage::Decode, message, "this version of aot doesn't compile that yet"),
    }
}

/// The one feature that makes `input` valid besides `features`, if there is one.
pub(super) fn missing_feature(input: &[u8], features: WasmFeatures) -> Option<WasmFeatures> {
    let is_valid = |features| Validator::new_with_features(features).validate_all(input).is_ok();
    let all = FEATURES.iter().fold(features, |all, (feature, ..)| all | *feature);
    if !is_valid(all) {
        return None;
    }
    FEATURES.iter().map(|(feature, ..)| *feature).find(|feature| is_valid(features | *feature))
}

fn uses(words: &str, help: &str) -> Error {
    Error::input(Stage::Decode, format!("the program uses {words}"), help)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::features;

    #[test]
    fn what_is_not_compiled_has_words() {
        let words = FEATURES.iter().fold(WasmFeatures::empty(), |words, (feature, ..)| words | *feature);
        let missing = WasmFeatures::all() - features() - words;
        assert!(missing.is_empty(), "{missing:?}");
        assert!(!words.intersects(features()), "{:?}", words & features());
    }
}
