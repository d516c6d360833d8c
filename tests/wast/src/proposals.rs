//! Which proposals a module needs beyond what the compiler has.

use aot_compiler::decode;
use wasmparser::{Validator, WasmFeatures};

/// Proposals by name, each with what it stands on; later ones may stand on earlier ones.
const PROPOSALS: &[(&str, WasmFeatures)] = &[
    ("simd", WasmFeatures::SIMD),
    ("relaxed-simd", WasmFeatures::SIMD.union(WasmFeatures::RELAXED_SIMD)),
    ("memory64", WasmFeatures::MEMORY64),
    ("function-references", WasmFeatures::FUNCTION_REFERENCES),
    ("gc", WasmFeatures::FUNCTION_REFERENCES.union(WasmFeatures::GC)),
    ("exceptions", WasmFeatures::EXCEPTIONS),
    ("threads", WasmFeatures::THREADS),
    ("custom-page-sizes", WasmFeatures::CUSTOM_PAGE_SIZES),
    ("wide-arithmetic", WasmFeatures::WIDE_ARITHMETIC),
    ("legacy-exceptions", WasmFeatures::EXCEPTIONS.union(WasmFeatures::LEGACY_EXCEPTIONS)),
    ("stack-switching", WasmFeatures::EXCEPTIONS.union(WasmFeatures::GC).union(WasmFeatures::STACK_SWITCHING)),
    ("shared-everything-threads", WasmFeatures::THREADS.union(WasmFeatures::SHARED_EVERYTHING_THREADS)),
    ("custom-descriptors", WasmFeatures::GC.union(WasmFeatures::CUSTOM_DESCRIPTORS)),
    ("compact-imports", WasmFeatures::COMPACT_IMPORTS),
    ("memory-control", WasmFeatures::MEMORY_CONTROL),
];

/// Why the compiler's front end rejects a module.
#[derive(Debug, PartialEq, Eq)]
pub enum Need {
    /// It doesn't, as far as features go: it would with any.
    Nothing,
    /// It needs these, joined by `+`, to be valid, or to be invalid for the reason that it has with all proposals.
    Proposals(String),
}

/// What the module needs; and the fault that it has even with all proposals.
pub fn need(wasm: &[u8]) -> (Need, Option<String>) {
    let base = decode::features() - WasmFeatures::COMPONENT_MODEL;
    let with = |proposals: &[&(&str, WasmFeatures)]| {
        let features = proposals.iter().fold(base, |features, (_, more)| features | *more);
        fault(wasm, features)
    };
    let mut needed: Vec<&(&str, WasmFeatures)> = PROPOSALS.iter().collect();
    let outcome = with(&needed);
    if with(&[]) == outcome {
        return (Need::Nothing, outcome);
    }
    // The later ones first: what stands on others keeps them.
    for index in (0..needed.len()).rev() {
        let mut fewer = needed.clone();
        fewer.remove(index);
        if with(&fewer) == outcome {
            needed = fewer;
        }
    }
    let names: Vec<&str> = needed.iter().map(|(name, _)| *name).collect();
    (Need::Proposals(names.join("+")), outcome)
}

fn fault(wasm: &[u8], features: WasmFeatures) -> Option<String> {
    let error = Validator::new_with_features(features).validate_all(wasm).err()?;
    Some(error.message().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module with these bytes behind its header.
    fn module(sections: &[u8]) -> Vec<u8> {
        [b"\0asm\x01\0\0\0", sections].concat()
    }

    #[test]
    fn a_plain_module_needs_nothing() {
        assert_eq!(need(&module(&[])), (Need::Nothing, None));
    }

    #[test]
    fn a_module_needs_only_what_it_uses() {
        // A type section with `array i8`.
        let (needed, fault) = need(&module(&[1, 4, 1, 0x5e, 0x78, 0]));
        assert_eq!((needed, fault), (Need::Proposals("gc".to_string()), None));
        // A memory with 64-bit indices.
        let (needed, _) = need(&module(&[5, 3, 1, 4, 1]));
        assert_eq!(needed, Need::Proposals("memory64".to_string()));
    }

    #[test]
    fn a_fault_that_features_do_not_change_is_told() {
        let (needed, fault) = need(b"\0asm\x02\0\0\0");
        assert_eq!(needed, Need::Nothing);
        assert!(fault.is_some());
    }
}
