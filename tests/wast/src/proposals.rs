//! Proposals that a module needs beyond what the compiler has.

use aot_compiler::decode;
use wasmparser::{Validator, WasmFeatures};

/// A proposal that the compiler may not have yet.
#[derive(Debug, PartialEq, Eq)]
struct Proposal {
    name: &'static str,
    feature: WasmFeatures,
    /// The proposals that it stands on.
    stands_on: WasmFeatures,
}

const NONE: WasmFeatures = WasmFeatures::empty();
const GC: WasmFeatures = WasmFeatures::FUNCTION_REFERENCES.union(WasmFeatures::GC);

const fn proposal(name: &'static str, feature: WasmFeatures, stands_on: WasmFeatures) -> Proposal {
    Proposal { name, feature, stands_on }
}

/// All of them, each after those that it stands on.
const PROPOSALS: &[Proposal] = &[
    proposal("simd", WasmFeatures::SIMD, NONE),
    proposal("relaxed-simd", WasmFeatures::RELAXED_SIMD, WasmFeatures::SIMD),
    proposal("memory64", WasmFeatures::MEMORY64, NONE),
    proposal("function-references", WasmFeatures::FUNCTION_REFERENCES, NONE),
    proposal("gc", WasmFeatures::GC, WasmFeatures::FUNCTION_REFERENCES),
    proposal("exceptions", WasmFeatures::EXCEPTIONS, NONE),
    proposal("threads", WasmFeatures::THREADS, NONE),
    proposal("custom-page-sizes", WasmFeatures::CUSTOM_PAGE_SIZES, NONE),
    proposal("wide-arithmetic", WasmFeatures::WIDE_ARITHMETIC, NONE),
    proposal("stack-switching", WasmFeatures::STACK_SWITCHING, WasmFeatures::EXCEPTIONS.union(GC)),
    proposal("shared-everything-threads", WasmFeatures::SHARED_EVERYTHING_THREADS, WasmFeatures::THREADS),
    proposal("custom-descriptors", WasmFeatures::CUSTOM_DESCRIPTORS, GC),
    proposal("compact-imports", WasmFeatures::COMPACT_IMPORTS, NONE),
    proposal("memory-control", WasmFeatures::MEMORY_CONTROL, NONE),
    proposal("component-async", WasmFeatures::CM_ASYNC, NONE),
    proposal("component-more-async", WasmFeatures::CM_MORE_ASYNC_BUILTINS, WasmFeatures::CM_ASYNC),
    proposal("component-async-stackful", WasmFeatures::CM_ASYNC_STACKFUL, WasmFeatures::CM_ASYNC),
    proposal("component-threading", WasmFeatures::CM_THREADING, WasmFeatures::CM_ASYNC),
    proposal("component-error-context", WasmFeatures::CM_ERROR_CONTEXT, NONE),
    proposal("component-values", WasmFeatures::CM_VALUES, NONE),
    proposal("component-nested-names", WasmFeatures::CM_NESTED_NAMES, NONE),
    proposal("component-fixed-length-lists", WasmFeatures::CM_FIXED_LENGTH_LISTS, NONE),
    proposal("component-gc", WasmFeatures::CM_GC, GC),
    proposal("component-maps", WasmFeatures::CM_MAP, NONE),
    proposal("component-memory64", WasmFeatures::CM64, NONE),
];

/// The proposals that a module needs and the compiler doesn't have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// Proposals, joined by `+`; empty if it needs none.
    pub proposals: String,
    /// True if the module is valid with these proposals.
    pub valid: bool,
}

/// Returns the proposals that a module needs to be valid, or else for its own fault to be seen.
pub fn need(wasm: &[u8]) -> Need {
    let features = match wasmparser::Parser::is_component(wasm) {
        true => decode::features(),
        false => decode::features() - WasmFeatures::COMPONENT_MODEL - WasmFeatures::CM_IMPLEMENTS - WasmFeatures::CM64,
    };
    let all: Vec<&Proposal> = PROPOSALS.iter().collect();
    let valid = validate(wasm, with(features, &all)).is_ok();
    let needed = if valid { least_valid(wasm, features, all) } else { least_telling(wasm, features, all) };
    // One that another stands on is meant by the other's name.
    let is_meant = |one: &&Proposal| needed.iter().any(|other| other.stands_on.contains(one.feature));
    let names: Vec<&str> = needed.iter().filter(|one| !is_meant(one)).map(|one| one.name).collect();
    Need { proposals: names.join("+"), valid }
}

/// The fewest proposals that a module needs to be valid. The later ones go first: what stands on others keeps them.
fn least_valid<'p>(wasm: &[u8], features: WasmFeatures, mut needed: Vec<&'p Proposal>) -> Vec<&'p Proposal> {
    for index in (0..needed.len()).rev() {
        let mut fewer = needed.clone();
        fewer.remove(index);
        if validate(wasm, with(features, &fewer)).is_ok() {
            needed = fewer;
        }
    }
    needed
}

/// The proposals that an invalid module needs until its fault isn't the lack of one.
fn least_telling<'p>(wasm: &[u8], mut features: WasmFeatures, mut all: Vec<&'p Proposal>) -> Vec<&'p Proposal> {
    let mut needed = Vec::new();
    while let Err(error) = validate(wasm, features)
        && let Some(missing) = error.missing_wasm_feature()
        && let Some(index) = all.iter().position(|proposal| proposal.feature == missing)
    {
        let proposal = all.remove(index);
        features = with(features, &[proposal]);
        needed.push(proposal);
    }
    needed
}

fn with(features: WasmFeatures, proposals: &[&Proposal]) -> WasmFeatures {
    proposals.iter().fold(features, |features, proposal| features | proposal.feature | proposal.stands_on)
}

fn validate(wasm: &[u8], features: WasmFeatures) -> wasmparser::Result<()> {
    Validator::new_with_features(features).validate_all(wasm).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the need of a module with these bytes behind its header.
    fn of(sections: &[u8]) -> (String, bool) {
        let Need { proposals, valid } = need(&[b"\0asm\x01\0\0\0", sections].concat());
        (proposals, valid)
    }

    #[test]
    fn a_plain_module_needs_nothing() {
        assert_eq!(of(&[]), (String::new(), true));
    }

    #[test]
    fn a_module_needs_only_what_it_uses() {
        // An array type; a shared memory; the type of a continuation.
        assert_eq!(of(&[1, 4, 1, 0x5e, 0x78, 0]), (String::new(), true));
        assert_eq!(of(&[5, 4, 1, 3, 1, 1]), (String::new(), true));
        assert_eq!(of(&[1, 6, 2, 0x60, 0, 0, 0x5d, 0]), ("stack-switching".to_string(), true));
    }

    #[test]
    fn an_invalid_module_needs_what_its_fault_hides_behind() {
        // A memory type that doesn't exist; a function type below an array type.
        assert_eq!(of(&[5, 3, 1, 0xff, 1]), (String::new(), false));
        assert_eq!(of(&[1, 10, 2, 0x5e, 0x78, 0, 0x50, 1, 0, 0x60, 0, 0]), (String::new(), false));
    }
}
